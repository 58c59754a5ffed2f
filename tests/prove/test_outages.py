"""Two servers on PostgreSQL while one of them is killed again and again, or PostgreSQL restarts."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPException
from pathlib import Path
from threading import Event
from typing import Final
from uuid import uuid4

import pytest

from tests import postgresql
from tests.databases import Database, connections_to, migrate
from tests.patience import PATIENCE, eventually
from tests.postgresql import PostgresqlServer
from tests.prove.clients import DURATION, STATUSES, Client, read_all
from tests.prove.history import History
from tests.server_processes import PROBLEM, Connection, Response, Server, gunicorn
from tests.server_workspaces import COUNTING, ServerWorkspace, has_counted
from tests.servers.occupying import occupy
from tests.threads import run_at_once

THREADS: Final = 16
KILLS: Final = 12
KILL_INTERVAL: Final = 5.0
"""In seconds; all kills take a minute."""

POOL_SIZE: Final = 10
LISTENING: Final = 1
"""A connection for notices of changes, beside the pool."""

LONG_POLLS: Final = 300
SLOTS: Final = 342
"""An eighth of them is for other workspaces."""

WAIT: Final = 120
"""Seconds of a long poll. A request fails earlier, so something has to end each of them."""

OUTAGE: Final = 8
"""Seconds from before PostgreSQL stops until it starts again, at least."""


@pytest.fixture
def cluster() -> Iterator[PostgresqlServer]:
    with postgresql.run_server() as server:
        migrate(server.url)
        yield server


@pytest.fixture
def database(cluster: PostgresqlServer, tmp_path: Path) -> Database:
    return Database(cluster.url, uploads=tmp_path / "uploads")


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(LONG_POLLS + 6) as pool:
        yield pool


def logs(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.glob("*.log"))


class Site:
    """Two servers with one database; one of them can be killed and started again."""

    def __init__(self, database: Database, folder: Path, stack: ExitStack) -> None:
        self._database = database
        self._folder = folder
        self._stack = stack
        self.servers = [self._start(number) for number in range(2)]

    def restart(self, number: int) -> None:
        self.servers[number].kill()
        self.servers[number] = self._start(number)

    def _start(self, number: int) -> Server:
        log = self._folder / f"{number}.log"
        return self._stack.enter_context(gunicorn(self._database, log))


class RetryingConnection:
    """A connection to one of a site's servers that repeats requests which were cut off.

    A repeated creation has the same idempotency key.
    """

    def __init__(self, site: Site, number: int, cuts: Counter[str]) -> None:
        self._site = site
        self._number = number
        self._cuts = cuts
        self._connection: Connection | None = None

    def request(
        self, method: str, path: str, document: object = None, headers: Mapping[str, str] = {}
    ) -> Response:
        all_headers = {**headers, "Idempotency-Key": str(uuid4())}
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._connection = self._connection or self._site.servers[self._number].connect()
                return self._connection.request(method, path, document, all_headers)
            except (OSError, HTTPException) as error:
                if time.monotonic() > deadline:
                    raise
                self._cuts[type(error).__name__] += 1
                self.close()
                time.sleep(0.05)

    def close(self) -> None:
        if self._connection:
            self._connection.__exit__()
        self._connection = None


def test_killed_server_loses_and_contradicts_nothing(database: Database, tmp_path: Path) -> None:
    history, statuses, cuts = History(), set[int](), Counter[str]()
    is_over = Event()

    def use(site: Site, number: int) -> None:
        connections = [RetryingConnection(site, each, cuts) for each in range(2)]
        client = Client(connections, history, statuses, seed=number)
        while not is_over.is_set():
            client.act()
        for each in connections:
            each.close()

    def kill(site: Site) -> None:
        try:
            for number in range(KILLS):
                next_at = time.monotonic() + KILL_INTERVAL
                site.restart(number % 2)
                time.sleep(max(0.0, next_at - time.monotonic()))
        finally:
            is_over.set()

    with ExitStack() as stack:
        site = Site(database, tmp_path, stack)
        run_at_once(
            THREADS + 1, lambda number: use(site, number) if number < THREADS else kill(site)
        )
        time.sleep(DURATION[1])
        missing = read_all(site.servers, history)

    ((stored,),) = database.read("SELECT count(*) FROM vid_trans_api_job")
    assert statuses == STATUSES
    assert cuts.total() >= KILLS
    assert missing == []
    assert stored == len(history.job_ids)
    assert history.contradictions() == []
    assert history.steps_backwards() == []
    assert "Traceback" not in logs(tmp_path)


def describe(response: Response) -> tuple[int, str, str | None]:
    return response.status, response.content_type, response.headers["Retry-After"]


def test_all_goes_on_after_postgresql_restarts(
    cluster: PostgresqlServer,
    database: Database,
    tmp_path: Path,
    threads: ThreadPoolExecutor,
) -> None:
    settings = {
        "DATABASE_POOL_SIZE": str(POOL_SIZE),
        "LONG_POLL_LIMIT": str(WAIT),
        "MAX_LONG_POLLS": str(SLOTS),
    }
    with (
        gunicorn(database, tmp_path / "one.log", **settings) as one,
        gunicorn(database, tmp_path / "two.log", **settings) as two,
    ):
        workspace = ServerWorkspace(one, freeze=True)
        elsewhere, other = workspace.on(two), ServerWorkspace(one)
        canceled, completed = workspace.create(outcome="stuck"), workspace.create(duration=600)
        half = LONG_POLLS // 2
        waiting = [threads.submit(workspace.long_poll, canceled, WAIT) for _ in range(half)]
        waiting += occupy(workspace, completed, threads, count=half, seconds=WAIT)
        while_full = [workspace.request("GET", "/jobs").status for _ in range(20)]
        used = connections_to(database)
        ending = other.create(duration=OUTAGE, faults=[COUNTING])
        ends_at = time.monotonic() + OUTAGE
        interrupted = threads.submit(lambda: other.long_poll(ending, WAIT)[0])
        assert eventually(lambda: has_counted(database, ending))

        cluster.stop()
        requests = [("GET", f"/jobs/{canceled}"), ("POST", f"/jobs/{canceled}/cancel")]
        refused = [
            *(threads.submit(workspace.request, *request) for request in requests),
            *(threads.submit(elsewhere.request, *request) for request in requests),
            threads.submit(lambda: other.long_poll(ending, WAIT)[0]),
        ]
        seen = [describe(each.result()) for each in [*refused, interrupted]]
        has_one_ended = any(each.done() for each in waiting)
        time.sleep(max(0.0, ends_at - time.monotonic()))
        cluster.start()
        both = (workspace, elsewhere)
        assert eventually(lambda: {each.request("GET", "/jobs").status for each in both} == {200})
        elsewhere.request("POST", f"/jobs/{canceled}/cancel")
        elsewhere.set_clock(advance=600)
        ends = Counter(each.result()[0].document["status"] for each in waiting)
        afterwards = [each.request("POST", "/jobs").status for each in both * 10]
        ended = other.request("GET", f"/jobs/{ending}").document

    assert while_full == [200] * 20
    assert used <= 2 * (POOL_SIZE + LISTENING)
    assert seen == [(503, PROBLEM, "1")] * 6
    assert not has_one_ended
    assert ends == {"error": half, "completed": half}
    assert afterwards == [202] * 20
    assert ended["status"] == "completed"
    assert "Traceback" not in logs(tmp_path)
