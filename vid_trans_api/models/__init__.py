"""What is stored, how it is queried, and how it is locked."""

from vid_trans_api.models import webhook_times
from vid_trans_api.models.assets import Asset, AssetQuerySet
from vid_trans_api.models.batches import Batch, JobBatchQuerySet
from vid_trans_api.models.consistency import read_consistent, read_consistent_in
from vid_trans_api.models.database import lock_creations, read_time
from vid_trans_api.models.details import NO_DETAILS, JobDetails, Mode
from vid_trans_api.models.endpoints import DisabledReason, Endpoint, EndpointQuerySet
from vid_trans_api.models.events import (
    LONGEST_ERROR,
    Delivery,
    DeliveryAttempt,
    DeliveryQuerySet,
    DeliveryState,
    Event,
    EventQuerySet,
    SentAttempt,
)
from vid_trans_api.models.facts import JobFacts, JobVersion
from vid_trans_api.models.idempotency import IdempotencyKey, IdempotencyKeyQuerySet
from vid_trans_api.models.job_queries import JobQuerySet
from vid_trans_api.models.jobs import Job, JobEnded
from vid_trans_api.models.locks import lock, lock_all
from vid_trans_api.models.logged_requests import LoggedRequest, LoggedRequestQuerySet
from vid_trans_api.models.payload_formats import PayloadFormat
from vid_trans_api.models.proofreads import Proofread, ProofreadQuerySet
from vid_trans_api.models.workspace_queries import QuotaExceeded
from vid_trans_api.models.workspaces import (
    ClockRefused,
    NothingEnds,
    Workspace,
    digest_of,
)

__all__ = [
    "LONGEST_ERROR",
    "NO_DETAILS",
    "Asset",
    "AssetQuerySet",
    "Batch",
    "ClockRefused",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryQuerySet",
    "DeliveryState",
    "DisabledReason",
    "Endpoint",
    "EndpointQuerySet",
    "Event",
    "EventQuerySet",
    "IdempotencyKey",
    "IdempotencyKeyQuerySet",
    "Job",
    "JobBatchQuerySet",
    "JobDetails",
    "JobEnded",
    "JobFacts",
    "JobQuerySet",
    "JobVersion",
    "LoggedRequest",
    "LoggedRequestQuerySet",
    "Mode",
    "NothingEnds",
    "PayloadFormat",
    "Proofread",
    "ProofreadQuerySet",
    "QuotaExceeded",
    "SentAttempt",
    "Workspace",
    "digest_of",
    "lock",
    "lock_all",
    "lock_creations",
    "read_consistent",
    "read_consistent_in",
    "read_time",
    "webhook_times",
]
