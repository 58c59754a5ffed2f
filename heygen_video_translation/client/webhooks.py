"""Webhooks: what an event says, whichever API sent it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .errors import InvalidWebhook
from .webhook_signatures import verified_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .webhook_signatures import Headers

JOB_ENDS = frozenset(
    {
        "job.completed",
        "job.error",
        "video_translate.success",
        "video_translate.fail",
        "video_translate.preflight.validation_failed",
        "video_translate.preflight.download_failed",
    }
)
PROOFREAD_ENDS = frozenset({"proofread_creation.success", "proofread_creation.fail"})
BATCH_END = "batch.finished"
JOB_IDS = ("id", "video_translation_id", "video_translate_id")
"""The names of a job's id: that of Standard Webhooks here, and those of HeyGen's documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEvent:
    """A genuine webhook. `data` is its `data`, or HeyGen's `event_data`.

    `id` is the same whenever the event is sent again. `job_ids` are the jobs, or the proofread,
    that have ended; of a batch only if this client has created or read it. `is_end` is false for
    events that report something else, such as test events.
    """

    id: str
    type: str
    job_ids: tuple[str, ...] = ()
    is_end: bool = False
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)


def read_webhook(
    headers: Headers,
    body: bytes,
    *,
    secret: str,
    now: float,
    jobs_of_batch: Callable[[str], Sequence[str]],
) -> WebhookEvent:
    """Return the event of a request, or raise `InvalidWebhook` if it is not a genuine one.

    Arguments:
        headers: the headers of the request, in any case.
        body: the body, exactly as it arrived.
        secret: what signs the webhooks.
        now: Unix time in seconds.
        jobs_of_batch: returns the ids of a batch's jobs.

    """
    event_id = verified_id(headers, body, secret=secret, now=now)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidWebhook(f"the body of the webhook is not JSON ({error})") from None
    event = document if isinstance(document, dict) else {}
    kind = event.get("type") or event.get("event_type")
    data = event.get("data") or event.get("event_data") or {}
    if not isinstance(kind, str) or not isinstance(data, dict):
        raise InvalidWebhook("the body of the webhook is not an event")
    job_ids: Sequence[str] = ()
    if kind in JOB_ENDS:
        job_ids = _texts(data, *JOB_IDS)
    elif kind in PROOFREAD_ENDS:
        job_ids = _texts(data, "proofread_id")
    elif kind == BATCH_END:
        job_ids = [job_id for each in _texts(data, "batch_id") for job_id in jobs_of_batch(each)]
    return WebhookEvent(
        id=event_id,
        type=kind,
        job_ids=tuple(job_ids),
        is_end=kind in JOB_ENDS | PROOFREAD_ENDS | {BATCH_END},
        data=data,
    )


def _texts(data: Mapping[str, Any], *names: str) -> list[str]:
    """Return the texts with these names, each once."""
    values = [data.get(name) for name in names]
    return list(dict.fromkeys(value for value in values if isinstance(value, str)))
