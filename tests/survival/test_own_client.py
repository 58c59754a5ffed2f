"""The project's own client comes to the right end, whatever the server puts it through."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import uuid4

from client import (
    AuthenticationFailed,
    JobNotFound,
    PollingTimeout,
    RateLimited,
    ServerUnavailable,
    TranslationClientError,
    UnexpectedAnswer,
)
from tests.client.conftest import Awaiting, Blocking
from tests.servers import Server
from tests.survival.conftest import Twins
from vid_trans_api.simulation.faults import Fault, can_apply, parameters_of
from vid_trans_api.simulation.scenarios import NAMES
from vid_trans_api.snapshots import Operation

TIMEOUT: Final = 400.0
"""Seconds of frozen time that each job is waited for, more than any takes that ends."""

ENDS: Final = {"fail": "error", "fail-late": "error", "stuck": PollingTimeout, "lost": JobNotFound}
"""How jobs of scenarios end for whoever waits for them, where they do not complete."""

SPEED: Final = 60

REQUEST_TIMEOUT: Final = 3.0
"""Real seconds that an answer may take where some never come."""

Run: TypeAlias = "tuple[Case, type[Blocking | Awaiting]]"


class Frozen:
    """A workspace's own time, in which nothing takes any but sleeping."""

    def __init__(self, server: Server) -> None:
        self.key = str(uuid4())
        self.now = 0.0
        self.server = server
        self.control("POST", "/clock", {"freeze": True})

    def control(self, method: str, path: str, document: object) -> None:
        answer = self.server.ask(method, f"/simulation{path}", document, X_Api_Key=self.key)
        assert answer.status == 200, answer

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.control("POST", "/clock", {"advance": seconds})
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)


class Fast(Frozen):
    """A workspace's own time, which goes by a minute a second."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.control("POST", "/clock", {"speed": SPEED})

    def __call__(self) -> float:
        return time.monotonic() * SPEED

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / SPEED)


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a client asks for, and what it is to come to."""

    name: str
    fields: dict[str, Any]
    end: object


def named(form: str, name: str) -> Case:
    """Return the case of a scenario that is asked for in a body or by a URL."""
    exact = "estimate" if name == "slowpoke" else ""  # or it would take long to poll often
    if form == "URL":
        url = f"https://sim.test/{name}.mp4" + (f"?{exact}=exact" if exact else "")
        fields: dict[str, Any] = {"video_url": url}
    else:
        fields = {"simulation": {"scenario": name} | ({exact: "exact"} if exact else {})}
    return Case(name=f"{name} by {form}", fields=fields, end=ENDS.get(name, "completed"))


def struck(on: str, fault: int | Fault, *, end: object = "completed", **when: Any) -> Case:
    """Return the case of a job of which some requests go wrong, by default the first two."""
    details = {"seconds": 1.2 * REQUEST_TIMEOUT, "status": 200, "retry_after": 3}
    rule = {name: details[name] for name in parameters_of(fault)} | (when or {"times": 2})
    simulation = {
        "duration": 30,
        "outcome": "completed",
        "estimate": {"noise": 0, "bias": 0.3, "profile": "countdown"},  # so that it is polled early
        "faults": [{"on": on, "fault": fault, **rule}],
    }
    return Case(name=f"{fault} on {on} {when}", fields={"simulation": simulation}, end=end)


def waited_for(
    case: Case, kind: type[Blocking | Awaiting], clock: Frozen, **options: Any
) -> object:
    """Return the status that a job ended with for a client that waited, or what was raised."""
    client = kind(clock.server, clock, api_key=clock.key, random=lambda: 0.5, **options)
    started_at = clock()
    with closing(client):
        try:
            job = client.call("create_job", **case.fields)
            status: str = client.call("wait_for_completion", job).status
        except TranslationClientError as error:
            if isinstance(error, PollingTimeout):
                # A Retry-After, 60 at most, that reaches past the deadline ends the wait at once.
                assert TIMEOUT - 60 <= clock() - started_at <= TIMEOUT
            return type(error)
        return status


def outcome(
    server: Server, time_of: type[Frozen], **options: Any
) -> Callable[[Case, type[Blocking | Awaiting]], list[object]]:
    """Return what tells how a case ends there, and how many jobs there are then."""

    def actual(case: Case, kind: type[Blocking | Awaiting]) -> list[object]:
        clock = time_of(server)
        end = waited_for(case, kind, clock, **options)
        listed = server.ask("GET", "/jobs", X_Api_Key=clock.key).document["results"]
        return [case.name, kind.__name__, end, len(listed)]

    return actual


def by_both(cases: Sequence[Case]) -> list[Run]:
    return [(case, kind) for case in cases for kind in (Blocking, Awaiting)]


def assert_ends(
    runs: Sequence[Run], tell: Callable[[Case, type[Blocking | Awaiting]], list[object]]
) -> None:
    """Let clients, in all of these cases at once, come to the end that each is to have."""
    with ThreadPoolExecutor(32) as threads:
        actual = [*threads.map(tell, *zip(*runs, strict=True))]
    assert actual == [[case.name, kind.__name__, case.end, 1] for case, kind in runs]


def test_every_scenario_is_brought_to_its_end(twins: Twins) -> None:
    runs: list[Run] = []
    for name in reversed(NAMES):
        runs += [(named("body", name), Blocking), (named("URL", name), Awaiting)]

    assert_ends(
        runs,
        outcome(twins.production, Frozen, hold=0, timeout=TIMEOUT, request_timeout=5.0),
    )


def test_a_job_is_followed_through_every_fault(twins: Twins) -> None:
    twice = [
        struck(on, fault)
        for on in ("create", "status")
        for fault in (408, 429, 500, 503, *Fault)
        if can_apply(fault, Operation(on))
    ]
    for_good = [
        struck("status", 404, end=JobNotFound, after=1),
        struck("status", 503, end=ServerUnavailable, after=1),
        struck("status", 429, end=RateLimited, after=1),
        struck("status", 401, end=AuthenticationFailed, after=1),
        struck("status", Fault.UNKNOWN_STATUS, end=UnexpectedAnswer, after=1),
        struck("status", Fault.STALE, end="completed", times=10),
    ]

    assert_ends(
        by_both([*twice, *for_good]),
        outcome(
            twins.production,
            Frozen,
            hold=0,
            timeout=TIMEOUT,
            request_timeout=REQUEST_TIMEOUT,
            max_retries=10,
        ),
    )


def test_held_requests_are_brought_to_their_end_where_time_flies(twins: Twins) -> None:
    names = ("ok", "fail-late", "silent", "stale", "flaky", "broken", "lost")
    cases = [
        Case(
            name=name,
            fields={"video_url": f"https://sim.test/{name}.mp4?duration=60"},
            end=ENDS.get(name, "completed"),
        )
        for name in names
    ]

    assert_ends(by_both(cases), outcome(twins.development, Fast))
