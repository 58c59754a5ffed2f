"""What an operation knows about its request, and what it returns about a job."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from vid_trans_api.journal.recorder import Recording
from vid_trans_api.models import Job
from vid_trans_api.operations.active_faults import NO_FAULTS, ActiveFaults
from vid_trans_api.snapshots import Snapshot


@dataclass(slots=True, kw_only=True)
class RequestContext:
    """One request of a dialect. Operations store in it which faults apply and what is recorded."""

    key_digest: str
    """The digest of the API key, which identifies the workspace."""
    has_socket: bool
    """Whether faults can be applied to the client's connection."""
    has_left: Callable[[], bool] = bool
    """Tells whether the client has disconnected, as far as the server can see that."""
    address: Callable[[], str] = str
    """Returns the URL of this server in the request, without a slash at its end."""
    is_exempt: bool = False
    """Whether no rate limit and no fault rule applies: to staff, and to pages that only read."""
    with_estimates: bool = True
    """Whether the response reports more about jobs than their status."""
    recording: Recording | None = None
    """The record for the journal; None if the request is not recorded."""
    faults: ActiveFaults = NO_FAULTS


# A NamedTuple, as a list creates one for each job, and a frozen dataclass takes twice as long.
class JobState(NamedTuple):
    """A job, and what a response reports about it."""

    job: Job
    now: datetime
    """When it was read, by its workspace's clock."""
    snapshot: Snapshot
