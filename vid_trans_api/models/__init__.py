"""What is stored, how it is queried, and how it is locked."""

from vid_trans_api.models.consistency import read_consistent, read_consistent_in
from vid_trans_api.models.facts import JobFacts
from vid_trans_api.models.idempotency import IdempotencyKey, IdempotencyKeyQuerySet
from vid_trans_api.models.job_queries import JobQuerySet
from vid_trans_api.models.jobs import Job, JobEnded
from vid_trans_api.models.locks import lock, lock_all
from vid_trans_api.models.logged_requests import LoggedRequest, LoggedRequestQuerySet
from vid_trans_api.models.workspaces import (
    Clock,
    ClockRefused,
    NothingEnds,
    QuotaExceeded,
    Workspace,
    digest_of,
)

__all__ = [
    "Clock",
    "ClockRefused",
    "IdempotencyKey",
    "IdempotencyKeyQuerySet",
    "Job",
    "JobEnded",
    "JobFacts",
    "JobQuerySet",
    "LoggedRequest",
    "LoggedRequestQuerySet",
    "NothingEnds",
    "QuotaExceeded",
    "Workspace",
    "digest_of",
    "lock",
    "lock_all",
    "read_consistent",
    "read_consistent_in",
]
