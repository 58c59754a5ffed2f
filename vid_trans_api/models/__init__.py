"""What is stored, and the verbs that find it and change it."""

from vid_trans_api.models.idempotency import IdempotencyKey, IdempotencyKeyQuerySet
from vid_trans_api.models.jobs import (
    SETTLING,
    Job,
    JobEnded,
    JobQuerySet,
    new_id,
    read_settled,
)
from vid_trans_api.models.workspaces import (
    Clock,
    ClockRefused,
    NothingEnds,
    Workspace,
    digest_of,
)

__all__ = [
    "SETTLING",
    "Clock",
    "ClockRefused",
    "IdempotencyKey",
    "IdempotencyKeyQuerySet",
    "Job",
    "JobEnded",
    "JobQuerySet",
    "NothingEnds",
    "Workspace",
    "digest_of",
    "new_id",
    "read_settled",
]
