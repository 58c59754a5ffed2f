"""A client for the video-translation API that asks seldom, notices soon and never hangs.

    from client import TranslationClient

    with TranslationClient("http://127.0.0.1:8000") as client:
        job = client.create_job(video_url="https://example.com/talk.mp4", target_language="French")
        job = client.wait_for_completion(job, on_update=print)

One file to copy anywhere: the standard library and requests, and aiohttp for whoever uses
`AsyncTranslationClient`. What to do next is decided by generators that do no I/O: they yield a
step (sleep so long, send this request, show this job) and are sent what came of it. A blocking and
an awaiting pair of hands carry the steps out, so the two clients cannot drift apart. All times are
seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import importlib.util
import inspect
import io
import json
import logging
import math
import os
import random as random_numbers
import socket
import ssl
import sys
import threading
import time
from bisect import bisect_right
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import partial
from heapq import heappop, heappush
from pathlib import Path
from types import EllipsisType, TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar, cast
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit
from uuid import uuid4

import requests
import urllib3
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    import aiohttp

__all__ = [
    "AsyncTranslationClient",
    "AuthenticationFailed",
    "Conflict",
    "Decision",
    "Experience",
    "InvalidRequest",
    "Job",
    "JobError",
    "JobFailed",
    "JobNotFound",
    "JobsFailed",
    "Knowledge",
    "PollingTimeout",
    "RateLimited",
    "ServerUnavailable",
    "Status",
    "TranslationClient",
    "TranslationClientError",
    "UnexpectedResponse",
    "decide",
]

logger = logging.getLogger(__package__)

T = TypeVar("T")


class Status(StrEnum):
    """Where a job stands; the last two are terminal."""

    PENDING = "pending"
    COMPLETED = "completed"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobError:
    """Why a job failed, as the server tells it."""

    code: str
    message: str
    retryable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """When to ask about a job again, and why then.

    `seconds` to sleep, counted from the answer; `hold`, for how many whole seconds the server is
    then asked to hold its answer (0: not at all); `reason`, in words; `gives_up`, whether the
    deadline leaves no headroom for another poll.
    """

    seconds: float
    long_poll: int = 0
    reason: str
    gives_up: bool = False

    def __str__(self) -> str:
        if self.gives_up:
            return f"no further poll: {self.reason}"
        held = f", held up to {self.long_poll} s" if self.long_poll else ""
        return f"next poll in {self.seconds:.2f} s{held}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """When and how a client came by a `Job`, on that client's clock.

    `at`: when the answer came; `known_at`: when the client first knew the job; `born_at`: when the
    job was created, where that can be told; `replayed`: whether the answer is an earlier one again;
    `retry_after`: the pace the server asked for.
    """

    at: float
    known_at: float
    born_at: float | None = None
    replayed: bool = False
    retry_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One video on its way into one language, as one answer showed it.

    The fields are the JSON's. What an answer leaves out or garbles is `None`, except `id` and
    `status`, without which it is no job. A status not in `Status` is kept as it came.
    `next_poll` is set where a client is waiting for the job: what it decided on this answer.
    """

    id: str
    status: str
    progress: float | None = None
    estimated_time_remaining: float | None = None
    estimated_time_remaining_range: tuple[float, float] | None = None
    title: str = ""
    video_url: str | None = None
    target_language: str | None = None
    created_at: datetime | None = None
    finished_at: datetime | None = None
    result_url: str | None = None
    error: JobError | None = None
    next_poll: Decision | None = field(default=None, compare=False)
    observation: Observation | None = field(default=None, compare=False, repr=False)

    @classmethod
    def from_json(cls, data: object, *, observation: Observation | None = None) -> Job:
        """Read a job from parsed JSON; `ValueError` where there is no id or no status in it."""
        if not isinstance(data, dict):
            raise ValueError(f"a job is a JSON object, not {type(data).__name__}")  # noqa: TRY004  # about the answer, not the caller
        identity, status = data.get("id"), data.get("status")
        if not (isinstance(identity, str) and identity and isinstance(status, str) and status):
            raise ValueError(f"no job without id and status: {str(data)[:200]}")
        return cls(
            id=identity,
            status=status,
            progress=_number(data.get("progress")),
            estimated_time_remaining=_number(data.get("estimated_time_remaining")),
            estimated_time_remaining_range=_range(data.get("estimated_time_remaining_range")),
            title=_text(data.get("title")) or "",
            video_url=_text(data.get("video_url")),
            target_language=_text(data.get("target_language")),
            created_at=_instant(data.get("created_at")),
            finished_at=_instant(data.get("finished_at")),
            result_url=_text(data.get("result_url")),
            error=_job_error(data.get("error"), failed=status == Status.ERROR),
            observation=observation,
        )

    @property
    def is_finished(self) -> bool:
        return self.status in (Status.COMPLETED, Status.ERROR)

    def raise_for_error(self) -> Self:
        """Return the job itself, or raise `JobFailed` where it ended in error."""
        if self.status == Status.ERROR:
            raise JobFailed(f"job {self.id} failed: {_why(self)}", job=self)
        return self

    def __str__(self) -> str:
        parts = [f"job {self.id} {self.status}"]
        if self.status == Status.ERROR:
            parts.append(f": {_why(self)}")
        elif not self.is_finished and self.progress is not None:
            parts.append(f" {self.progress:.0%}")
        if self.estimated_time_remaining is not None:
            parts.append(f", {self.estimated_time_remaining:.1f} s left")
        if self.next_poll is not None:
            parts.append(f"; {self.next_poll}")
        return "".join(parts)


class TranslationClientError(Exception):
    """The root of everything this client raises about a job, a server or the time.

    `job` is the job as last seen, where one was. `detail` is what the server or the transport says
    went wrong, without the request that it went wrong in; the whole message where that is all.
    """

    def __init__(self, message: str, *, job: Job | None = None, detail: str | None = None) -> None:
        super().__init__(message)
        self.job = job
        self.detail = message if detail is None else detail


class JobFailed(TranslationClientError):
    """The job ended in error; only `Job.raise_for_error` raises it."""


class PollingTimeout(TranslationClientError):
    """The deadline came before the job's end. The job goes on; waiting again is harmless."""


class ServerUnavailable(TranslationClientError):
    """No usable answer came, and the retries are used up."""


class RateLimited(TranslationClientError):
    """The server said 429 to the last retry."""


class InvalidRequest(TranslationClientError):
    """The server found the request wrong (400, 422)."""


class AuthenticationFailed(TranslationClientError):
    """The key is missing, unknown or not good enough (401, 403)."""


class JobNotFound(TranslationClientError):
    """There is no such job in this key's workspace, or no longer (404)."""


class Conflict(TranslationClientError):
    """The job's state forbids what was asked (409)."""


class UnexpectedResponse(TranslationClientError):
    """The server answered something that the API does not provide for."""


class JobsFailed(TranslationClientError, ExceptionGroup[TranslationClientError]):
    """Some of the jobs waited for were lost; `exceptions` says which and why.

    `jobs` holds those that ended, by id: nothing that was learned is thrown away.
    """

    def __new__(
        cls,
        message: str,
        exceptions: Sequence[TranslationClientError],
        *,
        jobs: Mapping[str, Job] | None = None,  # __init__ takes it
    ) -> Self:
        return super().__new__(cls, message, exceptions)

    def __init__(
        self,
        message: str,
        exceptions: Sequence[TranslationClientError],
        *,
        jobs: Mapping[str, Job] | None = None,
    ) -> None:
        ExceptionGroup.__init__(self, message, exceptions)
        self.job = None
        self.detail = message
        self.jobs: dict[str, Job] = dict(jobs or {})

    def derive(self, excs: Sequence[TranslationClientError]) -> JobsFailed:  # type: ignore[override]  # it only holds this client's exceptions
        return JobsFailed(self.message, excs, jobs=self.jobs)


def _number(value: object) -> float | None:
    """Return a finite JSON number as float, anything else as `None`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _range(value: object) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004  # two ends
        return None
    low, high = _number(value[0]), _number(value[1])
    return None if low is None or high is None or not 0 <= low <= high else (low, high)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    except ValueError:
        return None


def _job_error(value: object, *, failed: bool) -> JobError | None:
    if isinstance(value, dict):
        return JobError(
            code=_text(value.get("code")) or "unknown",
            message=_text(value.get("message")) or "the server gave no message",
            retryable=value.get("retryable") is True,
        )
    if not failed:
        return None
    return JobError(code="unknown", message=_text(value) or "the server gave no reason")


def _why(job: Job) -> str:
    return f"{job.error.code}: {job.error.message}" if job.error else "the server gave no reason"


MEMORY = 0.99
"""How much of what was learned outlives one more job: a hundred jobs count, older ones fade."""

ASSUMED_SPREAD = 0.5
"""Standard deviation of ln(true/estimate) for a server that sends no range and is not known yet."""

LEAST_SPREAD = 0.02
"""The spread that a claim of exactness is judged by: round trips and clocks are no better."""

LEAST_GUESS = 0.5
"""Seconds below which an estimate, or what was truly left, is as good as any other."""

QUANTILES_APART = 2.563
"""Standard deviations between the 10 % and the 90 % point of a normal distribution."""

CLAIM_WORTH = 4.0
"""Jobs it takes to weigh as much as a range that the server sends."""

ASSUMPTION_WORTH = 0.4
"""Jobs it takes to weigh as much as `ASSUMED_SPREAD`."""

SHIFT_SPREAD = 0.5
"""How biased servers are, before anything is known of this one: ln 1.65 either way."""

INSTANT, AGES = 1e-6, 1e9
"""No estimate is taken to be shorter or longer, in seconds: so all arithmetic stays finite."""

DEADLINE_GRAIN = 0.001
"""A deadline nearer than this is reached: no sleep is more precise."""

HOLD_LEAD = 0.1
"""A held request starts so much before the early end of what is expected: a round trip or two."""

DOUBT = 0.25
"""How biased a server's range may be that no job has confirmed, as a spread beside the claimed one:
a hold that starts early costs little, one that starts after the end as much as it is late.
"""

WORTH_HOLDING = -1.28
"""A hold must reach to here, in standard deviations off the median: one end in ten lies below."""

PATIENCE = 4
"""Estimates that a job may outlive in a row before they are believed less and less."""

JITTER = 0.03
"""Jitter at most, as a share of the sleep."""

MOST_SPREAD = 1.2
"""The widest spread that `SLEEPS` knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """How long something took, times seen so far, as a lognormal distribution."""

    count: float = 0.0
    mean: float = 0.0
    squares: float = 0.0

    def seen(self, seconds: float) -> Durations:
        """Return the distribution with one more duration in it (West, CACM 22 (1979) 532)."""
        value = math.log(max(seconds, 0.05))
        count = self.count * MEMORY + 1.0
        off = value - self.mean
        mean = self.mean + off / count
        return Durations(
            count=count, mean=mean, squares=self.squares * MEMORY + off * (value - mean)
        )

    @property
    def spread(self) -> float:
        """The standard deviation of the logarithm of the next one, never quite trusted to be 0."""
        variance = (self.squares + 0.25) / max(self.count, 1.0)
        return math.sqrt(variance * (1.0 + 1.0 / max(self.count, 1.0)))

    def hazard(self, age: float) -> float:
        """Return how likely, per second, what has lasted `age` seconds is to end now.

        A mixture of the lognormal that was learned and, as one more observation would weigh, of
        one that knows no scale (survival 1 / (1 + age / median)): whoever outlives everything
        seen so far is treated as something new instead of being due any moment.
        """
        if self.count == 0.0:
            return 1.0 / max(age, 1e-3)
        spread, median = self.spread, math.exp(self.mean)
        z = (math.log(max(age, 1e-3)) - self.mean) / spread
        density = math.exp(-z * z / 2.0) / (max(age, 1e-3) * spread * math.sqrt(2.0 * math.pi))
        survival = math.erfc(z / math.sqrt(2.0)) / 2.0
        scale_free = 1.0 / (1.0 + age / median)
        trust = self.count / (self.count + 1.0)
        ending = trust * density + (1.0 - trust) * scale_free * scale_free / median
        return ending / (trust * survival + (1.0 - trust) * scale_free)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """An estimate that a server made: `seconds` left at `at`, with its claimed spread, if any."""

    at: float
    seconds: float
    spread: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience:
    """What the jobs seen through to the end taught about a server; a value, never changed.

    Estimates are taken to err as ln(true/estimate) ~ N(shift, (scale · s)²), where s is the spread
    that the server claims, or `ASSUMED_SPREAD`. `shift` and `scale` are posterior means: they start
    at 0 and 1 and move as the evidence allows. A job counts as one observation, however many of
    its estimates were seen, because they err together.
    """

    jobs: float = 0.0
    precision: float = 0.0
    weighted: float = 0.0
    squares: float = 0.0
    durations: Durations = Durations()
    overdue: Durations = Durations()

    def seen(self, guesses: Sequence[Guess], *, ended_at: float) -> Experience:
        """Return what is known once a job that was guessed at so has ended at `ended_at`."""
        rows = []
        for guess in guesses:
            left = ended_at - guess.at
            if guess.seconds > 0.0 and left > 0.0:
                spread = ASSUMED_SPREAD
                if guess.spread is not None:
                    spread = max(guess.spread, LEAST_SPREAD)
                error = math.log(max(left, LEAST_GUESS) / max(guess.seconds, LEAST_GUESS))
                rows.append((1.0 / spread**2, max(-5.0, min(5.0, error))))
        if not rows:
            return self
        share = 1.0 / len(rows)
        return replace(
            self,
            jobs=self.jobs * MEMORY + 1.0,
            precision=self.precision * MEMORY + share * sum(p for p, _ in rows),
            weighted=self.weighted * MEMORY + share * sum(p * e for p, e in rows),
            squares=self.squares * MEMORY + share * sum(p * e * e for p, e in rows),
        )

    def took(self, seconds: float) -> Experience:
        """Return what is known once a job took so long from its creation to its end."""
        return replace(self, durations=self.durations.seen(seconds))

    def was_overdue(self, seconds: float) -> Experience:
        """Return what is known once a job went on so long after its estimate said zero."""
        return replace(self, overdue=self.overdue.seen(seconds))

    def scale(self, *, claimed: bool) -> float:
        """How many times wider than claimed (or assumed) the estimates really spread."""
        believed = CLAIM_WORTH if claimed else ASSUMPTION_WORTH
        residue = self.squares
        if self.precision > 0.0:
            residue -= self.weighted**2 / self.precision
        return math.sqrt((believed + max(residue, 0.0)) / (believed + max(self.jobs - 1.0, 0.0)))

    def shift(self, *, claimed: bool) -> float:
        """The mean of ln(true/estimate), drawn towards 0 while little has been seen."""
        if self.precision == 0.0:
            return 0.0
        return self.weighted / (self.precision + (self.scale(claimed=claimed) / SHIFT_SPREAD) ** 2)


NO_EXPERIENCE = Experience()


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What is known of a pending job at one instant; all in seconds.

    `elapsed` since this client first knew the job, and `age` since its creation, where known;
    `estimate` and `estimate_range` as of now; `outlived`, how many estimates in a row the job has
    outlived; `overdue`, how long the server has been saying that nothing is left; `floor`, the pace
    it asked for; `time_left` until the deadline; `long_poll_limit` it may be asked for.
    """

    elapsed: float = 0.0
    age: float | None = None
    estimate: float | None = None
    estimate_range: tuple[float, float] | None = None
    outlived: int = 0
    overdue: float = 0.0
    floor: float = 0.0
    time_left: float = math.inf
    long_poll_limit: float = 0.0


ESTIMATES = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 3600.0)
SLEEPS = {
    0.0: (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
    0.05: (1.14, 1.10, 1.08, 1.06, 1.03, 0.98, 0.94, 0.92, 0.90, 0.88, 0.86),
    0.1: (1.26, 1.18, 1.14, 1.06, 1.00, 0.92, 0.88, 0.84, 0.80, 0.78, 0.74),
    0.2: (1.50, 1.30, 1.18, 1.01, 0.92, 0.81, 0.76, 0.70, 0.64, 0.60, 0.54),
    0.3: (1.62, 1.31, 1.20, 1.00, 0.85, 0.72, 0.64, 0.58, 0.52, 0.48, 0.40),
    0.5: (1.92, 1.41, 1.13, 0.92, 0.77, 0.58, 0.50, 0.42, 0.36, 0.32, 0.22),
    0.8: (2.42, 1.38, 1.18, 0.86, 0.68, 0.46, 0.36, 0.28, 0.22, 0.16, 0.10),
    1.2: (3.38, 1.62, 1.28, 0.90, 0.62, 0.34, 0.24, 0.18, 0.12, 0.08, 0.06),
}
"""The best sleep as a multiple of the estimate, by the estimate's spread.

One poll is taken to be worth one second of lateness. The values solve, by value iteration, for an
estimate r of what is truly R = r·exp(sZ), Z standard normal, renewed at every poll,

    V(r) = min over d of  1 + E[max(d - R, 0)] + E[U(R - d); R > d],   U(x) = E[V(x·exp(sZ'))]

which is optimum checking (Barlow, Hunter, Proschan, J. SIAM 11 (1963) 1078) with news each time.
"""
SPREADS = tuple(SLEEPS)


def best_sleep(estimate: float, spread: float) -> float:
    """Return how long to sleep on an estimate of this spread, interpolating `SLEEPS`."""
    row, up = _between(SPREADS, spread)
    column, right = _between(ESTIMATES_LN, math.log(max(estimate, 1e-3)))
    low, high = SLEEPS[SPREADS[row]], SLEEPS[SPREADS[row + 1]]
    factor = (1 - up) * ((1 - right) * low[column] + right * low[column + 1]) + up * (
        (1 - right) * high[column] + right * high[column + 1]
    )
    return estimate * factor


ESTIMATES_LN = tuple(math.log(estimate) for estimate in ESTIMATES)


def _between(points: Sequence[float], value: float) -> tuple[int, float]:
    """Return the interval of `points` that `value` lies in, and how far along, from 0 to 1."""
    index = min(max(bisect_right(points, value) - 1, 0), len(points) - 2)
    along = (value - points[index]) / (points[index + 1] - points[index])
    return index, min(max(along, 0.0), 1.0)


def blind_sleep(age: float, durations: Durations, *, longest: float) -> float:
    """Return how long to sleep where only the age is known.

    Checks are best spaced with density sqrt(h/2), h the hazard (Keller, Management Science 21
    (1974) 256): the next one is due when the density, integrated from now, reaches 1. With nothing
    learned the hazard is 1/age, and that is sqrt(2·age).
    """
    if durations.count == 0.0:
        return min(math.sqrt(2.0 * age), longest)
    gathered = asleep = 0.0
    finest = min(math.exp(durations.mean) * durations.spread, longest) / 50.0
    while asleep < longest:
        step = max(finest, asleep * 0.05)
        density = math.sqrt(durations.hazard(age + asleep + step / 2.0) / 2.0)
        if gathered + density * step >= 1.0:
            return min(asleep + (1.0 - gathered) / density, longest)
        gathered += density * step
        asleep += step
    return longest


def decide(
    knowledge: Knowledge,
    experience: Experience = NO_EXPERIENCE,
    *,
    min_interval: float = 0.5,
    max_interval: float = 60.0,
    headroom: float = 0.0,
    jitter: float = 0.0,
) -> Decision:
    """Return when to ask about a job again: the one place where that is decided.

    `jitter`, from 0 to 1, places the jitter; `headroom` is the share of a sleep that has to be left below
    the longest interval, for a poll that will wait for others. The wish comes from the estimate, or
    from the age where there is none; bounds, the server's floor and the deadline then cut it, in
    this order.
    """
    if knowledge.time_left < DEADLINE_GRAIN:
        return Decision(seconds=0.0, reason="the deadline is reached", gives_up=True)
    floor = min(knowledge.floor, max_interval)
    if floor > knowledge.time_left:
        late = f"the server's Retry-After of {floor:g} s reaches past the deadline"
        return Decision(seconds=0.0, reason=late, gives_up=True)
    longest = max(max_interval / (1.0 + headroom), min_interval)
    wish = _wish(knowledge, experience, max_interval=longest, jitter=jitter)
    seconds, long_poll, reason = wish.seconds, wish.long_poll, wish.reason
    if seconds > longest:
        seconds, long_poll, reason = longest, 0, f"{reason}, cut to the longest interval"
    if seconds < max(min_interval, floor):
        least = "the server's Retry-After" if floor > min_interval else "the shortest interval"
        seconds, reason = max(min_interval, floor), f"{reason}, raised to {least}"
    if seconds >= knowledge.time_left:
        seconds, long_poll, reason = knowledge.time_left, 0, f"{reason}, cut to the deadline"
    return Decision(
        seconds=seconds,
        long_poll=min(long_poll, _whole(knowledge.time_left - seconds)),
        reason=reason,
    )


def _whole(seconds: float) -> int:
    """Return whole seconds, rounded down, of any number; no hold is longer than a day."""
    return int(min(max(seconds, 0.0), 86400.0))


def _wish(
    knowledge: Knowledge, experience: Experience, *, max_interval: float, jitter: float
) -> Decision:
    """Return what would be best without bounds, floor and deadline."""
    long_poll_limit = _whole(knowledge.long_poll_limit)
    if knowledge.estimate is None or knowledge.estimate <= 0.0:
        return _blind_wish(knowledge, experience, max_interval=max_interval)
    claimed = _claimed_spread(knowledge.estimate_range)
    scale = experience.scale(claimed=claimed is not None)
    shift = experience.shift(claimed=claimed is not None)
    spread = scale * (ASSUMED_SPREAD if claimed is None else claimed)
    if claimed == 0.0:
        spread = max(scale - 1.0, 0.0) * LEAST_SPREAD
    spread = min(spread, 2.0 * MOST_SPREAD)
    median = min(max(knowledge.estimate * math.exp(shift), INSTANT), AGES)
    low, high = (median * math.exp(sign * QUANTILES_APART / 2 * spread) for sign in (-1, 1))
    reason = f"{low:.3g} to {high:.3g} s expected"
    seconds = best_sleep(median, spread)
    long_poll = 0
    if long_poll_limit:
        doubt = 0.0 if claimed is None else DOUBT / (1.0 + experience.jobs) ** 2
        early = max(median * math.exp(-2.0 * math.hypot(spread, doubt)) - HOLD_LEAD, 0.0)
        reached = math.log(max(early + long_poll_limit, 1e-3) / median) / max(spread, 1e-3)
        seconds = min(seconds, early)
        if reached > WORTH_HOLDING and early < knowledge.time_left:
            long_poll, reason = long_poll_limit, f"{reason}, held from the early end"
    if knowledge.outlived > PATIENCE:
        slow = math.sqrt(2.0 * knowledge.elapsed)
        grown = max(seconds, 1.0) * 2.0 ** min((knowledge.outlived - PATIENCE) / 2, 60.0)
        if min(slow, grown) > seconds:
            seconds = min(slow, grown)
            reason = f"{reason}, but {knowledge.outlived} estimates in a row were outlived"
    width = high - low
    if knowledge.estimate_range is not None:
        width = min(width, knowledge.estimate_range[1] - knowledge.estimate_range[0])
    seconds += jitter * min(width / 10.0, seconds * JITTER)
    return Decision(seconds=seconds, long_poll=long_poll, reason=reason)


def _blind_wish(knowledge: Knowledge, experience: Experience, *, max_interval: float) -> Decision:
    """Return the wish where the server sends no estimate, or says that nothing is left."""
    long_poll = _whole(knowledge.long_poll_limit)
    if knowledge.estimate is not None:
        durations, age = experience.overdue, knowledge.overdue
        reason = f"overdue for {age:.3g} s"
    else:
        durations, age = experience.durations, knowledge.elapsed
        if durations.count and knowledge.age is not None:
            age = knowledge.age
        reason = f"no estimate, {age:.3g} s old"
    if durations.count:
        count = f"{durations.count:.0f}"
        reason = f"{reason}, judged by {count} job{'' if count == '1' else 's'} before"
    return Decision(
        seconds=blind_sleep(age, durations, longest=max_interval),
        long_poll=long_poll,
        reason=reason,
    )


def _claimed_spread(estimate_range: tuple[float, float] | None) -> float | None:
    """Return the standard deviation of ln(true/estimate) that a range stands for."""
    if estimate_range is None:
        return None
    low, high = estimate_range
    if high - low < INSTANT:
        return 0.0
    return min(math.log(high / max(low, high * 1e-3)) / QUANTILES_APART, MOST_SPREAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep:
    """A step: sleep so many seconds; sent back: the time then."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A step: show this job to whoever is watching; sent back: the time then."""

    job: Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A step: send this; sent back: an `Answer`, or `Lost` where none came.

    `timeout` bounds the whole answer. With `into`, the body of a 200 goes into that file, and
    `timeout` bounds the wait for the headers and for each piece. A `foreign` request goes to
    another host than the client's: it takes no key and no session's headers along.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout: float = 10.0
    long_poll: int = 0
    foreign: bool = False
    into: _PartFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered, its headers in lower case, to a request sent at `sent_at`.

    `hold` is how long that request asked to be held.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    long_poll: int
    sent_at: float
    at: float

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004  # RFC 9110 §15.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """No answer: the transport failed, for the reason given, between `sent_at` and `at`."""

    error: Exception
    sent_at: float
    at: float


Step: TypeAlias = Sleep | Seen | Request
Script: TypeAlias = Generator[Step, Any, T]
"""A course of action: yields steps, is sent what came of each, and returns a `T`."""

Target: TypeAlias = Job | str
Timeout: TypeAlias = float | EllipsisType | None
"""Seconds, `None` for no end, or `...` for what the client was made with."""

Ending: TypeAlias = Job | TranslationClientError
Finding: TypeAlias = Job | TranslationClientError | None
"""How a job ended, or what an answer says of it: `None` where it says nothing usable."""

OUTAGES = (AuthenticationFailed, PollingTimeout, RateLimited, ServerUnavailable)
"""What concerns every job that is still waited for, not only the one asked about."""


class _Track:
    """What one waiting has seen of one job."""

    __slots__ = (
        "alone",
        "failures",
        "guesses",
        "id",
        "job",
        "outlived",
        "overdue_at",
        "strange",
        "unjudged",
    )

    def __init__(self, target: Target) -> None:
        self.id = target if isinstance(target, str) else target.id
        self.job: Job | None = None
        self.guesses: list[Guess] = []
        self.unjudged: Guess | None = None
        self.outlived = 0
        self.overdue_at: float | None = None
        self.failures = 0
        self.strange = 0
        self.alone = False
        if isinstance(target, Job):
            self.see(target)

    @property
    def observation(self) -> Observation | None:
        return self.job.observation if self.job else None

    def see(self, job: Job) -> None:
        """Take in what an answer shows."""
        self.job = job
        self.strange = 0 if job.status in tuple(Status) else self.strange + 1
        observation, estimate = job.observation, job.estimated_time_remaining
        if job.is_finished or observation is None:
            return
        if self.unjudged is not None:
            was_outlived = observation.at - self.unjudged.at > self.unjudged.seconds
            self.outlived = self.outlived + 1 if was_outlived else 0
            self.unjudged = None
        if estimate is None or estimate > 0.0:
            self.overdue_at = None
        elif self.overdue_at is None:
            self.overdue_at = observation.at
        if estimate is not None:
            claimed = _claimed_spread(job.estimated_time_remaining_range)
            self.unjudged = Guess(at=observation.at, seconds=estimate, spread=claimed)
            self.guesses.append(self.unjudged)

    def knowledge(self, now: float, *, deadline: float, long_poll_limit: float) -> Knowledge:
        """Return what is known at `now`, when it was sighted last."""
        job, observation = self.job, self.observation
        if job is None or observation is None:
            raise ValueError(f"nothing is known of job {self.id}")
        estimate = job.estimated_time_remaining
        return Knowledge(
            elapsed=max(now - observation.known_at, 0.0),
            age=None if observation.born_at is None else max(now - observation.born_at, 0.0),
            estimate=estimate,
            estimate_range=job.estimated_time_remaining_range,
            outlived=self.outlived,
            overdue=0.0 if self.overdue_at is None else max(now - self.overdue_at, 0.0),
            floor=observation.retry_after or 0.0 if estimate is None else 0.0,
            time_left=max(deadline - now, 0.0),
            long_poll_limit=long_poll_limit,
        )


API = "/vid_trans_api"
RETRIED = frozenset({408, 425, 429})
HOLD_BREAKERS = frozenset({408, 500, 502, 503, 504})
TIME_IS_UP = frozenset({408, 504})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
SAME_METHOD_REDIRECTS = frozenset({307, 308})
TOO_MANY = 429
REFUSALS: Mapping[int, type[TranslationClientError]] = {
    400: InvalidRequest,
    401: AuthenticationFailed,
    403: AuthenticationFailed,
    404: JobNotFound,
    409: Conflict,
    422: InvalidRequest,
}

MOST_BYTES = 2**24
"""An answer longer than this is no answer of this API."""

MOST_REDIRECTS = 5
LONGEST_KEY = 255
LONGEST_BACKOFF = 30.0
SHORTEST_CUT = 1.0
"""A held request that fails sooner failed for another reason than being held."""

SHORTEST_HOLD = 2.0
"""A hold is not learned to be shorter than that."""

SAME_CUT = 0.25
"""Holds cut at ages that differ by no more than such a share were cut by the same limit."""

HOLDS_CUT_AT_MOST = 3
"""Times in a row that a server may end holds early before it is polled plainly."""

HOLDS_BEFORE_LONGER = 5
"""Holds in a row that have to go well before ones twice as long are asked for."""

STRANGE_ANSWERS = 100
"""How often in a row a job may show a status never heard of before the wait is given up."""

BATCH = 100
BATCH_CHARACTERS = 6000
"""Ids in one request, and their characters: what the API takes and what fits into a URL."""

MOST_NAMED = 3
"""Ids that an error about many jobs names."""

GATHERING = 1.0
GATHERING_SHARE = 0.1
"""A poll that is due waits for others so many seconds at most, or such a share of its sleep."""


class _Unreadable(Exception):  # never leaves this module
    """An answer that says nothing sensible; asked again like a lost one."""


class _Again(Exception):  # never leaves this module
    """A request that failed in a way that asking again may mend; `problem` if it does not."""

    def __init__(self, problem: TranslationClientError, *, retry_after: float = 0.0) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.retry_after = retry_after


class _Client:
    """What both clients know and decide; no I/O happens here."""

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None,
        min_polling_interval: float,
        max_polling_interval: float,
        max_retries: int,
        timeout: float | None,
        request_timeout: float,
        long_poll: float,
        clock: Callable[[], float],
        random: Callable[[], float],
        experience: Experience,
    ) -> None:
        if not _is_root(base_url):
            raise ValueError(
                f"base_url is the server's root, http(s)://host[:port], not {base_url!r}"
            )
        if api_key is not None and not (api_key.isascii() and api_key.isprintable() and api_key):
            raise ValueError("api_key holds printable ASCII characters, at least one")
        if not 0 < min_polling_interval <= max_polling_interval < math.inf:
            raise ValueError(
                "0 < min_polling_interval <= max_polling_interval < inf must hold, not "
                f"{min_polling_interval!r} and {max_polling_interval!r}"
            )
        if max_retries < 0:
            raise ValueError(f"max_retries counts retries, from 0; not {max_retries!r}")
        if not 0 < request_timeout < math.inf:
            raise ValueError(f"request_timeout is in seconds, above 0; not {request_timeout!r}")
        if not 0 <= long_poll < math.inf:
            raise ValueError(f"long_poll is in seconds, from 0; not {long_poll!r}")
        _check_timeout(timeout)
        self.base_url = base_url.rstrip("/")
        self.timeout = timeout
        self._api_key = api_key
        self._min_interval = min_polling_interval
        self._max_interval = max_polling_interval
        self._max_retries = max_retries
        self._request_timeout = request_timeout
        self._clock = clock
        self._random = random
        self._hold = self._longest_hold = long_poll
        self._holds_cut = self._holds_well = 0
        self._cut_at = -math.inf
        self._cut_after: float | None = None
        self._batches = True
        self._experience = experience
        self._learning = threading.Lock()
        self._closed = False

    @property
    def experience(self) -> Experience:
        """What this client has learned about its server so far; another one may start with it."""
        return self._experience

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("the client is closed")

    def _request(
        self, method: str, path: str, *, query: Iterable[tuple[str, str]] = (), long_poll: int = 0
    ) -> Request:
        headers = {"Accept": "application/json"}
        if self._api_key is not None:
            headers["X-Api-Key"] = self._api_key
        if long_poll:
            headers["Prefer"] = f"wait={long_poll}"
        url = f"{self.base_url}{API}{path}"
        asked = urlencode(list(query), safe=",")
        return Request(
            method=method,
            url=f"{url}?{asked}" if asked else url,
            headers=headers,
            timeout=self._request_timeout + long_poll,
            long_poll=long_poll,
        )

    def _job_path(self, target: Target) -> str:
        """Return the path of a job; an id that would name another path is no job's id."""
        identity = target if isinstance(target, str) else target.id
        if identity in ("", ".", ".."):
            raise JobNotFound(f"{identity!r} is no job's id")
        return f"/jobs/{quote(identity, safe='')}"

    def _ask(
        self,
        request: Request,
        read: Callable[[Answer], T],
        *,
        deadline: float = math.inf,
        job: Job | None = None,
        retries: int | None = None,
    ) -> Script[T]:
        """Send a request until its answer can be read, after failures at most `retries` times."""
        retries = self._max_retries if retries is None else retries
        failures = redirects = 0
        while True:
            outcome: Answer | Lost = yield request
            if isinstance(outcome, Answer) and outcome.status in REDIRECTS:
                redirects += 1
                request = self._redirected(request, outcome, redirects, job=job)
                continue
            try:
                return _understood(request, outcome, read, job=job, repeated=failures > 0)
            except _Again as again:
                problem, pace = again.problem, min(again.retry_after, self._max_interval)
            if request.long_poll and self._was_cut(outcome):
                delay = max(self._min_interval, pace)
            else:
                failures += 1
                if failures > retries:
                    raise problem
                delay = max(self._backoff(failures), pace)
            left = deadline - outcome.at
            if left < DEADLINE_GRAIN or pace > left:
                raise _too_late(job, problem) from problem
            delay = min(delay, left)
            logger.warning("%s; asking again in %.2f s", problem, delay)
            yield Sleep(seconds=delay)
            request = _without_hold(request, timeout=self._request_timeout)

    def _backoff(self, failures: int) -> float:
        """Return a pause after so many failures in a row, with full jitter.

        AWS Architecture Blog, "Exponential Backoff And Jitter" (2015).
        """
        longest = min(LONGEST_BACKOFF, 2.0 ** min(failures - 1, 16))
        return min(self._random() * longest, self._max_interval)

    def _redirected(
        self, request: Request, answer: Answer, redirects: int, *, job: Job | None
    ) -> Request:
        """Return the request that a redirect asks for; to another host it goes without the key."""
        location = answer.headers.get("location", "")
        kept = answer.status in SAME_METHOD_REDIRECTS or request.method == "GET"
        origin = None
        with contextlib.suppress(ValueError):
            url = urljoin(request.url, location)
            origin = _origin(url)
        if redirects > MOST_REDIRECTS or not (kept and location and origin):
            raise UnexpectedResponse(
                f"{request.method} {request.url} was redirected ({answer.status}) to {location!r}",
                job=job,
            )
        foreign = request.foreign or origin != _origin(self.base_url)
        headers = dict(request.headers)
        if foreign:
            headers.pop("X-Api-Key", None)
        return replace(request, url=url, headers=headers, foreign=foreign)

    def _was_cut(self, outcome: Answer | Lost) -> bool:
        """Whether a held request failed because of being held: no failure, whatever did it.

        Shorter holds are asked for from now on where a gateway says that its time was up, or where
        one hold after another is cut at much the same age. One cut alone may be a restart.
        """
        waited = outcome.at - outcome.sent_at
        if waited < SHORTEST_CUT:
            return False
        if isinstance(outcome, Answer) and outcome.status not in HOLD_BREAKERS:
            return False
        with self._learning:
            if self._is_same_event(outcome):
                return True
            before, self._cut_after = self._cut_after, waited
            is_limit = isinstance(outcome, Answer) and outcome.status in TIME_IS_UP
            again = before is not None and abs(waited - before) <= SAME_CUT * max(waited, before)
            if is_limit or again:
                shorter = max(float(_whole(0.8 * waited)), SHORTEST_HOLD)
                if self._longest_hold <= SHORTEST_HOLD:
                    self._count_cut()
                self._longest_hold = min(self._longest_hold, shorter)
                logger.info(
                    "a hold was cut after %.1f s; %g s at most now", waited, self._longest_hold
                )
        return True

    def _note_hold(self, answer: Answer, job: Job) -> None:
        """Learn from a pending answer that should have been held whether the server does that."""
        waited = answer.at - answer.sent_at
        with self._learning:
            if job.is_finished:
                self._holds_cut = 0
            elif waited > answer.long_poll - 1.0:
                self._held_well()
            elif "preference-applied" not in answer.headers:
                self._longest_hold = 0.0
                logger.info("the server does not hold its answers; polling plainly from now on")
            elif waited < _applied_wait(answer) - 1.0 and not self._is_same_event(answer):
                self._count_cut()

    def _is_same_event(self, outcome: Answer | Lost) -> bool:
        """Whether this hold was open already when another was ended early; if not, note its end.

        What ends all open holds at once, as a server's restart does, happened once.
        """
        if outcome.sent_at < self._cut_at:
            return True
        self._cut_at = outcome.at
        self._holds_well = 0
        return False

    def _count_cut(self) -> None:
        """Note that holds were ended early; after several times in a row, hold no longer."""
        self._holds_cut += 1
        if self._holds_cut >= HOLDS_CUT_AT_MOST and self._longest_hold > 0.0:
            self._longest_hold = 0.0
            logger.info("holds end early again and again; polling plainly from now on")

    def _held_well(self) -> None:
        """Note a hold that lasted as long as asked; after several, ask for longer ones again."""
        self._holds_cut = 0
        self._cut_after = None
        self._holds_well += 1
        if self._holds_well >= HOLDS_BEFORE_LONGER and self._longest_hold < self._hold:
            self._holds_well = 0
            self._longest_hold = min(2.0 * self._longest_hold, self._hold)

    def _sighted(
        self, answer: Answer, before: Observation | None, *, created: bool = False
    ) -> Observation:
        """Return what the client knows of when it saw a job in `answer`."""
        replayed = answer.headers.get("idempotent-replayed", "").lower() == "true"
        born_at = before.born_at if before else None
        if created and not replayed:
            born_at = answer.at
        return Observation(
            at=answer.at,
            known_at=before.known_at if before else answer.at,
            born_at=born_at,
            replayed=replayed,
            retry_after=_retry_after(answer),
        )

    def _job(
        self, answer: Answer, *, before: Observation | None = None, created: bool = False
    ) -> Job:
        return self._job_of(_parsed(answer), answer, before=before, created=created)

    def _job_of(
        self,
        data: object,
        answer: Answer,
        *,
        before: Observation | None = None,
        created: bool = False,
    ) -> Job:
        """Return the job in `data`, a part of `answer`."""
        try:
            job = Job.from_json(data)
        except ValueError as error:
            raise _Unreadable(str(error)) from None
        observation = self._sighted(answer, before, created=created)
        served_at = _date(answer.headers.get("date"))
        if observation.born_at is None and served_at and job.created_at:
            age = max((served_at - job.created_at).total_seconds(), 0.0)
            observation = replace(observation, born_at=answer.at - age)
        return replace(job, observation=observation)

    def _creation(self, idempotency_key: str | None, fields: Mapping[str, object]) -> Script[Job]:
        key = str(uuid4()) if idempotency_key is None else idempotency_key
        if not (key.isascii() and key.isprintable() and 0 < len(key) <= LONGEST_KEY):
            raise ValueError(
                f"idempotency_key holds 1 to {LONGEST_KEY} printable ASCII characters, not {key!r}"
            )
        body = json.dumps(fields, allow_nan=False).encode()
        request = self._request("POST", "/jobs")
        headers = {
            **request.headers,
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        request = replace(request, headers=headers, body=body)
        job = yield from self._ask(request, lambda answer: self._job(answer, created=True))
        logger.info("created %s", job)
        return job

    def _status(self, target: Target | None) -> Script[Job]:
        before = target.observation if isinstance(target, Job) else None
        path = "/status" if target is None else self._job_path(target)
        return (
            yield from self._ask(
                self._request("GET", path), lambda answer: self._job(answer, before=before)
            )
        )

    def _cancellation(self, target: Target) -> Script[Job]:
        before = target.observation if isinstance(target, Job) else None
        request = self._request("POST", f"{self._job_path(target)}/cancel")
        return (yield from self._ask(request, lambda answer: self._job(answer, before=before)))

    def _deletion(self, target: Target) -> Script[None]:
        yield from self._ask(self._request("DELETE", self._job_path(target)), lambda _: None)

    def _listing(self, filters: Mapping[str, object]) -> Script[None]:
        """Show every job of a listing, page by page."""
        query = [(name, str(value)) for name, value in filters.items() if value is not None]
        asked = set()
        while True:
            asked.add(tuple(query))
            request = self._request("GET", "/jobs", query=query)
            jobs, following = yield from self._ask(request, self._page)
            for job in jobs:
                yield Seen(job=job)
            if following is None:
                return
            query = parse_qsl(following.partition("?")[2], keep_blank_values=True)
            if tuple(query) in asked:
                raise UnexpectedResponse(f"the listing goes in circles at {following}")

    def _page(self, answer: Answer) -> tuple[list[Job], str | None]:
        data = _parsed(answer)
        if not isinstance(data, dict) or not isinstance(data.get("results"), list):
            raise _Unreadable("no list of results in the answer")
        return [self._job_of(item, answer) for item in data["results"]], _text(data.get("next"))

    def _downloading(self, target: Target, part: _PartFile) -> Script[None]:
        request = self._request("GET", f"{self._job_path(target)}/result")
        headers = {**request.headers, "Accept": "*/*"}
        job = target if isinstance(target, Job) else None
        request = replace(request, headers=headers, into=part)
        yield from self._ask(request, lambda _: None, job=job)

    def _waiting(self, target: Target | None, *, timeout: Timeout, now: float) -> Script[Job]:
        """Follow one job, the newest if none is named, to its end; return it as it ended."""
        deadline = self._deadline(timeout, now)
        if target is None:
            return (yield from self._following_newest(deadline))
        if isinstance(target, Job) and target.is_finished:
            return target
        track = _Track(target)
        first, at = self._first_decision(track, now, deadline)
        _announce(track, first, at=at, now=now)
        return (yield from self._following(track, first, at=at, deadline=deadline, now=now))

    def _watching(self, target: Target | None, *, timeout: Timeout, now: float) -> Script[Job]:
        """Follow one job to its end, showing also one that has ended already."""
        if isinstance(target, Job) and target.is_finished:
            yield Seen(job=target)
        return (yield from self._waiting(target, timeout=timeout, now=now))

    def _following_newest(self, deadline: float) -> Script[Job]:
        """Follow the newest job to its end, showing every answer, the one that names it too."""
        answer, job = yield from self._ask(
            self._request("GET", "/status"),
            lambda answer: (answer, self._job(answer)),
            deadline=deadline,
        )
        if job.is_finished:
            logger.info("%s", job)
            yield Seen(job=job)
            return job
        track = _Track(job)
        first = self._decide(track, answer.at, deadline)
        now = yield Seen(job=_deciding(job, first))
        return (yield from self._following(track, first, at=answer.at, deadline=deadline, now=now))

    def _following(
        self, track: _Track, decision: Decision, *, at: float, deadline: float, now: float
    ) -> Script[Job]:
        """Follow one job, about which was decided so at `at`, to its end, showing every answer."""
        due = at + decision.seconds
        while not decision.gives_up:
            now = yield Sleep(seconds=max(due - now, 0.0))
            long_poll = min(decision.long_poll, _whole(deadline - now))
            job, at = yield from self._poll(track, long_poll=long_poll, deadline=deadline)
            if job.is_finished:
                yield Seen(job=job)
                return job
            decision = self._decide(track, at, deadline)
            due = at + decision.seconds
            now = yield Seen(job=_deciding(job, decision))
        raise _too_late(track.job, decision.reason)

    def _poll(self, track: _Track, *, long_poll: int, deadline: float) -> Script[tuple[Job, float]]:
        """Ask about one job by itself; return it and when the answer came."""
        request = self._request("GET", self._job_path(track.id), long_poll=long_poll)
        before = track.observation
        answer, job = yield from self._ask(
            request,
            lambda answer: (answer, self._job(answer, before=before)),
            deadline=deadline,
            job=track.job,
            retries=0 if track.alone else None,
        )
        if answer.long_poll:
            self._note_hold(answer, job)
        self._take_in(track, job, answer)
        return job, answer.at

    def _take_in(self, track: _Track, job: Job, answer: Answer) -> None:
        """Note what an answer shows of a job, and learn from its end."""
        before = track.observation
        track.see(job)
        if job.is_finished:
            logger.info("%s", job)
            self._learn(track, job, before=before, answer=answer)
        elif track.strange >= STRANGE_ANSWERS or (track.strange and job.finished_at):
            raise UnexpectedResponse(
                f"job {job.id} has the status {job.status!r}, which this client does not know",
                job=job,
            )

    def _learn(
        self, track: _Track, job: Job, *, before: Observation | None, answer: Answer
    ) -> None:
        """Add a job that was seen through to its end to the experience."""
        if job.error is not None and job.error.code == "canceled":
            return
        if before is None or job.observation is None:
            return
        ended_at = (before.at + answer.at) / 2.0
        born_at = job.observation.born_at
        if born_at is not None and job.created_at and job.finished_at:
            ended_at = born_at + (job.finished_at - job.created_at).total_seconds()
        ended_at = min(max(ended_at, before.at), answer.at)
        with self._learning:
            experience = self._experience.seen(track.guesses, ended_at=ended_at)
            if born_at is not None:
                experience = experience.took(ended_at - born_at)
            if track.overdue_at is not None:
                experience = experience.was_overdue(ended_at - track.overdue_at)
            self._experience = experience

    def _first_decision(
        self, track: _Track, now: float, deadline: float, *, company: int = 0
    ) -> tuple[Decision, float]:
        """Return when to ask about a job first, and from when that counts.

        A job with an estimate is treated as if it had been asked about when it was sighted.
        """
        observation = track.observation
        if observation is None or observation.replayed or observation.at > now:
            return Decision(seconds=0.0, reason="not looked at yet"), now
        return self._decide(track, observation.at, deadline, company=company), observation.at

    def _decide(self, track: _Track, now: float, deadline: float, *, company: int = 0) -> Decision:
        """Return when to ask about a job again, while so many others are waited for as well.

        In company nothing is held, which would hold up the others, and the longest interval leaves
        headroom to wait for them.
        """
        long_poll_limit = 0.0 if company else self._longest_hold
        return decide(
            track.knowledge(now, deadline=deadline, long_poll_limit=long_poll_limit),
            self._experience,
            min_interval=self._min_interval,
            max_interval=self._max_interval,
            headroom=GATHERING_SHARE if company else 0.0,
            jitter=self._random(),
        )

    def _deadline(self, timeout: Timeout, now: float) -> float:
        seconds = self.timeout if isinstance(timeout, EllipsisType) else timeout
        _check_timeout(seconds)
        return math.inf if seconds is None else now + seconds

    def _following_all(
        self, targets: Iterable[Target], *, timeout: Timeout, now: float
    ) -> Script[dict[str, Ending]]:
        """Follow many jobs to their ends, showing every answer; return how each of them ended."""
        deadline = self._deadline(timeout, now)
        tracks = {track.id: track for track in map(_Track, targets)}
        endings: dict[str, Ending] = {}
        for track in tracks.values():
            if track.job is not None and track.job.is_finished:
                endings[track.id] = track.job
                yield Seen(job=track.job)
        left = [track for identity, track in tracks.items() if identity not in endings]
        try:
            yield from self._following_left(left, endings, deadline=deadline, now=now)
        except OUTAGES as outage:
            for track in left:
                endings.setdefault(track.id, _about(track, outage))
        return {identity: endings[identity] for identity in tracks}

    def _following_left(
        self,
        left: Sequence[_Track],
        endings: dict[str, Ending],
        *,
        deadline: float,
        now: float,
    ) -> Script[None]:
        """Follow the jobs that are left, and note in `endings` how each of them ended."""
        agenda = _Agenda(max_interval=self._max_interval)
        waiting = len(left)
        for track in left:
            first, at = self._first_decision(track, now, deadline, company=len(left) - 1)
            _announce(track, first, at=at, now=now)
            if first.gives_up:
                endings[track.id] = _too_late(track.job, first.reason)
                waiting -= 1
            else:
                agenda.add(track, first, at=at)
        while agenda:
            due, long_poll, group = agenda.pop(together=self._batches)
            now = yield Sleep(seconds=max(due - now, 0.0))
            long_poll = min(long_poll, _whole(deadline - now))
            for track, finding, at in (
                yield from self._look(group, long_poll=long_poll, deadline=deadline, now=now)
            ):
                outcome = self._outcome(track, finding, deadline, now=at, company=waiting - 1)
                if isinstance(finding, Job):
                    now = yield Seen(job=_deciding(finding, outcome))
                if isinstance(outcome, Decision):
                    agenda.add(track, outcome, at=at)
                else:
                    endings[track.id] = outcome
                    waiting -= 1

    def _look(
        self, group: Sequence[_Track], *, long_poll: int, deadline: float, now: float
    ) -> Script[list[tuple[_Track, Finding, float]]]:
        """Ask about jobs, in one request where that can be; return what was found, and when."""
        if len(group) > 1:
            try:
                return (yield from self._poll_together(group, deadline=deadline))
            except (InvalidRequest, JobNotFound, UnexpectedResponse):
                self._batches = False
                logger.info("the server takes no lists of ids; asking for each by itself")
        findings: list[tuple[_Track, Finding, float]] = []
        for track in group:
            try:
                job, at = yield from self._poll(track, long_poll=long_poll, deadline=deadline)
            except OUTAGES as outage:
                if not (track.alone and isinstance(outage, ServerUnavailable)):
                    raise
                findings.append((track, None, now))
            except TranslationClientError as error:
                findings.append((track, _about(track, error), now))
            else:
                findings.append((track, job, at))
        return findings

    def _poll_together(
        self, group: Sequence[_Track], *, deadline: float
    ) -> Script[list[tuple[_Track, Finding, float]]]:
        """Ask about several jobs in one request; what it says nothing usable about is `None`."""
        ids = ",".join(track.id for track in group)
        request = self._request("GET", "/jobs", query=[("ids", ids)])
        answer, items, lost = yield from self._ask(request, _batch, deadline=deadline)
        findings: list[tuple[_Track, Finding, float]] = []
        for track in group:
            finding: Finding = None
            if track.id in lost:
                finding = JobNotFound(f"job {track.id} is gone", job=track.job)
            elif track.id in items:
                try:
                    finding = self._job_of(items[track.id], answer, before=track.observation)
                    self._take_in(track, finding, answer)
                except _Unreadable:
                    pass
                except UnexpectedResponse as error:
                    finding = error
            findings.append((track, finding, answer.at))
        return findings

    def _outcome(
        self, track: _Track, finding: Finding, deadline: float, *, now: float, company: int
    ) -> Ending | Decision:
        """Return how a job ended, or when to ask about it again."""
        if isinstance(finding, Job):
            track.failures = 0
            if finding.is_finished:
                return finding
            decision = self._decide(track, now, deadline, company=company)
            return _too_late(finding, decision.reason) if decision.gives_up else decision
        if finding is not None:
            return finding
        track.failures += 1
        track.alone = True
        problem = f"no usable answer about job {track.id}"
        if track.failures > self._max_retries:
            return ServerUnavailable(problem, job=track.job)
        left = deadline - now
        if left < DEADLINE_GRAIN:
            return _too_late(track.job, problem)
        return Decision(seconds=min(self._backoff(track.failures), left), reason=problem)

    def _gathering(
        self,
        targets: Iterable[Target],
        *,
        timeout: Timeout,
        now: float,
        return_exceptions: bool = False,
    ) -> Script[dict[str, Ending]]:
        """Follow many jobs; raise `JobsFailed` for those lost, unless asked to return that."""
        endings = yield from self._following_all(targets, timeout=timeout, now=now)
        lost = [ending for ending in endings.values() if not isinstance(ending, Job)]
        if lost and not return_exceptions:
            jobs = {name: ending for name, ending in endings.items() if isinstance(ending, Job)}
            names = [name for name in endings if name not in jobs]
            more = len(names) - MOST_NAMED
            named = ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
            lost_of = f"{len(lost)} of {len(endings)} jobs were lost: {named}"
            raise JobsFailed(lost_of, lost, jobs=jobs)
        return endings


class _Agenda:
    """The jobs still to be asked about, by when that is due."""

    def __init__(self, *, max_interval: float) -> None:
        self._max_interval = max_interval
        self._heap: list[tuple[float, int, Decision, _Track]] = []
        self._entries = 0

    def __bool__(self) -> bool:
        return bool(self._heap)

    def add(self, track: _Track, decision: Decision, *, at: float) -> None:
        self._entries += 1
        heappush(self._heap, (at + decision.seconds, self._entries, decision, track))

    def pop(self, *, together: bool) -> tuple[float, int, list[_Track]]:
        """Take out what to ask about next: when, how long to hold, and which jobs.

        A poll that is due waits a little for others, as little as the most urgent of them bears.
        """
        due, _, decision, track = heappop(self._heap)
        group, characters, until = [track], len(track.id), due + self._bears(decision)
        while together and not track.alone and self._heap and len(group) < BATCH:
            next_due, _, other, track = self._heap[0]
            characters += len(track.id) + 1
            if next_due > until or track.alone or characters > BATCH_CHARACTERS:
                break
            heappop(self._heap)
            group.append(track)
            due, until = next_due, min(until, next_due + self._bears(other))
        return due, decision.long_poll if len(group) == 1 else 0, group

    def _bears(self, decision: Decision) -> float:
        """Return how long a poll may wait for others once it is due."""
        longest = max(GATHERING, decision.seconds * GATHERING_SHARE)
        return max(min(longest, self._max_interval - decision.seconds), 0.0)


def _deciding(job: Job, outcome: object) -> Job:
    """Return the job with what was decided on it, and log that: one line a poll."""
    if not isinstance(outcome, Decision):
        return job
    job = replace(job, next_poll=outcome)
    logger.info("%s", job)
    return job


def _announce(track: _Track, decision: Decision, *, at: float, now: float) -> None:
    """Log how long a wait begins by sleeping, on a job sighted at `at`; nothing before an id's."""
    if track.job is not None:
        left = replace(decision, seconds=max(at + decision.seconds - now, 0.0))
        logger.info("%s", replace(track.job, next_poll=left))


def _about(track: _Track, error: TranslationClientError) -> TranslationClientError:
    """Return the same error, about this job; its words name one of which nothing was seen."""
    words = str(error) if track.job else f"job {track.id}: {error}"
    copy = type(error)(words, job=track.job, detail=error.detail)
    copy.__cause__ = error
    return copy


def _too_late(job: Job | None, why: object) -> PollingTimeout:
    return PollingTimeout(f"gave up waiting for {job or 'the job'}: {why}", job=job)


def _check_timeout(timeout: float | None) -> None:
    if timeout is not None and not timeout >= 0:
        raise ValueError(f"timeout is in seconds, from 0, or None for no end; not {timeout!r}")


def _understood(
    request: Request,
    outcome: Answer | Lost,
    read: Callable[[Answer], T],
    *,
    job: Job | None,
    repeated: bool,
) -> T:
    """Read an answer, or raise what it stands for: `_Again` where asking again may help."""
    if isinstance(outcome, Lost):
        lost = ServerUnavailable(_silence(request, outcome.error), job=job)
        lost.__cause__ = outcome.error
        raise _Again(lost)
    if outcome.status in RETRIED or outcome.status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        kind = RateLimited if outcome.status == TOO_MANY else ServerUnavailable
        problem = _problem(kind, request, outcome, job=job)
        raise _Again(problem, retry_after=_retry_after(outcome) or 0.0)
    gone = outcome.status == http.HTTPStatus.NOT_FOUND
    if gone and repeated and request.method == "DELETE":
        return read(outcome)
    if not outcome.is_success:
        refusal = REFUSALS.get(outcome.status, UnexpectedResponse)
        raise _problem(refusal, request, outcome, job=job)
    try:
        return read(outcome)
    except _Unreadable as error:
        detail = f"unreadable answer: {error}"
        about = f"{request.method} {request.url}: {detail}"
        raise _Again(ServerUnavailable(about, job=job, detail=detail)) from None


def _silence(request: Request, error: Exception) -> str:
    """Return why no answer came to a request, in a sentence, whichever library found out."""
    parts = urlsplit(request.url)
    server = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return f"{server} does not answer{_hindrance(error, timeout=request.timeout)}"


def _hindrance(error: Exception, *, timeout: float) -> str:
    """Return what is at the root of a transport's error, as the end of a sentence."""
    root = error
    for root in _links(error):
        if isinstance(root, ssl.SSLError | socket.gaierror) and root.strerror:
            return f": {root.strerror}"
        if type(root).__module__ == "builtins" and isinstance(root, OSError) and root.errno:
            return f": {os.strerror(root.errno).lower()}"
        if isinstance(root, TimeoutError | requests.Timeout):
            return f" within {timeout:g} s"
        if isinstance(root, ConnectionError | http.client.IncompleteRead):
            return ": the connection was closed too early"
    words = " ".join(str(getattr(root, "message", "") or root).split())
    return f": {type(root).__name__}: {words}".rstrip(".: ")


def _links(error: Exception) -> Iterator[Exception]:
    """Iterate over an exception and what caused it, up to what the caller was handling before."""
    handled, link = sys.exception(), cast("BaseException | None", error)
    while isinstance(link, Exception) and link is not handled:
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _problem(
    kind: type[TranslationClientError], request: Request, answer: Answer, *, job: Job | None
) -> TranslationClientError:
    """Return the exception that tells what an answer says went wrong."""
    about, said = f"{request.method} {request.url}: {answer.status}", _told(answer)
    return kind(f"{about} | {said}", job=job, detail=said) if said else kind(about, job=job)


def _told(answer: Answer) -> str:
    """Return what an answer says went wrong, nothing twice (RFC 9457 where it speaks that)."""
    try:
        problem = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(problem, dict):
        return ""
    said = [str(problem[key]) for key in ("detail", "title") if problem.get(key)][:1]
    errors = problem.get("errors")
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, dict):
            name, detail = error.get("field"), error.get("detail")
            words = f"{name}: {detail}" if name else str(detail)
            if not any(words in before for before in said):
                said.append(words)
    return " | ".join(said)


def _parsed(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise _Unreadable(f"not JSON ({error})") from None


def _batch(answer: Answer) -> tuple[Answer, Mapping[str, object], set[str]]:
    """Return the answer, its jobs by id as parsed JSON, and the ids that it does not know."""
    data = _parsed(answer)
    if not isinstance(data, dict) or not isinstance(data.get("results"), list):
        raise _Unreadable("no list of results in the answer")
    items = {str(item.get("id")): item for item in data["results"] if isinstance(item, dict)}
    lost = data.get("not_found")
    return answer, items, {str(name) for name in lost} if isinstance(lost, list) else set()


def _retry_after(answer: Answer) -> float | None:
    """Return the seconds of a `Retry-After`; a date is read against the answer's own `Date`.

    RFC 9110 §10.2.3. The local clock may be an hour off, so without a `Date` a date says nothing.
    """
    value = answer.headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        until, now = _date(value), _date(answer.headers.get("date"))
        if until is None or now is None:
            return None
        seconds = (until - now).total_seconds()
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _date(value: str | None) -> datetime | None:
    """Return the instant of an HTTP date, or `None` where it is none."""
    try:
        instant = parsedate_to_datetime(value or "")
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _applied_wait(answer: Answer) -> float:
    """Return how many seconds of hold the server says it applied."""
    for preference in answer.headers.get("preference-applied", "").split(","):
        name, _, value = preference.partition("=")
        if name.strip().lower() == "wait" and value.strip().isdecimal():
            return min(float(value), float(answer.long_poll))
    return float(answer.long_poll)


def _without_hold(request: Request, *, timeout: float) -> Request:
    if not request.long_poll:
        return request
    headers = {name: value for name, value in request.headers.items() if name != "Prefer"}
    return replace(request, headers=headers, long_poll=0, timeout=timeout)


def _origin(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port of a web address, `None` of any other; `ValueError` of none."""
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    if usual is None or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, usual if parts.port is None else parts.port


def _is_root(url: str) -> bool:
    """Whether paths can be appended to this address, and requests be sent there."""
    try:
        origin, parts = _origin(url), urlsplit(url)
    except ValueError:
        return False
    reachable = origin is not None and origin[2] > 0
    return reachable and not (parts.query or parts.fragment) and url.split() == [url]


class _AnswerDue:
    """When the answer that is being read has to be there, on `time.monotonic`'s clock."""

    __slots__ = ("at",)

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds

    def extend(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds


_answer_due: ContextVar[_AnswerDue | None] = ContextVar("_answer_due", default=None)


class _BoundedReader(io.RawIOBase):
    """A socket's bytes, as long as the answer is not overdue.

    A socket's own timeout starts anew at every read, so that a server which trickles could keep a
    request going for ever.
    """

    def __init__(self, raw: io.RawIOBase, sock: Any, due: _AnswerDue) -> None:
        self._raw = raw
        self._sock = sock
        self._due = due

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._due.at - time.monotonic()
        if left <= 0.0:
            raise TimeoutError("the whole answer did not come in time")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        due = _answer_due.get()
        if due is not None:
            raw = self.fp.detach()
            self.fp = io.BufferedReader(_BoundedReader(raw, sock, due))


def _bounded(pool: Any) -> Any:
    """Return a class of connection pools like this one that bounds every answer as a whole."""
    made = pool.ConnectionCls
    if getattr(made, "response_class", None) is not http.client.HTTPResponse:
        return pool
    connection = type(made.__name__, (made,), {"response_class": _BoundedResponse})
    return type(pool.__name__, (pool,), {"ConnectionCls": connection})


def _bound_manager(manager: T) -> T:
    """Make the connections that a pool manager is going to open bound answers; return it."""
    if isinstance(manager, urllib3.PoolManager):
        pools = {name: _bounded(pool) for name, pool in manager.pool_classes_by_scheme.items()}
        if pools != manager.pool_classes_by_scheme:
            manager.clear()
            manager.pool_classes_by_scheme = pools
    return manager


PIECE = 2**14
"""Bytes of a body that are read at once."""

MOST_CONNECTIONS = 100
"""Connections kept open for threads that share a client."""


class _PartFile:
    """A file that gets its name once it is whole; until then it ends in `.part`."""

    def __init__(
        self, path: str | Path, on_progress: Callable[[int, int | None], object] | None
    ) -> None:
        self._path = Path(path)
        self._part = self._path.with_name(f"{self._path.name}.part")
        self._on_progress = on_progress
        self._received = 0

    def __enter__(self) -> Self:
        self._file = self._part.open("wb")
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._file.close()
        if error is None:
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)

    def start(self) -> None:
        """Begin anew, as every try of a download does."""
        self._received = 0
        self._file.seek(0)
        self._file.truncate()

    def write(self, piece: bytes, total: int | None) -> None:
        """Append a piece, of a body of `total` bytes, where that was announced."""
        self._file.write(piece)
        self._received += len(piece)
        if self._on_progress is not None:
            self._on_progress(self._received, total)


class _Intake:
    """An answer whose body is coming in, piece by piece, into memory or into the part file."""

    def __init__(self, request: Request, status: int, headers: Mapping[str, str]) -> None:
        self._status = status
        self._hold = request.long_poll
        self._headers = {name.lower(): value for name, value in headers.items()}
        self._body = bytearray()
        self._failure: Exception | None = None
        self._file = request.into if status == http.HTTPStatus.OK else None
        length = self._headers.get("content-length", "")
        encoded = "content-encoding" in self._headers
        self._total = int(length) if length.isdecimal() and not encoded else None
        if self._file is not None:
            self._file.start()

    @property
    def is_file(self) -> bool:
        return self._file is not None

    def take(self, piece: bytes) -> bool:
        """Take a piece in; return whether more is welcome."""
        if self._file is None:
            self._body += piece
            return len(self._body) <= MOST_BYTES
        try:
            self._file.write(piece, self._total)
        except Exception as error:  # noqa: BLE001  # raised again by `answer`, where it is no network error
            self._failure = error
        return self._failure is None

    def answer(self, *, sent_at: float, at: float) -> Answer:
        """Return the answer as taken in, or raise what went wrong with the file."""
        if self._failure is not None:
            raise self._failure
        return Answer(
            status=self._status,
            headers=self._headers,
            body=bytes(self._body),
            long_poll=self._hold,
            sent_at=sent_at,
            at=at,
        )


class TranslationClient(_Client):
    """Follow translation jobs from plain code; safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        min_polling_interval: float = 0.5,
        max_polling_interval: float = 60.0,
        max_retries: int = 5,
        timeout: float | None = 3600.0,
        request_timeout: float = 10.0,
        long_poll: float = 30.0,
        session: requests.Session | None = None,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = random_numbers.random,
        experience: Experience = NO_EXPERIENCE,
    ) -> None:
        super().__init__(
            base_url,
            api_key=api_key,
            min_polling_interval=min_polling_interval,
            max_polling_interval=max_polling_interval,
            max_retries=max_retries,
            timeout=timeout,
            request_timeout=request_timeout,
            long_poll=long_poll,
            clock=clock,
            random=random,
            experience=experience,
        )
        self._owns_session = session is None
        self._session = requests.Session() if session is None else session
        self._sleep = sleep
        if self._owns_session:
            adapter = HTTPAdapter(pool_maxsize=MOST_CONNECTIONS)
            self._session.mount("http://", adapter)
            self._session.mount("https://", adapter)
        _bound(self._session)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the client, and the connections, unless the session was yours."""
        self._closed = True
        if self._owns_session:
            self._session.close()

    def create_job(self, *, idempotency_key: str | None = None, **fields: object) -> Job:
        """Start a job and return it.

        `fields` are the request's: `video_url`, `title`, `target_language`, `simulation`. Without
        an `idempotency_key` a new one is sent; either way a retry never makes a second job.
        """
        return self._run(self._creation(idempotency_key, fields))

    def get_status(self, job_id: Target | None = None) -> Job:
        """Return a job as it stands now, the newest one unless told which: one poll."""
        return self._run(self._status(job_id))

    def wait_for_completion(
        self,
        job: Target | None = None,
        *,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,
    ) -> Job:
        """Wait for a job's end and return it as it ended, `completed` or `error`.

        A `Job` is not asked about before its estimate says so; an id is at once, and so is the
        newest job, if none is named. `on_update` is given every answer. `PollingTimeout` after
        `timeout` seconds (the client's, if left out; `None`: never).
        """
        script = self._waiting(job, timeout=timeout, now=self._clock())
        return self._run(script, on_update=on_update)

    def watch(self, job: Target | None = None, *, timeout: Timeout = ...) -> Iterator[Job]:
        """Iterate over every answer about a job as it comes, the terminal one last."""
        return self._iterate(self._watching(job, timeout=timeout, now=self._clock()))

    def wait_for_all(
        self,
        jobs: Iterable[Target],
        *,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,
        return_exceptions: bool = False,
    ) -> dict[str, Ending]:
        """Wait for many jobs' ends; return them by id, in the order given.

        Polls that fall due together share a request. Jobs that are lost do not stop the others:
        `JobsFailed` names them in the end, or, with `return_exceptions`, the exception stands in
        the job's place.
        """
        script = self._gathering(
            jobs, timeout=timeout, now=self._clock(), return_exceptions=return_exceptions
        )
        return self._run(script, on_update=on_update)

    def as_completed(self, jobs: Iterable[Target], *, timeout: Timeout = ...) -> Iterator[Job]:
        """Iterate over jobs as they end; `JobsFailed` in the end if some were lost."""
        script = self._gathering(jobs, timeout=timeout, now=self._clock())
        return (job for job in self._iterate(script) if job.is_finished)

    def list_jobs(self, **filters: object) -> Iterator[Job]:
        """Iterate over jobs, newest first.

        `filters`: `status`, `target_language`, `limit` (a page's length) and `cursor`.
        """
        return self._iterate(self._listing(filters))

    def cancel(self, job: Target) -> Job:
        """Cancel a job and return it as it ended; `Conflict` where it had ended already."""
        return self._run(self._cancellation(job))

    def delete(self, job: Target) -> None:
        """Delete a job; `JobNotFound` where there is none."""
        self._run(self._deletion(job))

    def download(
        self,
        job: Target,
        path: str | Path,
        on_progress: Callable[[int, int | None], object] | None = None,
    ) -> Path:
        """Write the translated video to `path` and return that; `Conflict` if it is not ready.

        `on_progress` is given the bytes so far and all of them, if known. The file appears once it
        is whole. `request_timeout` bounds the wait for the first piece and for each one after it.
        """
        with _PartFile(path, on_progress) as part:
            self._run(self._downloading(job, part))
        return Path(path)

    def _run(self, script: Script[T], *, on_update: Callable[[Job], object] | None = None) -> T:
        """Carry a script out to its end and return what it returns."""
        if inspect.iscoroutinefunction(on_update):
            raise TypeError("on_update is a coroutine function, which AsyncTranslationClient takes")
        with contextlib.closing(script):
            result: Any = None
            while True:
                try:
                    step = script.send(result)
                except StopIteration as end:
                    return cast("T", end.value)
                if isinstance(step, Seen) and on_update is not None:
                    on_update(step.job)
                result = self._act(step)

    def _iterate(self, script: Script[Any]) -> Iterator[Job]:
        """Carry a script out to its end, yielding the jobs that it shows."""
        with contextlib.closing(script):
            result: Any = None
            while True:
                try:
                    step = script.send(result)
                except StopIteration:
                    return
                if isinstance(step, Seen):
                    yield step.job
                result = self._act(step)

    def _act(self, step: Step) -> Answer | Lost | float:
        if isinstance(step, Request):
            return self._send(step)
        if isinstance(step, Sleep) and step.seconds > 0.0:
            self._sleep(step.seconds)
        return self._clock()

    def _send(self, request: Request) -> Answer | Lost:
        """Send a request and read the answer, both within the request's timeout."""
        self._check_open()
        due = _AnswerDue(request.timeout)
        session = _outsider(self._session) if request.foreign else self._session
        sent_at, token = self._clock(), _answer_due.set(due)
        try:
            with session.request(
                request.method,
                request.url,
                headers=dict(request.headers),
                data=request.body,
                timeout=request.timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                intake = _Intake(request, response.status_code, response.headers)
                for piece in response.iter_content(PIECE):
                    if not intake.take(piece):
                        break
                    if intake.is_file:
                        due.extend(request.timeout)
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
            ValueError,
        ) as error:
            # requests parses a redirect's Location unasked; a broken one is a ValueError.
            return Lost(error=error, sent_at=sent_at, at=self._clock())
        finally:
            _answer_due.reset(token)
        return intake.answer(sent_at=sent_at, at=self._clock())


def _bound(session: requests.Session) -> None:
    """Make a session's connections, also those through proxies, bound answers as a whole."""
    for adapter in session.adapters.values():
        _bound_manager(getattr(adapter, "poolmanager", None))
        if isinstance(adapter, HTTPAdapter) and "proxy_manager_for" not in vars(adapter):
            made = adapter.proxy_manager_for
            vars(adapter)["proxy_manager_for"] = partial(_through_proxy, made)


def _through_proxy(made: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Return the pool manager that an adapter has made for a proxy, bounded."""
    return _bound_manager(made(*args, **kwargs))


def _outsider(session: requests.Session) -> requests.Session:
    """Return a session with the same way out, and none of the headers, cookies and credentials."""
    outsider = requests.Session()
    outsider.adapters = session.adapters
    outsider.proxies, outsider.verify = session.proxies, session.verify
    outsider.trust_env = session.trust_env
    return outsider


class AsyncTranslationClient(_Client):
    """Follow translation jobs from a coroutine: `TranslationClient`, awaited."""

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        min_polling_interval: float = 0.5,
        max_polling_interval: float = 60.0,
        max_retries: int = 5,
        timeout: float | None = 3600.0,
        request_timeout: float = 10.0,
        long_poll: float = 30.0,
        session: aiohttp.ClientSession | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = random_numbers.random,
        experience: Experience = NO_EXPERIENCE,
    ) -> None:
        super().__init__(
            base_url,
            api_key=api_key,
            min_polling_interval=min_polling_interval,
            max_polling_interval=max_polling_interval,
            max_retries=max_retries,
            timeout=timeout,
            request_timeout=request_timeout,
            long_poll=long_poll,
            clock=clock,
            random=random,
            experience=experience,
        )
        if importlib.util.find_spec("aiohttp") is None:
            raise ImportError(
                "AsyncTranslationClient needs aiohttp, which is not installed: pip install aiohttp"
            )
        self._owns_session = session is None
        self._session = session
        self._sleep = sleep

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the client, and the connections, unless the session was yours."""
        self._closed = True
        if self._owns_session and self._session is not None:
            await self._session.close()
            self._session = None

    async def create_job(self, *, idempotency_key: str | None = None, **fields: object) -> Job:
        """Start a job and return it; as `TranslationClient.create_job`."""
        return await self._run(self._creation(idempotency_key, fields))

    async def get_status(self, job_id: Target | None = None) -> Job:
        """Return a job as it stands now; as `TranslationClient.get_status`."""
        return await self._run(self._status(job_id))

    async def wait_for_completion(
        self,
        job: Target | None = None,
        *,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,  # noqa: ASYNC109  # the deadline shapes the polls
    ) -> Job:
        """Wait for a job's end; as `TranslationClient.wait_for_completion`.

        `on_update` may be a coroutine function.
        """
        script = self._waiting(job, timeout=timeout, now=self._clock())
        return await self._run(script, on_update=on_update)

    def watch(self, job: Target | None = None, *, timeout: Timeout = ...) -> AsyncIterator[Job]:
        """Iterate over every answer about a job; as `TranslationClient.watch`."""
        return self._iterate(self._watching(job, timeout=timeout, now=self._clock()))

    async def wait_for_all(
        self,
        jobs: Iterable[Target],
        *,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,  # noqa: ASYNC109  # the deadline shapes the polls
        return_exceptions: bool = False,
    ) -> dict[str, Ending]:
        """Wait for many jobs' ends; as `TranslationClient.wait_for_all`."""
        script = self._gathering(
            jobs, timeout=timeout, now=self._clock(), return_exceptions=return_exceptions
        )
        return await self._run(script, on_update=on_update)

    async def as_completed(
        self,
        jobs: Iterable[Target],
        *,
        timeout: Timeout = ...,  # noqa: ASYNC109  # the deadline shapes the polls
    ) -> AsyncIterator[Job]:
        """Iterate over jobs as they end; as `TranslationClient.as_completed`."""
        script = self._gathering(jobs, timeout=timeout, now=self._clock())
        async with contextlib.aclosing(self._iterate(script)) as shown:
            async for job in shown:
                if job.is_finished:
                    yield job

    def list_jobs(self, **filters: object) -> AsyncIterator[Job]:
        """Iterate over jobs, newest first; as `TranslationClient.list_jobs`."""
        return self._iterate(self._listing(filters))

    async def cancel(self, job: Target) -> Job:
        """Cancel a job; as `TranslationClient.cancel`."""
        return await self._run(self._cancellation(job))

    async def delete(self, job: Target) -> None:
        """Delete a job; as `TranslationClient.delete`."""
        await self._run(self._deletion(job))

    async def download(
        self,
        job: Target,
        path: str | Path,
        on_progress: Callable[[int, int | None], object] | None = None,
    ) -> Path:
        """Write the translated video to `path`; as `TranslationClient.download`."""
        with _PartFile(path, on_progress) as part:
            await self._run(self._downloading(job, part))
        return Path(path)

    async def _run(
        self, script: Script[T], *, on_update: Callable[[Job], object] | None = None
    ) -> T:
        """Carry a script out to its end and return what it returns."""
        with contextlib.closing(script):
            result: Any = None
            while True:
                try:
                    step = script.send(result)
                except StopIteration as end:
                    return cast("T", end.value)
                if isinstance(step, Seen) and on_update is not None:
                    shown = on_update(step.job)
                    if inspect.isawaitable(shown):
                        await shown
                result = await self._act(step)

    async def _iterate(self, script: Script[Any]) -> AsyncGenerator[Job]:
        """Carry a script out to its end, yielding the jobs that it shows."""
        with contextlib.closing(script):
            result: Any = None
            while True:
                try:
                    step = script.send(result)
                except StopIteration:
                    return
                if isinstance(step, Seen):
                    yield step.job
                result = await self._act(step)

    async def _act(self, step: Step) -> Answer | Lost | float:
        if isinstance(step, Request):
            return await self._send(step)
        if isinstance(step, Sleep) and step.seconds > 0.0:
            await self._sleep(step.seconds)
        return self._clock()

    async def _send(self, request: Request) -> Answer | Lost:
        """Send a request and read the answer, both within the request's timeout."""
        self._check_open()
        import aiohttp  # noqa: PLC0415  # only whoever awaits needs it
        import yarl  # noqa: PLC0415

        sent_at = self._clock()
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=True)
            if hasattr(self._session, "_retry_connection"):
                # Left alone, aiohttp repeats requests that this client counts and spaces.
                self._session._retry_connection = False  # noqa: SLF001
        async with contextlib.AsyncExitStack() as stack:
            session = self._session
            if request.foreign:
                session = aiohttp.ClientSession(
                    connector=session.connector,
                    connector_owner=False,
                    trust_env=session.trust_env,
                )
                await stack.enter_async_context(session)
            try:
                async with (
                    asyncio.timeout(request.timeout) as due,
                    session.request(
                        request.method,
                        yarl.URL(request.url, encoded=True),
                        headers=request.headers,
                        data=request.body,
                        timeout=aiohttp.ClientTimeout(total=None),
                        allow_redirects=False,
                    ) as response,
                ):
                    intake = _Intake(request, response.status, response.headers)
                    async for piece in response.content.iter_chunked(PIECE):
                        if not intake.take(piece):
                            break
                        if intake.is_file:
                            due.reschedule(asyncio.get_running_loop().time() + request.timeout)
            except (aiohttp.ClientError, OSError) as error:
                return Lost(error=error, sent_at=sent_at, at=self._clock())
        return intake.answer(sent_at=sent_at, at=self._clock())
