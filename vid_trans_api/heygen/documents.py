"""What the versions write in the same way."""

from typing import Final

from vid_trans_api.ids import tagged_id
from vid_trans_api.models import Job
from vid_trans_api.snapshots import UNKNOWN_STATUS, Snapshot, Status

USERNAME: Final = "simulated-user"
"""Of the account of every key."""


def heygen_id(job: Job) -> str:
    return tagged_id(job.public_id, job.target_language)


def status_of(snapshot: Snapshot, *, completed: str) -> str:
    """Return the status of a translation; the versions differ in the word for completed ones."""
    if snapshot.has_unknown_status:
        return UNKNOWN_STATUS
    match snapshot.status:
        case Status.PENDING:
            return "running" if snapshot.has_started else "pending"
        case Status.COMPLETED:
            return completed
        case Status.ERROR:
            return "failed"


def failure_message_of(snapshot: Snapshot) -> str | None:
    """Return why a translation failed, or None."""
    if snapshot.failure is None or snapshot.has_unknown_status:
        return None
    return snapshot.failure.message
