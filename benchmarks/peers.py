"""How other clients wait: the packages themselves if they can be driven, or their formulas."""

from __future__ import annotations

import logging
import math
import random
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import backoff
import stamina
import tenacity
from azure.core.polling.base_polling import LongRunningOperation, LROBasePolling
from botocore.waiter import SingleWaiterConfig, Waiter
from google.api_core.future.polling import PollingFuture

from benchmarks.world import ROUND_TRIP, Clock, SimulatedJob

if TYPE_CHECKING:
    from collections.abc import Callable

for noisy in ("backoff", "stamina", "azure", "google.api_core"):
    logging.getLogger(noisy).setLevel(logging.ERROR)
stamina.instrumentation.set_on_retry_hooks([])


class GivenUp(Exception):
    """The peer stopped waiting before the job had ended."""


class Follower:
    """One job that a peer polls, on a virtual clock."""

    def __init__(self, job: SimulatedJob, clock: Clock, chance: random.Random) -> None:
        self.job = job
        self.clock = clock
        self.random = chance
        self.polls = 0
        self.first_estimate = self.estimate = job.estimate(clock.now)
        clock.sleep(ROUND_TRIP / 2)
        self.started_at = clock.now

    @property
    def elapsed(self) -> float:
        return self.clock.now - self.started_at

    def ended(self) -> bool:
        """Poll once and return whether the job had ended."""
        self.polls += 1
        self.clock.sleep(ROUND_TRIP / 2)
        done = self.clock.now >= self.job.ends_at
        if not done:
            self.estimate = self.job.estimate(self.clock.now)
        self.clock.sleep(ROUND_TRIP / 2)
        return done


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A client to compare with: `follow` polls a `Follower` to its end, or raises any exception.

    `is_package` is true if the package's own code runs, `reads_estimate` if the peer uses the
    server's estimate, `is_unbounded` if it may sleep for hours.
    """

    name: str
    follow: Callable[[Follower], object]
    is_package: bool = False
    reads_estimate: bool = False
    is_unbounded: bool = False


def _formula(
    sleep: Callable[[Follower, int], float],
    *,
    at_once: bool = False,
    polls: float = math.inf,
    seconds: float = math.inf,
) -> Callable[[Follower], None]:
    """Return a function that follows a job with sleeps from a formula.

    The formula gets the job and the number of polls so far at which it was pending.
    """

    def follow(job: Follower) -> None:
        pending_polls = 0
        if at_once:
            if job.ended():
                return
            pending_polls = 1
        while pending_polls < polls and job.elapsed < seconds:
            job.clock.sleep(sleep(job, pending_polls))
            if job.ended():
                return
            pending_polls += 1
        raise GivenUp

    return follow


def _clamped(lowest: float, highest: float) -> Callable[[Follower, int], float]:
    def sleep(job: Follower, _pending_polls: int) -> float:
        estimate = lowest if job.estimate is None else job.estimate
        return min(max(estimate, lowest), highest)

    return sleep


class _AzureOperation(LongRunningOperation[Any, Any]):
    def can_poll(self, _response: Any) -> bool:
        return True

    def get_polling_url(self) -> str:
        return ""

    def set_initial_status(self, _response: Any) -> str:
        return "InProgress"

    def get_status(self, response: Any) -> str:
        return str(response.http_response.status)

    def get_final_get_url(self, _response: Any) -> None:
        return None


class _AzurePolling(LROBasePolling[Any, Any, Any]):
    """azure-core's polling, whose requests poll a `Follower`."""

    def __init__(self, job: Follower, *, retry_after: bool) -> None:
        super().__init__(lro_algorithms=[_AzureOperation()])
        self._job = job
        self._retry_after = retry_after
        transport = SimpleNamespace(sleep=job.clock.sleep)
        client: Any = SimpleNamespace(_pipeline=SimpleNamespace(_transport=transport))
        self.initialize(client, self._response("InProgress"), lambda response: response)

    def _response(self, status: str) -> Any:
        headers = {}
        if self._retry_after and self._job.estimate is not None:
            headers["Retry-After"] = str(math.ceil(self._job.estimate))
        request = SimpleNamespace(method="GET")
        return SimpleNamespace(
            http_response=SimpleNamespace(
                status=status, status_code=200, headers=headers, request=request
            )
        )

    def request_status(self, *_: Any, **__: Any) -> Any:
        return self._response("Succeeded" if self._job.ended() else "InProgress")


class _GoogleFuture(PollingFuture):
    """google-api-core's future, which polls a `Follower`."""

    def __init__(self, job: Follower) -> None:
        super().__init__()
        self._job = job

    def done(self, retry: Any = None) -> bool:
        if self._result_set:
            return True
        if self._job.ended():
            self.set_result(True)
        return bool(self._result_set)

    def cancel(self) -> bool:
        return False

    def cancelled(self) -> bool:
        return False


def _botocore(job: Follower) -> None:
    accept = {"matcher": "path", "argument": "done", "expected": True, "state": "success"}
    config = SingleWaiterConfig(
        {"operation": "poll", "delay": 15, "maxAttempts": 40, "acceptors": [accept]}
    )
    Waiter("ended", config, lambda **_: {"done": job.ended()}).wait()


def _tenacity(wait: Any) -> Callable[[Follower], object]:
    def follow(job: Follower) -> object:
        retrying = tenacity.Retrying(
            wait=wait, retry=tenacity.retry_if_result(lambda done: not done), sleep=job.clock.sleep
        )
        return retrying(job.ended)

    return follow


def _backoff_expo(job: Follower) -> None:
    backoff.on_predicate(backoff.expo, logger=None)(job.ended)()


def _stamina(job: Follower) -> None:
    def poll() -> None:
        if not job.ended():
            raise GivenUp

    stamina.retry(on=GivenUp)(poll)()


PEERS = (
    Peer(
        name="azure-core, Retry-After = estimate",
        is_unbounded=True,
        follow=lambda job: _AzurePolling(job, retry_after=True).run(),
        is_package=True,
        reads_estimate=True,
    ),
    Peer(
        name="azure-core, its own 30 s",
        follow=lambda job: _AzurePolling(job, retry_after=False).run(),
        is_package=True,
    ),
    Peer(
        name="google-api-core",
        follow=lambda job: _GoogleFuture(job).result(),
        is_package=True,
    ),
    Peer(name="botocore waiter, 15 s", follow=_botocore, is_package=True),
    Peer(
        name="tenacity, fixed 1 s",
        follow=_tenacity(tenacity.wait_fixed(1)),
        is_package=True,
    ),
    Peer(
        name="tenacity, exponential to 60 s",
        follow=_tenacity(tenacity.wait_exponential(max=60)),
        is_package=True,
    ),
    Peer(
        name="tenacity, random exponential to 60 s",
        follow=_tenacity(tenacity.wait_random_exponential(max=60)),
        is_package=True,
    ),
    Peer(name="backoff, expo, full jitter", follow=_backoff_expo, is_package=True),
    Peer(name="stamina", follow=_stamina, is_package=True),
    Peer(
        name="Smithy waiter, 2 to 120 s",
        follow=_formula(
            lambda job, n: job.random.uniform(2, min(120, 2 * 2 ** (min(n, 10) - 1))), at_once=True
        ),
    ),
    Peer(name="every 10 s", follow=_formula(lambda _job, _n: 10.0)),
    Peer(name="every 12.9 s, the best fixed", follow=_formula(lambda _job, _n: 12.9)),
    Peer(name="every 5 s (deepl since 1.15)", follow=_formula(lambda _job, _n: 5.0)),
    Peer(name="every 0.5 s (replicate, celery)", follow=_formula(lambda _job, _n: 0.5)),
    Peer(name="every 0.1 s (fal)", follow=_formula(lambda _job, _n: 0.1)),
    Peer(
        name="the first estimate for ever (openai)",
        is_unbounded=True,
        follow=_formula(lambda job, _n: max(job.first_estimate or 1.0, 0.1)),
        reads_estimate=True,
    ),
    Peer(
        name="clamp(estimate / 2 + 1, 1, 60) (deepl to 1.14)",
        follow=_formula(lambda job, _n: min(max((job.estimate or 0.0) / 2 + 1, 1.0), 60.0)),
        reads_estimate=True,
    ),
    Peer(
        name="0.5 · 2^k to 30 s, jittered, 300 s at most",
        follow=_formula(
            lambda job, n: min(0.5 * 2.0 ** min(n, 10), 30.0) * job.random.uniform(0.5, 1.0),
            polls=15,
            seconds=300.0,
        ),
    ),
    Peer(
        name="clamp(estimate, 1, 10), 15 polls",
        follow=_formula(_clamped(1.0, 10.0), polls=15),
        reads_estimate=True,
    ),
    Peer(
        name="clamp(estimate, 0.5, 60)", follow=_formula(_clamped(0.5, 60.0)), reads_estimate=True
    ),
    Peer(
        name="clamp(estimate, 0.5, 300)",
        is_unbounded=True,
        follow=_formula(_clamped(0.5, 300.0)),
        reads_estimate=True,
    ),
)


def follow(peer: Peer, job: SimulatedJob, *, seed: int) -> tuple[int, float, bool]:
    """Let a peer follow a job; return its polls, its delay in seconds, and whether it gave up."""
    clock = Clock()
    random.seed(seed)
    follower = Follower(job, clock, random.Random(seed))
    with patch("time.sleep", clock.sleep), patch("time.monotonic", clock):
        try:
            peer.follow(follower)
        except Exception:  # noqa: BLE001  # each package raises its own
            return follower.polls, 0.0, True
    return follower.polls, clock.now - job.ends_at, False
