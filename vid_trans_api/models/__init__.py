"""What is stored, and the verbs that find it and change it."""

from vid_trans_api.models.calls import Call, CallQuerySet, CallRow
from vid_trans_api.models.idempotency import IdempotencyKey, IdempotencyKeyQuerySet
from vid_trans_api.models.jobs import (
    CannotSteer,
    Job,
    JobEnded,
    new_id,
)
from vid_trans_api.models.querying import JobQuerySet
from vid_trans_api.models.settling import SETTLING, read_settled, read_settled_in
from vid_trans_api.models.workspaces import (
    Clock,
    ClockRefused,
    NothingEnds,
    RateLimited,
    Workspace,
    digest_of,
)

__all__ = [
    "SETTLING",
    "Call",
    "CallQuerySet",
    "CallRow",
    "CannotSteer",
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
    "new_id",
    "read_settled",
    "read_settled_in",
]
