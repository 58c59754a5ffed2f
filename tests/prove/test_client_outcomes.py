"""Whether the project's clients reach the right end in every scenario and despite every fault."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from typing import Any, Final

import pytest

from heygen_video_translation.client import (
    AuthenticationFailed,
    InvalidWebhook,
    JobNotFound,
    PollingTimeout,
    RateLimited,
    ServerUnavailable,
    TranslationClientError,
    UnexpectedResponse,
)
from heygen_video_translation.testing import TranslationSimulator
from tests.client.conftest import Awaiting, AwaitingHttpx, AwaitingTrio, Blocking
from tests.prove.scenarios import CREATING
from tests.server_fixtures import ServerPair
from tests.server_processes import Server
from tests.server_workspaces import ServerWorkspace
from vid_trans_api.simulation.faults import Fault, can_apply, parameters_of
from vid_trans_api.snapshots import Operation

TIMEOUT: Final = 400.0
"""Seconds of the workspace's time after which a client gives up; all jobs that end take less."""

LONGEST_RETRY_AFTER: Final = 60.0
"""A client that would have to wait this long past its deadline gives up at once."""

REQUEST_TIMEOUT: Final = 3.0
"""Real seconds until a client gives up a request."""

ENDS: Final = {
    **dict.fromkeys(("fail", "fail-late", "bad-url", "bad-audio"), "error"),
    "stuck": PollingTimeout,
    "lost": JobNotFound,
}
"""The ends of scenarios whose jobs do not complete."""

MAY_HAVE_NO_NOTICED_END: Final = ("stuck", "lost")

SPEED: Final = 60

NEEDED: Final = {"video_url": "https://example.com/talk.mp4", "target_language": "French"}
"""What HeyGen's API requires."""

DIALECTS: Final = ("native", "heygen", "heygen-v2")

Kind = type[Blocking] | type[Awaiting]

KINDS: Final[tuple[Kind, ...]] = (Blocking, Awaiting, AwaitingHttpx, AwaitingTrio)
"""The client with requests, aiohttp, httpx in asyncio, and httpx in trio."""


class FrozenTime:
    """The time of a workspace; only the client's sleep advances it."""

    def __init__(self, server: Server) -> None:
        self.workspace = ServerWorkspace(server, freeze=True)
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.workspace.set_clock(advance=max(0.0, seconds))
        self.now += max(0.0, seconds)


class SimulatorTime:
    """The time of a simulator's workspace; the sleep delivers the webhooks that fall due."""

    def __init__(self, simulator: TranslationSimulator) -> None:
        self.simulator = simulator

    def __call__(self) -> float:
        return self.simulator.clock()

    def sleep(self, seconds: float) -> None:
        self.simulator.advance(max(0.0, seconds), settle=True)


class FastTime(FrozenTime):
    """The time of a workspace in which a minute takes a second."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.workspace.set_clock(speed=SPEED)

    def __call__(self) -> float:
        return time.monotonic() * SPEED

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / SPEED)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A job, and how it must end for a client: a status or an error."""

    name: str
    fields: dict[str, Any]
    end: object


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a client reached in a case."""

    case: str
    kind: str
    end: object
    jobs: int
    """How many jobs the client created."""


def scenario(name: str, *, by_url: bool = False) -> Case:
    """Return the case of a scenario, chosen by the simulation options or by the URL."""
    # Every request of slowpoke is slow; with an exact estimate it takes few.
    exact = name == "slowpoke"
    fields: dict[str, Any]
    if by_url:
        query = "?estimate=exact" if exact else ""
        fields = {"video_url": f"https://sim.test/{name}.mp4{query}"}
    else:
        fields = {"simulation": {"scenario": name} | ({"estimate": "exact"} if exact else {})}
    return Case(name=name, fields=fields, end=ENDS.get(name, "completed"))


def faulty(on: str, fault: int | Fault, *, end: object = "completed", **when: Any) -> Case:
    """Return the case of a job of which some requests have a fault, by default the first two."""
    values = {"seconds": 1.2 * REQUEST_TIMEOUT, "status": 200, "retry_after": 3}
    rule = {name: values[name] for name in parameters_of(fault)} | (when or {"times": 2})
    early = {"noise": 0, "bias": 0.3, "profile": "countdown"}  # lets clients poll early
    simulation = {
        "duration": 120,
        "outcome": "completed",
        "estimate": early,
        "faults": [{"on": on, "fault": fault, **rule}],
    }
    name = f"{fault} on {on} {when}"
    return Case(name=name, fields={"simulation": simulation}, end=end)


def follow(case: Case, kind: Kind, workspace_time: FrozenTime, **options: Any) -> Outcome:
    """Let a client create a job and wait for its end."""
    workspace = workspace_time.workspace
    client = kind(
        workspace.server, workspace_time, api_key=workspace.key, random=lambda: 0.5, **options
    )
    started_at = workspace_time()
    end: object
    with closing(client):
        try:
            job = client.call("create_job", **NEEDED | case.fields)
            end = client.call("wait_for_completion", job).status
        except TranslationClientError as error:
            end = type(error)
            if isinstance(error, PollingTimeout):
                waited = workspace_time() - started_at
                assert TIMEOUT - LONGEST_RETRY_AFTER <= waited <= TIMEOUT
    jobs = len(workspace.request("GET", "/jobs").document["results"])
    return Outcome(case=case.name, kind=kind.__name__, end=end, jobs=jobs)


def follow_all(
    runs: Sequence[tuple[Case, Kind]], times: Sequence[FrozenTime], **options: Any
) -> list[Outcome]:
    """Let clients follow the jobs of these cases at once, each in a workspace of its own."""
    with ThreadPoolExecutor(32) as threads:
        following = [
            threads.submit(follow, case, kind, workspace_time, **options)
            for (case, kind), workspace_time in zip(runs, times, strict=True)
        ]
        return [each.result() for each in following]


def expected(runs: Sequence[tuple[Case, Kind]]) -> list[Outcome]:
    return [
        Outcome(case=case.name, kind=kind.__name__, end=case.end, jobs=1) for case, kind in runs
    ]


def by_all_kinds(cases: Sequence[Case]) -> list[tuple[Case, Kind]]:
    return [(case, kind) for case in cases for kind in KINDS]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_clients_reach_the_end_of_every_scenario_without_violations(
    servers: ServerPair, dialect: str
) -> None:
    runs: list[tuple[Case, Kind]] = []
    for name in reversed(CREATING):
        runs += [(scenario(name, by_url=kind is not Blocking), kind) for kind in KINDS]
    times = [FrozenTime(servers.production) for _ in runs]

    outcomes = follow_all(
        runs, times, dialect=dialect, long_poll=0, timeout=TIMEOUT, request_timeout=5.0
    )

    assert outcomes == expected(runs)
    for (case, _), workspace_time in zip(runs, times, strict=True):
        report = workspace_time.workspace.report()
        assert (case.name, report["verdict"]["violations"]) == (case.name, [])
        assert report["scenarios"] == [case.name]
        is_noticed = bool(report["verdict"]["noticed_after"])
        assert is_noticed or case.name in MAY_HAVE_NO_NOTICED_END


def follow_with_webhooks(name: str, kind: Kind, *, server: Server, dialect: str) -> object:
    """Let a client that gets webhooks follow a job; return how it ended, and the violations."""
    with TranslationSimulator(server.url, seed=1) as simulator:
        client = kind(
            server,
            SimulatorTime(simulator),
            api_key=simulator.api_key,
            dialect=dialect,
            webhooks=True,
            random=lambda: 0.5,
            long_poll=0,
            timeout=TIMEOUT,
            request_timeout=5.0,
        )

        def receive(headers: Mapping[str, str], body: bytes) -> int:
            try:
                client.client.receive(headers, body, secret=receiver.secret)
            except InvalidWebhook:
                return 400
            return 204

        query = "webhooks=duplicate,forged,malformed&estimate=exact"
        webhooks = simulator.webhooks.receiver(
            receive, kind="standard" if dialect == "native" else "heygen"
        )
        with webhooks as receiver, closing(client):
            end: object
            try:
                url = f"https://sim.test/{name}.mp4?{query}"
                job = client.call("create_job", **NEEDED | {"video_url": url})
                end = client.call("wait_for_completion", job).status
            except TranslationClientError as error:
                end = type(error)
        return name, end, simulator.verdict()["verdict"]["violations"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_clients_with_webhooks_reach_the_end_of_every_scenario_without_violations(
    servers: ServerPair, dialect: str
) -> None:
    # Each scenario gets another kind of client in each dialect.
    kinds = islice(cycle(KINDS), DIALECTS.index(dialect), None)
    with ThreadPoolExecutor(8) as threads:
        outcomes = threads.map(
            partial(follow_with_webhooks, server=servers.development, dialect=dialect),
            CREATING,
            kinds,
        )

    assert list(outcomes) == [(name, ENDS.get(name, "completed"), []) for name in CREATING]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_clients_reach_the_end_despite_every_fault(servers: ServerPair, dialect: str) -> None:
    twice = [
        faulty(on, fault)
        for on in ("create", "status")
        for fault in (408, 429, 500, 503, *Fault)
        if can_apply(fault, Operation(on))
    ]
    # A job of HeyGen's API does not say when it ended.
    without_end = UnexpectedResponse if dialect == "native" else PollingTimeout
    forever = [
        faulty("status", 404, end=JobNotFound, after=1),
        faulty("status", 503, end=ServerUnavailable, after=1),
        faulty("status", 429, end=RateLimited, after=1),
        faulty("status", 401, end=AuthenticationFailed, after=1),
        faulty("status", Fault.UNKNOWN_STATUS, end=without_end, after=1),
        faulty("status", Fault.STALE, end="completed", times=10),
    ]
    runs = by_all_kinds([*twice, *forever])

    outcomes = follow_all(
        runs,
        [FrozenTime(servers.production) for _ in runs],
        dialect=dialect,
        long_poll=0,
        timeout=TIMEOUT,
        request_timeout=REQUEST_TIMEOUT,
        max_retries=10,
    )

    assert outcomes == expected(runs)


@pytest.mark.parametrize("name", ["development", "production"])
def test_long_polls_reach_the_end_in_fast_time(name: str, servers: ServerPair) -> None:
    scenarios = ("ok", "fail-late", "silent", "stale", "flaky", "broken", "lost")
    cases = [
        Case(
            name=scenario,
            fields={"video_url": f"https://sim.test/{scenario}.mp4?duration=60"},
            end=ENDS.get(scenario, "completed"),
        )
        for scenario in scenarios
    ]
    runs = by_all_kinds(cases)

    outcomes = follow_all(runs, [FastTime(getattr(servers, name)) for _ in runs])

    assert outcomes == expected(runs)
