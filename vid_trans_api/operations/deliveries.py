"""What was sent to the endpoints of a workspace, for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from vid_trans_api.models import Delivery, Endpoint, Event, Job, Workspace
from vid_trans_api.operations.clock import read as read_clock


@dataclass(frozen=True, slots=True, kw_only=True)
class SentEvents:
    """Events with their deliveries, the newest first."""

    workspace: Workspace
    now: datetime
    """When they were read, by the workspace's clock."""
    endpoints: Sequence[Endpoint]
    """Those that were registered, the oldest first."""
    events: Sequence[Event]
    jobs: Mapping[str, Job]
    """The jobs that these events are about, by their public ids, unless they were deleted."""
    is_last: bool


def read_sent_events(key_digest: str, *, limit: int, before: int | None) -> SentEvents:
    """Return the endpoints of a workspace and its events older than the event number `before`."""
    workspace, server_time = read_clock(key_digest)
    endpoints: Sequence[Endpoint] = ()
    events: Sequence[Event] = ()
    if workspace.pk is not None:
        endpoints = list(Endpoint.objects.listed(workspace))
        found = Event.objects.with_deliveries()
        events = found.newest(workspace, limit=limit + 1, before=before)
    shown = events[:limit]
    jobs = Job.objects.find_many({event.subject for event in shown}, workspace=workspace)
    return SentEvents(
        workspace=workspace,
        now=workspace.now(server_time),
        endpoints=endpoints,
        events=shown,
        jobs={job.public_id: job for job in jobs},
        is_last=len(events) <= limit,
    )


def read_events_about(job: Job) -> Sequence[Event]:
    """Return the events about a job with their deliveries, the newest first."""
    if not job.workspace.has_webhooks:
        return ()
    return list(Event.objects.with_deliveries().about(job.public_id, workspace=job.workspace))


def find_delivery(number: int, *, key_digest: str | None) -> Delivery | None:
    """Return a delivery with its event, endpoint and workspace, of one workspace or of any."""
    found = Delivery.objects.select_related("event__workspace", "endpoint")
    if key_digest is not None:
        found = found.filter(event__workspace__key_digest=key_digest)
    return found.filter(number=number).first()
