"""What client libraries return or raise for each fault and each scenario.

`python -m tests.servers.client_libraries` prints the tables in docs/reference-simulation.md.
"""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import aiohttp
import requests
import urllib3

from tests.server_processes import API, ROOT, Server, environment, gunicorn
from tests.server_workspaces import ServerWorkspace
from vid_trans_api.simulation.faults import Fault, parameters_of
from vid_trans_api.simulation.scenarios import SCENARIOS

DURATION: Final = 10
"""Seconds that a job takes, in its workspace's time."""

LONG_TIMEOUT, SHORT_TIMEOUT = 10.0, 4.0
"""Seconds after which a library gives up."""

_ERRORS: Final = 400
"""The lowest status code of an error."""

_WITHIN, _PAST = 0.3, 2 * SHORT_TIMEOUT
"""Seconds that a fault takes, shorter and longer than the short timeout."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A job, and the requests about it."""

    name: str
    simulation: Mapping[str, Any]
    ages: tuple[float, ...] = (DURATION,)
    """The job's age, in seconds, at each poll."""
    timeout: float = LONG_TIMEOUT


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request that a library must send."""

    method: str
    url: str
    key: str
    document: Any = None
    timeout: float

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Api-Key": self.key}


def faults() -> Iterator[Case]:
    """Yield each fault, several times if its parameters make a difference."""
    yield _fault("`503`", fault=503)
    yield _fault("`429` with `retry_after`", fault=429, retry_after=5)
    for fault in Fault:
        details = parameters_of(fault)
        if "status" in details:
            for status in (502, 200):
                yield _fault(f"`{fault}` with status {status}", fault=fault, status=status)
        elif "seconds" in details:
            yield _fault(f"`{fault}`, within the timeout", fault=fault, seconds=_WITHIN)
            yield _fault(
                f"`{fault}`, past the timeout", timeout=SHORT_TIMEOUT, fault=fault, seconds=_PAST
            )
        else:
            yield _fault(f"`{fault}`", fault=fault)


def _fault(name: str, *, timeout: float = LONG_TIMEOUT, **rule: Any) -> Case:
    simulation = {"outcome": "completed", "faults": [{"on": "status", **rule}]}
    return Case(name=name, simulation=simulation, timeout=timeout)


def scenarios() -> Iterator[Case]:
    """Yield each scenario, with enough polls to show what is special about it."""
    for scenario in SCENARIOS:
        is_slow = any(rule.fault_seconds for rule in scenario.options.faults or ())
        yield Case(
            name=f"`{scenario.name}`",
            simulation={"scenario": scenario.name, "seed": 1},
            ages=(DURATION,) if is_slow else (2, 4, 6, 8, 10, 12, 14),
        )


def by_requests(request: Request) -> str:
    with requests.request(
        request.method,
        request.url,
        json=request.document,
        headers=request.headers,
        timeout=request.timeout,
    ) as response:
        job = response.json() if response.ok else None
        return _described(response.status_code, response.headers, job)


def by_urllib3(request: Request) -> str:
    with urllib3.PoolManager(retries=False, timeout=request.timeout) as pool:
        response = pool.request(
            request.method, request.url, json=request.document, headers=request.headers
        )
        job = response.json() if response.status < _ERRORS else None
        return _described(response.status, response.headers, job)


async def by_aiohttp(request: Request) -> str:
    timeout = aiohttp.ClientTimeout(total=request.timeout)
    async with (
        aiohttp.ClientSession(timeout=timeout, headers=request.headers) as session,
        session.request(request.method, request.url, json=request.document) as response,
    ):
        job = await response.json() if response.ok else None
        return _described(response.status, response.headers, job)


def _described(status: int, headers: Mapping[str, str], job: Mapping[str, Any] | None) -> str:
    if status < _ERRORS:
        return f"{status} `{job and job['status']}`"
    wait = headers.get("Retry-After")
    return f"{status}, `Retry-After: {wait}`" if wait else str(status)


LIBRARIES: Final[Mapping[str, Callable[[Request], str | Awaitable[str]]]] = {
    "requests": by_requests,
    "urllib3": by_urllib3,
    "aiohttp": by_aiohttp,
}


def result(library: str, request: Request) -> str:
    """Return the status code and the job's status that a library returns, or its exception."""
    try:
        seen = LIBRARIES[library](request)
        return seen if isinstance(seen, str) else asyncio.run(_awaited(seen))
    except Exception as error:  # noqa: BLE001 (any exception belongs in the table)
        return f"`{_name_of(type(error))}`"


async def _awaited(result: Awaitable[str]) -> str:
    return await result


def _name_of(kind: type[Exception]) -> str:
    """Return the shortest name from which a program can import an exception."""
    if kind.__module__ == "builtins":
        return kind.__name__
    package = kind.__module__.partition(".")[0]
    is_in_package = getattr(sys.modules[package], kind.__name__, None) is kind
    return f"{package if is_in_package else kind.__module__}.{kind.__name__}"


def results(server: Server, case: Case, library: str, *, with_creation: bool) -> str:
    """Return what a library sees in a case, request by request; equal results are counted."""
    workspace = ServerWorkspace(server, freeze=True)

    def send(method: str, path: str, document: Any = None) -> str:
        return result(
            library,
            Request(
                method=method,
                url=server.url + API + path,
                key=workspace.key,
                document=document,
                timeout=case.timeout,
            ),
        )

    # A default, so that a scenario with a duration of its own keeps it.
    workspace.request("PATCH", "/simulation/defaults", {"duration": DURATION})
    document = {"simulation": case.simulation}
    seen = []
    if with_creation:
        seen.append(send("POST", "/jobs", document))
    else:
        workspace.request("POST", "/jobs", document)
    age = 0.0
    for next_age in case.ages:
        workspace.set_clock(advance=next_age - age)
        age = next_age
        seen.append(send("GET", "/status"))
    return "; ".join(_counted(list(equal)) for _, equal in groupby(seen))


def _counted(equal: list[str]) -> str:
    return f"{len(equal)} times {equal[0]}" if len(equal) > 1 else equal[0]


def rows(
    server: Server, cases: Iterable[Case], *, with_creation: bool = False, threads: int = 12
) -> list[list[str]]:
    """Return a row for each case: its name, and what each library sees."""
    cases = list(cases)
    pairs = [(case, library) for case in cases for library in LIBRARIES]
    with ThreadPoolExecutor(threads) as pool:
        cells = pool.map(lambda pair: results(server, *pair, with_creation=with_creation), pairs)
        return [[case.name, *(next(cells) for _ in LIBRARIES)] for case in cases]


def table(heading: str, rows: Iterable[list[str]]) -> str:
    """Return a table as Markdown."""
    head = [[heading, *(f"`{library}`" for library in LIBRARIES)]]
    lines = [f"| {' | '.join(row)} |\n" for row in (*head, *rows)]
    lines.insert(1, "|---" * len(head[0]) + "|\n")
    return "".join(lines)


def table_of_faults(server: Server) -> str:
    """Return the results of a poll of a completed job, for each fault."""
    return table("fault", rows(server, faults()))


def table_of_scenarios(server: Server) -> str:
    """Return the results of the creation and several polls of a job, for each scenario."""
    return table("`scenario`", map(merge_equal, rows(server, scenarios(), with_creation=True)))


def merge_equal(row: list[str]) -> list[str]:
    """Return the row, with results written once if they are the same for all libraries."""
    return [*row[:2], *["the same"] * (len(row) - 2)] if len({*row[1:]}) == 1 else row


def main() -> None:
    with TemporaryDirectory() as directory:
        database = Path(directory) / "db.sqlite3"
        command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        subprocess.run(command, cwd=ROOT, env=environment(database), check=True)
        with gunicorn(database, Path(directory) / "log") as server:
            print(table_of_faults(server), table_of_scenarios(server), sep="\n")  # noqa: T201


if __name__ == "__main__":
    main()
