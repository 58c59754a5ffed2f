"""A workspace of a simulating server as a test sees it: its time, its faults, and its verdict."""

import asyncio
import http.client
import json
import os
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal, Protocol, Self
from urllib.parse import quote, urlsplit
from uuid import uuid4

_SURFACE: Final = "/vid_trans_api/simulation"
_LONGEST_ANSWER: Final = 30.0
_MOST_REQUESTS: Final = 200
"""Requests that an account has room for."""

_MOST_REMARKS: Final = 200
"""Of whose, those about older requests, it has room for."""

_MOST_TOLD: Final = 10
"""Jobs that a line of an account has room for."""


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


class RefusedError(Exception):
    """The server refused what a test asked of its simulation; says why."""


class TranslationSimulator:
    """A workspace of its own, whose clock stands still until the test moves it.

    `url` and `api_key` are what the program under test is to be given; `seed` is what all that is
    random in the workspace is drawn from.
    """

    START: Final = "2026-01-01T00:00:00Z"
    """The instant that the workspace's clock stands at, at first."""

    def __init__(self, url: str, *, seed: int) -> None:
        self.url = url
        self.api_key = f"test-{uuid4().hex}"
        self.seed = seed
        self._turning = threading.RLock()
        self._turns = 0
        self._wire = _Wire(urlsplit(url).netloc)
        try:
            self.reset(seed)
        except BaseException:
            self._wire.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._wire.close()

    def reset(self, seed: int) -> None:
        """Empty the workspace, and have it as it was at first, with that seed."""
        self._ask("POST", "/reset", {"seed": seed})
        self.freeze(self.START)
        self.seed = seed

    def clock(self) -> float:
        """Return the seconds since START, by the workspace's clock."""
        return (self._now() - datetime.fromisoformat(self.START)).total_seconds()

    def sleep(self, seconds: float) -> None:
        """Advance the workspace's clock instead of waiting.

        Who sleeps at the same time, in another thread, sleeps that time too: it is not added up.
        Raises ValueError for less than no time, as `time.sleep` does.
        """
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self._sleep_from(self._turns, self._now(), seconds)

    async def async_sleep(self, seconds: float) -> None:
        """Do as `sleep` does, for programs that await it; less than no time is none here."""
        turns, now = self._turns, self._now()
        await asyncio.sleep(0)  # so that who else is about to sleep begins at the same time
        await asyncio.to_thread(self._sleep_from, turns, now, seconds)

    def _sleep_from(self, turns: int, start: datetime, seconds: float) -> None:
        """Sleep that long from `start`, when the clock had been turned so many times."""
        with self._turning:
            if turns != self._turns:  # by whoever slept at the same time, or moved it on
                seconds -= (self._now() - start).total_seconds()
            if seconds > 0:
                self.advance(seconds)

    def advance(self, by: float | Literal["next"]) -> None:
        """Advance the workspace's clock by seconds, or to the next end of a job."""
        with self._turning:
            self._ask("POST", "/clock", {"advance": by})
            self._turns += 1

    def freeze(self, at: str | None = None) -> None:
        """Stop the workspace's clock where it is, or at an instant while there is no job yet."""
        self._ask("POST", "/clock", {"freeze": at or True})

    def speed(self, times: float) -> None:
        """Let the workspace's clock run, so many times as fast as a real one."""
        self._ask("POST", "/clock", {"speed": times})

    def defaults(self, **keys: Any) -> Mapping[str, Any]:
        """Set what holds for every job and request, None being as at first; return all of them."""
        return self._ask("PATCH", "/defaults", keys)

    def verdict(self, job: str | _Identified | None = None) -> Mapping[str, Any]:
        """Return what the server saw of the client: of a job, or over the whole workspace."""
        if job is None:
            return self._ask("GET", "/report")
        name = job if isinstance(job, str) else job.id
        return self._ask("GET", f"/jobs/{quote(name, safe='')}")

    def journal(self) -> list[Mapping[str, Any]]:
        """Return the requests that the workspace has seen, oldest first."""
        requests: list[Mapping[str, Any]] = self.verdict()["requests"]
        return requests

    def _now(self) -> datetime:
        return datetime.fromisoformat(self._ask("GET", "/clock")["now"])

    def _ask(self, method: str, path: str, document: object = None) -> Mapping[str, Any]:
        """Ask the control surface, over a connection that no test's stand-in for one replaces."""
        __tracebackhide__ = True  # pytest shows the test's own line instead
        body = None if document is None else json.dumps(document)
        headers = {"X-Api-Key": self.api_key, "Content-Type": "application/json"}
        status, text = self._wire.ask(method, _SURFACE + path, body, headers)
        if status != http.HTTPStatus.OK:
            raise RefusedError(f"{method} {_SURFACE}{path} {body or ''}: {status} {text}")
        answer: Mapping[str, Any] = json.loads(text)
        return answer


class _Wire:
    """A connection that is kept; threads take turns, and a forked process opens its own."""

    def __init__(self, netloc: str) -> None:
        self._netloc = netloc
        self._renew()

    def _renew(self) -> None:
        self._owner = os.getpid()
        self._turn = threading.Lock()
        self._connection = http.client.HTTPConnection(self._netloc, timeout=_LONGEST_ANSWER)

    def ask(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str]
    ) -> tuple[int, str]:
        """Return the status of the answer, and its text."""
        if self._owner != os.getpid():
            self._renew()
        with self._turn:
            try:
                self._connection.request(method, path, body, headers)
                with self._connection.getresponse() as response:
                    return response.status, response.read().decode()
            except BaseException:
                self._connection.close()  # what is still to come is no answer to the next question
                raise

    def close(self) -> None:
        if self._owner == os.getpid():
            self._connection.close()


def account_of(simulator: TranslationSimulator) -> str:
    """Return what there is to know when a test fails: the seed, the requests, and the remarks."""
    report = simulator.verdict()
    start = datetime.fromisoformat(simulator.START)
    blame: dict[int, Counter[str]] = {}
    for remark in report["verdict"]["remarks"]:
        below = blame.setdefault(remark["request"], Counter())
        below[f"{remark['kind']}: {remark['detail']}"] += 1
    shown = report["requests"][-_MOST_REQUESTS:]
    listed = {request["number"] for request in shown}
    lines = [f"seed {simulator.seed}", *_summary(report)]
    lines += [
        f"{_seconds(remark['at'], start)}  {remark['kind']}: {remark['detail']}"
        for remark in report["verdict"]["remarks"][-_MOST_REMARKS:]
        if remark["request"] not in listed
    ]
    for request in shown:
        lines.append(_request(request, start))
        lines += [
            f"  {words}{f' (of {count} jobs)' if count > 1 else ''}"
            for words, count in blame.get(request["number"], {}).items()
        ]
    return "\n".join(lines)


def _summary(report: Mapping[str, Any]) -> Iterator[str]:
    """Give how many remarks there are, and which requests are not shown."""
    verdict, shown = report["verdict"], min(len(report["requests"]), _MOST_REQUESTS)
    if count := verdict["remarks_in_all"]:
        kinds = Counter(remark["kind"] for remark in verdict["remarks"])
        of_which = ", ".join(f"{kind} {_times(times)}" for kind, times in kinds.items())
        newest = f"the newest {kinds.total()}: " if kinds.total() < count else ""
        yield f"{count} {'remark' if count == 1 else 'remarks'}: {newest}{of_which}"
    if shown < report["requests_in_all"]:
        yield f"the newest {shown} of {report['requests_in_all']} requests:"
    if not verdict["complete"]:
        yield "not all requests are known: some have been forgotten or lost"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _request(request: Mapping[str, Any], start: datetime) -> str:
    """Return a request and what its client was told, on one line."""
    words = [_seconds(request["at"], start), f"{request['operation']:<6}"]
    words.append("no answer" if request["status"] is None else str(request["status"]))
    if request["fault"] is not None:
        words.append(f"fault {request['fault']}")
    if request["retry_after"] is not None:
        words.append(f"Retry-After {request['retry_after']}")
    words += [_told(job) for job in request["told"][:_MOST_TOLD]]
    if (more := len(request["told"]) - _MOST_TOLD) > 0:
        words.append(f"and {more} more")
    return "  ".join(words)


def _told(job: Mapping[str, Any]) -> str:
    left = job["estimated_time_remaining"]
    estimate = "" if left is None else f", {left:.1f} s left"
    return f"{job['id']} {job['status']}{estimate}"


def _seconds(instant: str, start: datetime) -> str:
    return f"{(datetime.fromisoformat(instant) - start).total_seconds():10.3f} s"
