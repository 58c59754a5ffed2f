"""Logged requests as the tests of the rules make them up, and how a client that sent them did."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.conftest import NEW_YEAR
from vid_trans_api.journal.reported import Reported
from vid_trans_api.journal.verdicts import (
    Poll,
    Verdict,
    count_key_uses,
    judge,
    noticed_after,
    polls_of,
)
from vid_trans_api.journal.violations import Violation, ViolationKind
from vid_trans_api.models import LoggedRequest
from vid_trans_api.snapshots import Operation

END = 10.0
"""Seconds from the new year to the end of the job "a"."""


def at(seconds: float) -> datetime:
    return NEW_YEAR + timedelta(seconds=seconds)


def logged(
    seconds: float,
    *,
    until: float | None = None,
    jobs: tuple[str, ...] = ("a",),
    reported: dict[str, Reported],
    **facts: Any,
) -> LoggedRequest:
    """Return a request received after so many seconds, and responded to at once or `until` then."""
    stored = {job: reported[job].to_json() if job in reported else None for job in jobs}
    received_at, responded_at = at(seconds), at(seconds if until is None else until)
    usual = {
        "operation": Operation.STATUS,
        "job": jobs[0] if len(jobs) == 1 else "",
        "reported": json.dumps(stored),
        "server_received_at": received_at,
        "received_at": received_at,
        "server_responded_at": responded_at,
        "responded_at": responded_at,
        "status": 200,
        "is_readable": True,
        "is_long_poll": False,
    }
    return LoggedRequest(**usual | facts)


def poll(seconds: float, *, until: float | None = None, **facts: Any) -> LoggedRequest:
    """Return a status request about the job "a", with the job's true status in the response."""
    has_ended = (seconds if until is None else until) >= END
    reported = Reported(
        status="completed" if has_ended else "pending", finished_at=at(END) if has_ended else None
    )
    return logged(seconds, until=until, **{"reported": {"a": reported}} | facts)


def failed(seconds: float, *, status: int | None = 503, **facts: Any) -> LoggedRequest:
    return poll(seconds, status=status, **{"reported": {}} | facts)


def creation(seconds: float, *, job: str = "", **facts: Any) -> LoggedRequest:
    """Return a creation of that job, always with the same body unless `content_digest` differs."""
    usual: dict[str, Any] = {
        "operation": Operation.CREATE,
        "jobs": (job,) if job else (),
        "reported": {job: Reported(status="pending")} if job else {},
        "content_digest": "body",
        "status": 202,
    }
    return logged(seconds, **usual | facts)


def failed_creation(seconds: float, *, status: int = 503, **facts: Any) -> LoggedRequest:
    return creation(seconds, status=status, **facts)


def lost_creation(seconds: float, *, job: str, **facts: Any) -> LoggedRequest:
    """Return a creation that succeeded, but whose response never came."""
    usual: dict[str, Any] = {"reported": {}, "status": None, "is_readable": False}
    return creation(seconds, job=job, **usual | facts)


def in_frozen_time(request: LoggedRequest) -> LoggedRequest:
    """Return the request, sent and responded to while the workspace's clock stands still."""
    request.received_at = request.responded_at = at(0)
    return request


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedJob:
    """How well the client did with one job."""

    polls: tuple[Poll, ...]
    noticed_after: float | None
    violations: tuple[Violation, ...]


def judged(requests: Iterable[LoggedRequest], **options: Any) -> Verdict:
    """Return the verdict on requests, in the order in which the server received them."""
    in_order = sorted(requests, key=lambda each: each.server_received_at)
    return judge(in_order, key_uses=count_key_uses(in_order), **options)


def verdict_on(
    *requests: LoggedRequest, end: float | None = END, evicted_until: float | None = None
) -> JudgedJob:
    """Return the verdict on the client of the job "a"."""
    finished_at = None if end is None else at(end)
    verdict = judged(requests, job="a")
    reported_end = verdict.ends.get("a")
    return JudgedJob(
        polls=tuple(polls_of("a", requests, finished_at)),
        noticed_after=noticed_after(
            reported_end,
            finished_at,
            evicted_until=None if evicted_until is None else at(evicted_until),
        ),
        violations=verdict.violations,
    )


def violations_of(*requests: LoggedRequest) -> tuple[Violation, ...]:
    return judged(requests).violations


def kinds_of(*requests: LoggedRequest) -> list[ViolationKind]:
    return [violation.kind for violation in violations_of(*requests)]
