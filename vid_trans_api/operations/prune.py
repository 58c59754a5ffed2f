"""Delete old jobs and files, expired idempotency keys, old logged requests and empty workspaces."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from vid_trans_api.models import (
    Asset,
    AssetQuerySet,
    Batch,
    Endpoint,
    EndpointQuerySet,
    Event,
    EventQuerySet,
    IdempotencyKey,
    IdempotencyKeyQuerySet,
    Job,
    JobBatchQuerySet,
    JobQuerySet,
    LoggedRequest,
    Proofread,
    ProofreadQuerySet,
    Workspace,
)
from vid_trans_api.operations.concurrency import plan_queue_of
from vid_trans_api.webhooks.reporting import report_due, report_finished_batches

_LONGEST_UPLOAD: Final = timedelta(hours=1)
"""After which a file that has no row yet gets none."""

_FILE_NAME: Final = re.compile(r"[0-9a-f]{32}")


class InvalidAge(ValueError):
    """The number of days is negative, not a number, or larger than the calendar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneCounts:
    """The number of rows that were deleted."""

    jobs: int
    files: int
    """Of rows, and those without one."""
    idempotency_keys: int
    logged_requests: int
    workspaces: int


def prune(*, days: float, server_time: datetime) -> PruneCounts:
    """Delete what is older than this many days when the server's clock reads `server_time`.

    That is jobs by their end, stuck ones by their creation, and logged requests by their arrival;
    then batches and proofreads without jobs, uploaded files that nothing uses, and events that
    nothing is going to send, with their deliveries. Idempotency keys are deleted once they have
    expired, whatever `days` is. The age of all but logged requests is measured by the clock of
    their workspace. Workspaces are deleted if nothing is left in them and nothing was set. Files
    without a row, which killed uploads leave, are deleted after an hour. Raises InvalidAge.
    """
    if not days >= 0:
        raise InvalidAge(f"{days:g} is not a number of days; use 0 or more.")
    report_due(server_time)  # what is deleted below and has ended
    stuck = _delete_stuck_jobs(server_time, days)
    report_finished_batches()  # those that waited for stuck jobs
    of_server_time = _prune(
        Job.objects.of_server_time(),
        Batch.objects.of_server_time(),
        Proofread.objects.of_server_time(),
        Asset.objects.of_server_time(),
        IdempotencyKey.objects.of_server_time(),
        now=server_time,
        days=days,
    )
    of_own_clocks = [
        _prune(
            workspace.jobs.all(),
            workspace.batches.all(),
            workspace.proofreads.all(),
            workspace.assets.all(),
            workspace.idempotency_keys.all(),
            now=workspace.now(server_time),
            days=days,
        )
        for workspace in Workspace.objects.with_own_clock()
    ]
    _prune_webhooks(
        Event.objects.of_server_time(),
        Endpoint.objects.of_server_time(),
        before=_days_before(server_time, days),
    )
    for workspace in Workspace.objects.with_own_clock():
        before = _days_before(workspace.now(server_time), days)
        _prune_webhooks(workspace.events.all(), workspace.endpoints.all(), before=before)
    jobs, assets, keys = (
        sum(counts) for counts in zip(of_server_time, *of_own_clocks, strict=True)
    )
    for workspace in Workspace.objects.with_queued_jobs(server_time):
        plan_queue_of(workspace)  # a stuck job before those that wait may be gone
    logged_requests = LoggedRequest.objects.received_before(_days_before(server_time, days)).evict()
    return PruneCounts(
        jobs=stuck + jobs,
        files=assets + _delete_files_without_rows(server_time - _LONGEST_UPLOAD),
        idempotency_keys=keys,
        logged_requests=logged_requests,
        workspaces=_delete_empty_workspaces(_days_before(server_time, days)),
    )


def _delete_stuck_jobs(server_time: datetime, days: float) -> int:
    of_server_time = Job.objects.of_server_time().stuck_since(_days_before(server_time, days))
    of_own_clocks = [
        workspace.jobs.all().stuck_since(_days_before(workspace.now(server_time), days))
        for workspace in Workspace.objects.with_own_clock()
    ]
    return sum(jobs.delete_in_chunks() for jobs in (of_server_time, *of_own_clocks))


def _delete_files_without_rows(before: datetime) -> int:
    """Delete files of uploads that were written before, and whose row is missing."""
    storage = Asset._meta.get_field("file").storage
    try:
        names = [name for name in storage.listdir("")[1] if _FILE_NAME.fullmatch(name)]
    except FileNotFoundError:  # nothing was uploaded yet
        return 0
    deleted = 0
    for start in range(0, len(names), AssetQuerySet.CHUNK):
        batch = names[start : start + AssetQuerySet.CHUNK]
        for name in set(batch) - Asset.objects.stored_names(batch):
            with suppress(FileNotFoundError):  # deleted meanwhile
                if storage.get_modified_time(name) < before:
                    storage.delete(name)
                    deleted += 1
    return deleted


def _delete_empty_workspaces(before: datetime) -> int:
    empty = Workspace.objects.empty_since(before)
    in_order = empty.order_by("pk").values_list("pk", flat=True)
    deleted = 0
    while True:
        with transaction.atomic():
            locked = list(in_order.select_for_update()[: JobQuerySet.CHUNK])
            if not locked:
                return deleted
            # Read again: before the lock, a request may have created a job in one.
            deleted += empty.filter(pk__in=locked).delete()[0]


def _prune(
    jobs: JobQuerySet,
    batches: JobBatchQuerySet,
    proofreads: ProofreadQuerySet,
    assets: AssetQuerySet,
    keys: IdempotencyKeyQuerySet,
    *,
    now: datetime,
    days: float,
) -> tuple[int, int, int]:
    """Delete what is old; return how many jobs, files and keys."""
    before = _days_before(now, days)
    old = jobs.ended_before(before).delete_in_chunks()
    batches.empty_since(before).delete_in_chunks()
    proofreads.unused_since(before).delete_locked_in_chunks()
    unused = assets.unused_since(before).delete_locked_in_chunks()
    return old, unused, keys.expired(now).delete_in_chunks()


def _prune_webhooks(
    events: EventQuerySet, endpoints: EndpointQuerySet, *, before: datetime
) -> None:
    events.settled_since(before).delete_in_chunks()
    endpoints.unused_callbacks_since(before).delete_in_chunks()


def _days_before(now: datetime, days: float) -> datetime:
    try:
        return now - timedelta(days=days)
    except OverflowError:
        raise InvalidAge(f"{days:g} days are too many; the calendar starts in year 1.") from None
