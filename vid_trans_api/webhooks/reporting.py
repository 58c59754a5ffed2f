"""Reports: what has ended becomes an event, with a delivery to each endpoint that accepts it.

Nothing calls this when a job ends. A job's facts say when it does, and a flag whether that was
reported; `report_due` finds those for which the time has come. So a cancel, an update or a change
of the clock just moves the time.
"""

import json
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol

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
from vid_trans_api.models.database import is_unavailable
from vid_trans_api.simulation.plans import Plan
from vid_trans_api.simulation.webhook_faults import WebhookRule, plan_deliveries
from vid_trans_api.webhooks.delivering import Lease, lease_for
from vid_trans_api.webhooks.formats import EventContent, EventWriter, writer_of

MOST_AT_ONCE: Final = 200
"""How many jobs one transaction reports, so that requests get a turn in between."""

_EVENT_ID_PREFIX: Final = "evt_"

_PAUSE_AFTER_MISTAKE: Final = timedelta(minutes=1)

_log: Final = logging.getLogger(__name__)


class Senders(Protocol):
    """Sends to endpoints side by side."""

    def room(self, workspace: int) -> int:
        """Return how many endpoints of a workspace, by its primary key, can be sent to now."""

    def send(self, lease: Lease) -> None:
        """Send to an endpoint."""


def report_due(server_time: datetime, senders: Senders | None = None) -> None:
    """Report all that has ended by then, in all workspaces.

    What is due at once is given to the senders, as far as they have room.
    """
    for primary_key in Workspace.objects.to_report(server_time):
        try:
            _report_workspace(primary_key, senders)
        except Exception as error:
            if isinstance(error, (DatabaseError, InterfaceError)) and is_unavailable(error):
                raise
            _log.exception("The ends of workspace %d cannot be reported.", primary_key)
            later = server_time + _PAUSE_AFTER_MISTAKE
            Workspace.objects.filter(pk=primary_key).update(report_at=later)


def _report_workspace(primary_key: int, senders: Senders | None) -> None:
    """Report all that has ended in a workspace, unless it was deleted."""
    workspace = Workspace(pk=primary_key)
    is_complete = False
    while not is_complete:
        room = senders.room(primary_key) if senders else 0
        try:
            with lock(workspace):
                is_complete, leases = _report_some(workspace, room=room)
        except Workspace.DoesNotExist:
            return
        if senders is not None:
            for lease in leases:
                senders.send(lease)


def report(workspace: Workspace) -> None:
    """Report all that has ended in a workspace. Needs the lock.

    Whatever deletes jobs calls this before, so that no end is lost, and so does the registration of
    an endpoint, which gets later ends only.
    """
    is_complete = False
    while not is_complete:
        is_complete, _ = _report_some(workspace)


def _report_some(workspace: Workspace, *, room: int = 0) -> tuple[bool, Sequence[Lease]]:
    """Report some jobs and proofreads, and lease some endpoints for what is due at once.

    Needs the lock. Returns whether that was all that has ended, and the leases.
    """
    if not workspace.has_webhooks:
        return True, ()
    jobs = webhook_times.unreported(workspace, Job, limit=MOST_AT_ONCE)
    proofreads = webhook_times.unreported(workspace, Proofread, limit=MOST_AT_ONCE)
    latest = [rows[-1].finishes_at for rows in (jobs, proofreads) if len(rows) == MOST_AT_ONCE]
    last = min((each for each in latest if each), default=None)
    if last is not None:
        # What ended after a job that is still to be reported must not be sent before it.
        jobs = [job for job in jobs if job.finishes_at and job.finishes_at <= last]
        proofreads = [each for each in proofreads if each.finishes_at and each.finishes_at <= last]
    webhook_times.mark_reported(jobs)
    webhook_times.mark_reported(proofreads)
    ends = [*map(_end_of_job, jobs), *map(_end_of_proofread, proofreads)]
    ends += _ends_of_batches({job.batch_id for job in jobs if job.batch_id is not None})
    deliveries = _store(workspace, sorted(ends, key=lambda end: end.at))
    leases = _plan(workspace, deliveries, room=room)
    if ends:
        workspace.note_report(webhook_times.next_report(workspace))
    else:
        webhook_times.plan_report(workspace)
    return last is None, leases


def _plan(workspace: Workspace, deliveries: Sequence[Delivery], *, room: int) -> list[Lease]:
    """Plan new deliveries, and lease up to `room` endpoints to which something is due at once."""
    waiting = [(each.due_at, each.number, each) for each in deliveries if each.due_at is not None]
    first_of_each: dict[Endpoint, tuple[datetime, Delivery]] = {}
    for due_at, _, delivery in sorted(waiting):
        first_of_each.setdefault(delivery.endpoint, (due_at, delivery))
    leases: list[Lease] = []
    for endpoint, (due_at, delivery) in first_of_each.items():
        if endpoint.due_at is not None and endpoint.due_at <= due_at:
            continue  # what waits already is sent first, and then this
        endpoint.workspace = workspace
        # Endpoints that fail may take long, so the dispatcher says how many are leased.
        can_lease = len(leases) < room and endpoint.failing_since is None
        lease = lease_for(endpoint, delivery) if can_lease else None
        if lease is None:
            endpoint.set_due(due_at, workspace)
        else:
            leases.append(lease)
        endpoint.store_progress()
    return leases


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
    deliveries = _store(batch.workspace, list(_ends_of_batches([batch.pk])))
    _plan(batch.workspace, deliveries, room=0)


def report_finished_batches() -> None:
    """Report the ends of all batches that only waited for jobs that were deleted."""
    for batch in Batch.objects.all_reported().select_related("workspace"):
        with suppress(Workspace.DoesNotExist), lock(batch.workspace):
            report_batch(batch)


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
    ended = list(Batch.objects.filter(pk__in=batches).all_reported()) if batches else []
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


def _store(workspace: Workspace, ends: Sequence[_End]) -> list[Delivery]:
    """Store an event for each format that an endpoint of an end has, and the deliveries."""
    listed = Endpoint.objects.enabled_in(workspace) if ends else []
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
    return Delivery.objects.bulk_create(deliveries)


def _next_end(workspace: Workspace, end: _End) -> datetime | None:
    """Return the next end in the workspace, if it makes a difference."""
    return workspace.jobs.all().next_end(workspace.now()) if end.rules else None


def _events_of(
    workspace: Workspace, end: _End, listed: Sequence[Endpoint]
) -> Iterator[tuple[Event, list[Endpoint]]]:
    """Yield the events of an end, and the endpoints that get each."""
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
            endpoints.append(
                Endpoint.objects.callback(
                    callback, payload_format, workspace=workspace, now=workspace.now()
                )
            )
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
