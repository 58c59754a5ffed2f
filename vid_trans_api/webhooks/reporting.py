"""Reports: what has ended becomes an event, with a delivery to each endpoint that is to be told.

Nothing calls this when a job ends. A job's facts say when it does, and a flag whether that was
reported; `report_due` finds those for which the time has come. So a cancel, an update or a change
of the clock just moves the time.
"""

import json
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.db import DatabaseError, InterfaceError
from django.db.models import QuerySet

from vid_trans_api.ids import new_id
from vid_trans_api.models import (
    NO_DETAILS,
    Batch,
    Delivery,
    DeliveryState,
    Endpoint,
    Event,
    Job,
    PayloadFormat,
    Proofread,
    Workspace,
    lock,
    webhook_times,
)
from vid_trans_api.simulation.plans import Plan
from vid_trans_api.simulation.webhook_faults import WebhookRule, plan_deliveries
from vid_trans_api.webhooks.formats import EventContent, EventWriter, writer_of

MOST_AT_ONCE: Final = 200
"""How many jobs one transaction reports, so that requests get a turn in between."""

_EVENT_ID_PREFIX: Final = "evt_"

_PAUSE_AFTER_MISTAKE: Final = timedelta(minutes=1)

_log: Final = logging.getLogger(__name__)


def report_due(server_time: datetime) -> None:
    """Report all that has ended by then, in all workspaces."""
    for primary_key in Workspace.objects.to_report(server_time):
        try:
            _report_workspace(primary_key)
        except (DatabaseError, InterfaceError):
            raise
        except Exception:  # noqa: BLE001 (a mistake of this server: other workspaces must not wait)
            _log.exception("The ends of workspace %d cannot be reported.", primary_key)
            later = server_time + _PAUSE_AFTER_MISTAKE
            Workspace.objects.filter(pk=primary_key).update(report_at=later)


def _report_workspace(primary_key: int) -> None:
    """Report all that has ended in a workspace, unless it was deleted."""
    workspace = Workspace(pk=primary_key)
    is_complete = False
    while not is_complete:
        try:
            with lock(workspace):
                is_complete = report(workspace, limit=MOST_AT_ONCE)
        except Workspace.DoesNotExist:
            return


def report(workspace: Workspace, *, limit: int | None = None) -> bool:
    """Report what has ended in a workspace: `limit` jobs and as many proofreads, or all.

    Needs the lock. Returns whether that was all. Whatever deletes jobs calls this before, so that
    no end is lost, and so does the registration of an endpoint, which is told of later ends only.
    """
    if not workspace.has_webhooks:
        return True
    now = workspace.now()
    jobs = list(workspace.jobs.all().unreported(now)[:limit])
    proofreads = list(workspace.proofreads.all().unreported(now)[:limit])
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(is_reported=True)
    Proofread.objects.filter(pk__in=[each.pk for each in proofreads]).update(is_reported=True)
    ends = [*map(_end_of_job, jobs), *map(_end_of_proofread, proofreads)]
    ends += _ends_of_batches({job.batch_id for job in jobs if job.batch_id is not None})
    if ends:
        _store(workspace, sorted(ends, key=lambda end: end.at))
        workspace.note_write()
    webhook_times.plan_report(workspace)
    return limit is None or max(len(jobs), len(proofreads)) < limit


def is_anything_due(workspace: Workspace, server_time: datetime) -> bool:
    """Return whether ends are to be reported, or deliveries to be tried, in a workspace."""
    return any(rows.exists() for rows in _due(workspace, server_time))


def count_due(workspace: Workspace, server_time: datetime) -> int:
    """Return how many ends are to be reported, and how many deliveries to be tried."""
    return sum(rows.count() for rows in _due(workspace, server_time))


def _due(workspace: Workspace, server_time: datetime) -> list[QuerySet[Any]]:
    now = workspace.now(server_time)
    waiting = Delivery.objects.waiting().filter(
        endpoint__workspace=workspace, endpoint__disabled_reason="", due_at__lte=now
    )
    return [
        workspace.jobs.all().unreported(now),
        workspace.proofreads.all().unreported(now),
        waiting,
    ]


def report_batch(batch: Batch) -> None:
    """Report the end of a batch if all jobs that it still has are reported. Needs the lock.

    For when one of its jobs was deleted.
    """
    _store(batch.workspace, list(_ends_of_batches([batch.pk])))


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """The end of a job, a batch or a proofread."""

    at: datetime
    subject: str
    """Its public id."""
    write: Callable[[EventWriter], EventContent | None]
    callback: tuple[str, PayloadFormat]
    """The URL, or "", and the format of its own callback."""
    seed: int
    rules: Sequence[WebhookRule] = ()


def _end_of_job(job: Job) -> _End:
    assert job.finishes_at is not None  # noqa: S101 (it has ended)
    details = job.details or NO_DETAILS
    return _End(
        at=job.finishes_at,
        subject=job.public_id,
        write=lambda writer: writer.of_job(job),
        callback=(details.callback_url, details.callback_format),
        seed=_seed(job.plan),
        rules=job.plan.webhooks if job.plan else (),
    )


def _end_of_proofread(proofread: Proofread) -> _End:
    assert proofread.finishes_at is not None  # noqa: S101 (the same)
    details = proofread.details or NO_DETAILS
    return _End(
        at=proofread.finishes_at,
        subject=proofread.public_id,
        write=lambda writer: writer.of_proofread(proofread),
        callback=(details.callback_url, details.callback_format),
        seed=_seed(proofread.plan),
        rules=proofread.plan.webhooks if proofread.plan else (),
    )


def _seed(plan: Plan | None) -> int:
    return plan.seed if plan else 0


def _ends_of_batches(batches: Collection[int]) -> Iterator[_End]:
    """Mark the batches that have ended as reported, and yield their ends."""
    ended = list(Batch.objects.all_reported(batches)) if batches else []
    for batch in ended:
        batch.is_reported = True
        batch.save(update_fields=["is_reported"])
        jobs = list(batch.jobs.order_by("number"))
        ends = [job.finishes_at for job in jobs if job.finishes_at is not None]
        if ends:
            yield _End(
                at=max(ends),
                subject=batch.public_id,
                write=partial(_write_batch, batch=batch, jobs=jobs),
                callback=(batch.callback_url, PayloadFormat.HEYGEN),
                seed=_seed(jobs[0].plan),
            )


def _write_batch(writer: EventWriter, *, batch: Batch, jobs: Sequence[Job]) -> EventContent | None:
    return writer.of_batch(batch, jobs)


def _store(workspace: Workspace, ends: Sequence[_End]) -> None:
    """Store an event for each format in which somebody is told of an end, and the deliveries."""
    listed = list(Endpoint.objects.listed(workspace).enabled()) if ends else []
    events: list[Event] = []
    deliveries: list[Delivery] = []
    for position, end in enumerate(ends):
        following = ends[position + 1].at if position + 1 < len(ends) else None
        next_end = following or _next_end(workspace, end)
        for event, endpoints in _events_of(workspace, end, listed):
            events.append(event)
            deliveries += (
                delivery
                for endpoint in endpoints
                for delivery in _deliveries_of(end, event, endpoint, next_end=next_end)
            )
    Event.objects.bulk_create(events)
    Delivery.objects.bulk_create(deliveries)
    for endpoint in {delivery.endpoint for delivery in deliveries}:
        endpoint.plan_wake(workspace)


def _next_end(workspace: Workspace, end: _End) -> datetime | None:
    """Return the next end in the workspace, if it makes a difference."""
    return workspace.jobs.all().next_end(workspace.now()) if end.rules else None


def _events_of(
    workspace: Workspace, end: _End, listed: Sequence[Endpoint]
) -> Iterator[tuple[Event, list[Endpoint]]]:
    """Yield the events of an end, and the endpoints that are told of each."""
    url, callback_format = end.callback
    for payload_format in PayloadFormat:
        callback = url if payload_format is callback_format else ""
        candidates = [each for each in listed if each.format == payload_format]
        if not candidates and not callback:
            continue
        content = end.write(writer_of(payload_format))
        if content is None:
            continue
        endpoints = [each for each in candidates if each.accepts(content.type)]
        if callback:
            unlisted = Endpoint.objects.with_url(
                callback, payload_format, workspace=workspace, is_listed=False
            )
            endpoints += [unlisted] if unlisted else []
        if endpoints:
            event = event_of(
                content,
                workspace=workspace,
                payload_format=payload_format,
                subject=end.subject,
                at=end.at,
            )
            yield event, endpoints


def event_of(
    content: EventContent,
    *,
    workspace: Workspace,
    payload_format: PayloadFormat,
    subject: str,
    at: datetime,
) -> Event:
    """Return an event, which is not stored yet."""
    return Event(
        public_id=_EVENT_ID_PREFIX + new_id(),
        workspace=workspace,
        format=payload_format,
        type=content.type,
        subject=subject,
        body=json.dumps(content.document, ensure_ascii=False, separators=(",", ":")),
        created_at=at,
    )


def _deliveries_of(
    end: _End, event: Event, endpoint: Endpoint, *, next_end: datetime | None
) -> Iterator[Delivery]:
    next_end_in = None if next_end is None else (next_end - end.at).total_seconds()
    for planned in plan_deliveries(end.rules, next_end_in=next_end_in):
        yield Delivery(
            event=event,
            endpoint=endpoint,
            kind=planned.kind,
            seed=end.seed,
            slow_seconds=planned.slow_seconds,
            state=DeliveryState.LOST if planned.is_lost else DeliveryState.PENDING,
            due_at=None if planned.is_lost else end.at + timedelta(seconds=planned.delay),
        )
