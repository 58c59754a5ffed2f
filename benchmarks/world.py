"""Jobs and a server that estimates their ends, on a virtual clock that jumps."""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import parse_qs, urlsplit

from client import TranslationClient

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import requests

ROUND_TRIP = 0.05
"""Seconds from sending a request to its response; the server acts half-way."""

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
MEDIAN_LENGTH = 240.0
"""Seconds of the videos."""

TENTH, NINETIETH = math.exp(-1.2816), math.exp(1.2816)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """How long jobs take, and how wrong the server's estimates are.

    `median` (seconds) and `sigma` describe lognormal durations. `error` is the standard deviation
    of ln(true/estimate), of which 80 % is constant for a job and 60 % differs between responses.
    `bias` multiplies the estimates; `estimate` is "noisy", "none" or "zero". The logarithm of the
    videos' lengths has the standard deviation `length_sigma`, and that of the durations changes by
    `slope` times as much; `sigma` is the standard deviation for a given length. `knows_length`
    says whether the client knows the length, `sends_times` whether the server says when a job was
    created and when it ended. There are jobs of so many `languages`, whose effects on the logarithm
    of the duration are quantiles of a normal distribution with the standard deviation
    `language_sigma`; `knows_language` says whether the client knows a job's language.
    """

    name: str
    median: float = 60.0
    sigma: float = 0.8
    error: float = 0.3
    bias: float = 1.0
    estimate: str = "noisy"
    sends_range: bool = True
    length_sigma: float = 0.0
    slope: float = 1.0
    knows_length: bool = False
    sends_times: bool = True
    languages: int = 0
    language_sigma: float = 0.0
    knows_language: bool = True


class SimulatedJob:
    """A job whose end is known in advance, and the server's estimates of it."""

    def __init__(self, cell: Cell, *, seed: int, created_at: float = 0.0) -> None:
        self._random = random.Random(f"{cell.median} {cell.sigma} {seed}")
        self._cell = cell
        self.created_at = created_at
        self.duration = cell.median * math.exp(cell.sigma * self._random.gauss(0.0, 1.0))
        self._initial_error = self._random.gauss(0.0, 1.0)
        length = cell.length_sigma * self._random.gauss(0.0, 1.0) if cell.length_sigma else 0.0
        self.video_duration = MEDIAN_LENGTH * math.exp(length)
        self.duration *= math.exp(cell.slope * length)
        self.language: str | None = None
        if cell.languages:
            language = self._random.randrange(cell.languages)
            place = NormalDist().inv_cdf((language + 0.5) / cell.languages)
            self.duration *= math.exp(cell.language_sigma * place)
            self.language = f"Language {language}" if cell.knows_language else None
        self.ends_at = created_at + self.duration

    def estimate(self, now: float) -> float | None:
        """Return the server's estimate of the seconds left, a different one every time."""
        if self._cell.estimate == "none":
            return None
        if self._cell.estimate == "zero":
            return 0.0
        off = 0.8 * self._initial_error + 0.6 * self._random.gauss(0.0, 1.0)
        return self._cell.bias * max(self.ends_at - now, 0.0) * math.exp(self._cell.error * off)

    def document(self, now: float) -> dict[str, object]:
        """Return the job's document at an instant, without its id."""
        if not self._cell.sends_times:
            return {"status": "completed" if now >= self.ends_at else "pending"}
        if now >= self.ends_at:
            return {
                "status": "completed",
                "created_at": _stamp(self.created_at),
                "finished_at": _stamp(self.ends_at),
            }
        estimate = self.estimate(now)
        estimate_range = None
        if estimate is not None and self._cell.sends_range and self._cell.estimate == "noisy":
            error = self._cell.error
            estimate_range = [estimate * TENTH**error, estimate * NINETIETH**error]
        return {
            "status": "pending",
            "created_at": _stamp(self.created_at),
            "estimated_time_remaining": estimate,
            "estimated_time_remaining_range": estimate_range,
        }


def _stamp(at: float) -> str:
    return (BEGINNING + timedelta(seconds=at)).isoformat()


class Clock:
    """A clock that advances only by sleeps and round trips."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0.0)


@dataclass(slots=True)
class VirtualResponse:
    """As much of a `requests.Response` as the client reads."""

    status_code: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def iter_content(self, _size: int) -> Iterator[bytes]:
        yield self.body


class VirtualServer:
    """A server of simulated jobs in place of a `requests.Session`.

    `requests`, `polls` and `long_poll_seconds` are totals; `seed` is that of the next job.
    """

    adapters: Mapping[str, object] = {}

    def __init__(self, cell: Cell, clock: Clock) -> None:
        self.cell = cell
        self.clock = clock
        self.jobs: dict[str, SimulatedJob] = {}
        self.requests = 0
        self.polls = 0
        self.long_poll_seconds = 0.0
        self.seed = 0

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], **_: Any
    ) -> VirtualResponse:
        """Return the response of the API after a round trip."""
        self.clock.sleep(ROUND_TRIP / 2)
        self.requests += 1
        parts = urlsplit(url)
        headers_sent: dict[str, str] = {}
        if method == "POST":
            name = str(self.seed)
            self.jobs[name] = SimulatedJob(self.cell, seed=self.seed, created_at=self.clock.now)
            document: object = self._document(name)
        elif parts.query:
            names = parse_qs(parts.query)["ids"][0].split(",")
            self.polls += len(names)
            document = {"results": [self._document(name) for name in names], "not_found": []}
        else:
            name = parts.path.rpartition("/")[2]
            self.polls += 1
            if wait := headers.get("Prefer", "").removeprefix("wait="):
                headers_sent["Preference-Applied"] = f"wait={wait}"
                left = min(self.jobs[name].ends_at - self.clock.now, float(wait))
                self.long_poll_seconds += max(left, 0.0)
                self.clock.sleep(left)
            document = self._document(name)
        self.clock.sleep(ROUND_TRIP / 2)
        return VirtualResponse(200, json.dumps(document).encode(), headers_sent)

    def _document(self, name: str) -> dict[str, object]:
        job = self.jobs[name]
        return {"id": name, "target_language": job.language, **job.document(self.clock.now)}


def create_and_wait(client: TranslationClient, server: VirtualServer) -> str:
    """Create the server's next job, follow it to its end, and return its id."""
    length = SimulatedJob(server.cell, seed=server.seed).video_duration
    job = client.create_job(video_duration=length if server.cell.knows_length else None)
    return client.wait_for_completion(job).id


def virtual_client(server: VirtualServer, **options: Any) -> TranslationClient:
    """Return the real client, connected to the virtual server and its clock."""
    return TranslationClient(
        "http://virtual",
        session=cast("requests.Session", server),
        sleep=server.clock.sleep,
        clock=server.clock,
        random=random.Random(1).random,
        timeout=None,
        **options,
    )
