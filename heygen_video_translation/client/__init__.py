"""A client for the video-translation API that waits for jobs with few polls and little delay.

    from heygen_video_translation.client import TranslationClient

    with TranslationClient("http://127.0.0.1:8000") as client:
        job = client.create_job(video_url="https://example.com/talk.mp4", target_language="French")
        job = client.wait_for_completion(job, on_update=print)

This folder can be copied into another project. It needs requests, and aiohttp or httpx if
`AsyncTranslationClient` is used. Generators decide what to do next and do no I/O: they yield steps,
such as a sleep or a request, and are sent the results. The two clients only perform the steps.
"""

from .asynchronous import AsyncTranslationClient
from .awaiting_sessions import DriverName
from .blocking import TranslationClient
from .creation import Asset, GenerationOptions, HeygenOptions, TranslationRequest
from .dialects import DialectName
from .dialects.base import FileKind
from .durations import Traits
from .errors import (
    AuthenticationFailed,
    Conflict,
    ContentRefused,
    FileTooLarge,
    InsufficientCredit,
    InvalidRequest,
    InvalidWebhook,
    JobNotFound,
    NotSupported,
    PollingTimeout,
    QuotaExceeded,
    RateLimited,
    ServerUnavailable,
    UnexpectedResponse,
    WaitFailed,
    WaitStopped,
    WaitTimedOut,
)
from .experience import Experience
from .groups import Batch, Proofread
from .handles import AsyncJobHandle, JobHandle
from .jobs import Job, JobError, JobFailed, Status, TranslationClientError
from .schedule import Decision, Knowledge, decide
from .steps import JobOutcome, JobTarget
from .webhooks import WebhookEvent

__version__ = "0.3.0"

__all__ = [
    "Asset",
    "AsyncJobHandle",
    "AsyncTranslationClient",
    "AuthenticationFailed",
    "Batch",
    "Conflict",
    "ContentRefused",
    "Decision",
    "DialectName",
    "DriverName",
    "Experience",
    "FileKind",
    "FileTooLarge",
    "GenerationOptions",
    "HeygenOptions",
    "InsufficientCredit",
    "InvalidRequest",
    "InvalidWebhook",
    "Job",
    "JobError",
    "JobFailed",
    "JobHandle",
    "JobNotFound",
    "JobOutcome",
    "JobTarget",
    "Knowledge",
    "NotSupported",
    "PollingTimeout",
    "Proofread",
    "QuotaExceeded",
    "RateLimited",
    "ServerUnavailable",
    "Status",
    "Traits",
    "TranslationClient",
    "TranslationClientError",
    "TranslationRequest",
    "UnexpectedResponse",
    "WaitFailed",
    "WaitStopped",
    "WaitTimedOut",
    "WebhookEvent",
    "decide",
]
