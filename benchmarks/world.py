"""A world on a virtual clock: jobs, a server that guesses when they end, and time that jumps."""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import parse_qs, urlsplit

from client import TranslationClient

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import requests

ROUND_TRIP = 0.05
"""Seconds from sending a request to having its answer; the server acts half-way."""

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
TENTH, NINETIETH = math.exp(-1.2816), math.exp(1.2816)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One kind of world: how long jobs take and how the server's estimates err.

    `error` is the standard deviation of ln(true/estimate): 80 % of it one misjudgement a job, 60 %
    fresh at every answer. `bias` multiplies the estimates; `estimate` is "noisy", "none" or "zero".
    """

    name: str
    median: float = 60.0
    sigma: float = 0.8
    error: float = 0.3
    bias: float = 1.0
    estimate: str = "noisy"
    sends_range: bool = True


class SimulatedJob:
    """A job with an end written in advance, and the server's guesses at it."""

    def __init__(self, cell: Cell, *, seed: int, created_at: float = 0.0) -> None:
        self._random = random.Random(f"{cell.median} {cell.sigma} {seed}")
        self._cell = cell
        self.created_at = created_at
        self.duration = cell.median * math.exp(cell.sigma * self._random.gauss(0.0, 1.0))
        self.ends_at = created_at + self.duration
        self._misjudgement = self._random.gauss(0.0, 1.0)

    def estimate(self, now: float) -> float | None:
        """Return the server's guess at the seconds left; a fresh one every time."""
        if self._cell.estimate == "none":
            return None
        if self._cell.estimate == "zero":
            return 0.0
        off = 0.8 * self._misjudgement + 0.6 * self._random.gauss(0.0, 1.0)
        return self._cell.bias * max(self.ends_at - now, 0.0) * math.exp(self._cell.error * off)

    def shown(self, now: float) -> dict[str, object]:
        """Return the job's JSON at an instant, without its id."""
        if now >= self.ends_at:
            return {
                "status": "completed",
                "created_at": _stamp(self.created_at),
                "finished_at": _stamp(self.ends_at),
            }
        estimate = self.estimate(now)
        band = None
        if estimate is not None and self._cell.sends_range and self._cell.estimate == "noisy":
            error = self._cell.error
            band = [estimate * TENTH**error, estimate * NINETIETH**error]
        return {
            "status": "pending",
            "created_at": _stamp(self.created_at),
            "estimated_time_remaining": estimate,
            "estimated_time_remaining_range": band,
        }


def _stamp(at: float) -> str:
    return (BEGINNING + timedelta(seconds=at)).isoformat()


class Clock:
    """Time that passes only when somebody sleeps or a request travels."""

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
    """A server of simulated jobs that stands in for a `requests.Session`, in no time."""

    adapters: Mapping[str, object] = {}

    def __init__(self, cell: Cell, clock: Clock) -> None:
        self.cell = cell
        self.clock = clock
        self.jobs: dict[str, SimulatedJob] = {}
        self.requests = 0
        self.polls = 0
        self.held = 0.0
        self.seed = 0

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], **_: Any
    ) -> VirtualResponse:
        """Answer as the API does, half a round trip from now, and take as long again to say so."""
        self.clock.sleep(ROUND_TRIP / 2)
        self.requests += 1
        parts = urlsplit(url)
        sent: dict[str, str] = {}
        if method == "POST":
            name = str(self.seed)
            self.jobs[name] = SimulatedJob(self.cell, seed=self.seed, created_at=self.clock.now)
            found: object = self._shown(name)
        elif parts.query:
            names = parse_qs(parts.query)["ids"][0].split(",")
            self.polls += len(names)
            found = {"results": [self._shown(name) for name in names], "not_found": []}
        else:
            name = parts.path.rpartition("/")[2]
            self.polls += 1
            if wait := headers.get("Prefer", "").removeprefix("wait="):
                sent["Preference-Applied"] = f"wait={wait}"
                left = min(self.jobs[name].ends_at - self.clock.now, float(wait))
                self.held += max(left, 0.0)
                self.clock.sleep(left)
            found = self._shown(name)
        self.clock.sleep(ROUND_TRIP / 2)
        return VirtualResponse(200, json.dumps(found).encode(), sent)

    def _shown(self, name: str) -> dict[str, object]:
        return {"id": name, **self.jobs[name].shown(self.clock.now)}


def virtual_client(server: VirtualServer, **options: Any) -> TranslationClient:
    """Return the real client, on the virtual clock, before the virtual server."""
    return TranslationClient(
        "http://virtual",
        session=cast("requests.Session", server),
        sleep=server.clock.sleep,
        clock=server.clock,
        random=random.Random(1).random,
        timeout=None,
        **options,
    )
