"""What is stored, and the verbs that find it and change it."""

from vid_trans_api.models.consistency import RECENT, read_consistent, read_consistent_in
from vid_trans_api.models.idempotency import IdempotencyKey, IdempotencyKeyQuerySet
from vid_trans_api.models.job_queries import JobQuerySet
from vid_trans_api.models.jobs import (
    CannotUpdate,
    Job,
    JobEnded,
)
from vid_trans_api.models.logged_requests import (
    LoggedRequest,
    LoggedRequestQuerySet,
    LoggedRequestRow,
)
from vid_trans_api.models.workspaces import (
    Clock,
    ClockRefused,
    NothingEnds,
    RateLimited,
    Workspace,
    digest_of,
)

__all__ = [
    "RECENT",
    "LoggedRequest",
    "LoggedRequestQuerySet",
    "LoggedRequestRow",
    "CannotUpdate",
    "Clock",
    "ClockRefused",
    "IdempotencyKey",
    "IdempotencyKeyQuerySet",
    "Job",
    "JobEnded",
    "JobQuerySet",
    "NothingEnds",
    "RateLimited",
    "Workspace",
    "digest_of",
    "read_consistent",
    "read_consistent_in",
]
