"""Wire faults, as a client sees them on its connection, under each server that they work under."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, RemoteDisconnected
from operator import sub
from pathlib import Path
from socket import create_connection
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from tests.patience import eventually, ever_longer
from tests.servers import LONGEST_ANSWER, Server, gunicorn, runserver

APP: Final = "tests.survival.faulty_app"
SERVERS: Final = ("runserver", "gthread", "sync")
KINDS: Final = ("truncate", "reset", "hang", "slow", "dribble", "lost-response")
SILENT: Final = ("hang", "lost-response")
BIG: Final = 1_000_000
BODY: Final = b"0123456789" * 100_000
SLACK: Final = 5.0
"""Seconds for the wire, a look around, and a machine that is busy with other things."""

LONG: Final = 60
"""Seconds of a fault that is not to be waited for."""

SOON: Final = 20.0
"""Seconds in which what does not wait for such a fault is over, however busy the machine is."""

NOISE: Final = re.compile(r"Traceback|Error|WARN|ERROR|CRITICAL|Exception|Warning|Broken pipe")


@contextmanager
def serving(store: Path, directory: Path) -> Iterator[dict[str, Server]]:
    """Run the faulty app under each of the servers, started all at once."""
    settings = {
        "DJANGO_SETTINGS_MODULE": "tests.survival.faulty_settings",
        "DJANGO_RUNSERVER_HIDE_WARNING": "true",
    }
    starting = {
        "runserver": runserver(store, directory / "runserver.log", **settings),
        "gthread": gunicorn(store, directory / "gthread.log", APP),
        "sync": gunicorn(store, directory / "sync.log", "--worker-class=sync", "--threads=1", APP),
    }
    with ThreadPoolExecutor() as threads, ExitStack() as stack:
        started = threads.map(stack.enter_context, starting.values())
        yield dict(zip(starting, started, strict=True))


@pytest.fixture(scope="module")
def servers(
    migrated_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Server]]:
    directory = tmp_path_factory.mktemp("faulty")
    with serving(migrated_store, directory) as running:
        yield running


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, servers: dict[str, Server]) -> Server:
    """Each of the servers: what holds for one holds for the others."""
    return servers[request.param]


@pytest.fixture(autouse=True)
def quiet(servers: dict[str, Server]) -> Iterator[None]:
    """See to it that no server complains of what a test does."""
    yield
    assert_quiet(servers)


def assert_quiet(servers: dict[str, Server]) -> None:
    logs = {name: server.log.read_text() for name, server in servers.items()}
    assert [(name, NOISE.findall(log)) for name, log in logs.items() if NOISE.search(log)] == []


@dataclass(frozen=True)
class Seen:
    """What came over a connection until it ended."""

    pieces: list[tuple[float, bytes]]
    """With the seconds from the request until each of them came."""

    ending: str
    seconds: float

    @property
    def everything(self) -> bytes:
        return b"".join(piece for _, piece in self.pieces)

    @property
    def body(self) -> bytes:
        return self.everything.partition(b"\r\n\r\n")[2]

    @property
    def head(self) -> list[str]:
        """The status line and the headers, in order, but for what changes by the second."""
        lines = self.everything.partition(b"\r\n\r\n")[0].decode().split("\r\n")
        return [line for line in lines if not line.startswith("Date: ")]


def ask(
    server: Server, method: str = "GET", body: bytes = b"", path: str = "/", **query: object
) -> Seen:
    """Send one request, and read what comes until the connection ends."""
    lines = [
        f"{method} {path}?{urlencode(query)} HTTP/1.1",
        "Host: localhost",
        *(["Connection: close"] if query.get("fault") in {None, "slow"} else []),
        *([f"Content-Length: {len(body)}"] if body else []),
        "\r\n",
    ]
    pieces = []
    with create_connection(("127.0.0.1", server.port), timeout=LONGEST_ANSWER) as wire:
        started_at = time.monotonic()
        wire.sendall("\r\n".join(lines).encode() + body)
        ending = "closed"
        try:
            while piece := wire.recv(100_000):
                pieces.append((time.monotonic() - started_at, piece))
        except ConnectionResetError:
            ending = "reset"
        return Seen(pieces, ending, time.monotonic() - started_at)


def ask_all(servers: dict[str, Server], **query: Any) -> list[Seen]:
    """Ask the same of every server, at once."""
    with ThreadPoolExecutor() as threads:
        return [*threads.map(lambda server: ask(server, **query), servers.values())]


def about(server: Server) -> Any:
    return json.loads(ask(server, path="/about").body)


def test_the_socket_is_within_reach(server: Server) -> None:
    assert about(server)["is_within_reach"] is True


@pytest.mark.parametrize(("size", "left"), [(1000, 500), (BIG, BIG // 2), (3, 1), (1, 0)])
def test_a_truncated_answer_has_all_of_its_headers_and_half_of_its_body(
    server: Server, size: int, left: int
) -> None:
    seen = ask(server, fault="truncate", size=size, name="a")

    assert seen.head == [
        "HTTP/1.1 200 OK",
        "Content-Type: text/plain",
        "X-Name: a",
        f"Content-Length: {size}",
        "Connection: close",
    ]
    assert (seen.body, seen.ending) == (BODY[:left], "closed")


@pytest.mark.parametrize("query", [{"size": 0}, {"method": "HEAD"}, {"status": "204 No Content"}])
def test_a_truncated_answer_without_a_body_has_not_even_a_status(
    server: Server, query: dict[str, Any]
) -> None:
    seen = ask(server, fault="truncate", **query)

    assert (seen.everything, seen.ending) == (b"HTTP/1.1 ", "closed")


@pytest.mark.parametrize("size", [0, 1000, BIG])
def test_a_reset_connection_gives_no_answer(server: Server, size: int) -> None:
    seen = ask(server, fault="reset", size=size)

    assert (seen.everything, seen.ending) == (b"", "reset")


@pytest.mark.parametrize("size", [0, 1000, BIG])
def test_a_lost_answer_is_to_a_request_that_was_done(server: Server, size: int) -> None:
    name = f"lost {size}"

    seen = ask(server, fault="lost-response", size=size, name=name)

    assert (seen.everything, seen.ending) == (b"", "closed")
    assert about(server)["asked"][name] == 1


def test_a_hang_gives_nothing_until_its_time_is_over(servers: dict[str, Server]) -> None:
    for seen in ask_all(servers, fault="hang", seconds=0.3):
        assert (seen.everything, seen.ending) == (b"", "closed")
        assert 0.3 <= seen.seconds < 0.3 + SLACK


def test_a_slow_answer_is_the_same_but_late(servers: dict[str, Server]) -> None:
    late = ask_all(servers, fault="slow", seconds=0.3, size=BIG, name="a")

    prompt = ask_all(servers, size=BIG, name="a")
    for slow, usual in zip(late, prompt, strict=True):
        assert (slow.head, slow.body) == (usual.head, usual.body)
        assert slow.body == BODY
        assert 0.3 <= slow.pieces[0][0] < 0.3 + SLACK


def is_even(seen: Seen, seconds: float) -> bool:
    """Tell whether an answer came in pieces, and some of it by half time."""
    by_half_time = sum(len(piece) for after, piece in seen.pieces if after < seconds / 2)
    return len(seen.pieces) >= 4 and 0.1 < by_half_time / len(seen.everything) < 0.6


@pytest.mark.parametrize("size", [200, BIG])
def test_a_dribbled_answer_comes_evenly_and_in_full(servers: dict[str, Server], size: int) -> None:
    def are_all_even(seconds: float) -> bool:
        answers = ask_all(servers, fault="dribble", seconds=seconds, size=size, name="a")
        for seen in answers:
            assert seen.head == [
                "HTTP/1.1 200 OK",
                "Content-Type: text/plain",
                "X-Name: a",
                f"Content-Length: {size}",
                "Connection: close",
            ]
            assert (seen.body, seen.ending) == (BODY[:size], "closed")
            assert seconds <= seen.seconds < seconds + SLACK
        return all(is_even(seen, seconds) for seen in answers)

    assert any(map(are_all_even, ever_longer(0.4)))


@pytest.mark.parametrize("method", ["HEAD", "POST"])
@pytest.mark.parametrize(
    ("status", "length"),
    [
        ("200 OK", ["Content-Length: 1000"]),
        ("204 No Content", []),
        ("304 Not Modified", ["Content-Length: 1000"]),
    ],
)
def test_a_dribbled_answer_has_a_body_only_where_there_may_be_one(
    server: Server, method: str, status: str, length: list[str]
) -> None:
    seen = ask(server, method, fault="dribble", status=status)

    assert seen.head[0] == f"HTTP/1.1 {status}"
    assert [line for line in seen.head if "-Length" in line] == length
    assert seen.body == (BODY[:1000] if (method, status) == ("POST", "200 OK") else b"")


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_that_nobody_reads_changes_no_ending(server: Server, kind: str) -> None:
    seen = ask(server, "POST", b"x" * 300_000, fault=kind)

    assert seen.ending == ("reset" if kind == "reset" else "closed")
    assert (seen.everything == b"") == (kind in {*SILENT, "reset"})


@pytest.mark.parametrize("kind", KINDS)
def test_a_head_request_has_the_fault_too(server: Server, kind: str) -> None:
    seen = ask(server, "HEAD", fault=kind)

    assert seen.ending == ("reset" if kind == "reset" else "closed")
    assert (seen.everything == b"") == (kind in {*SILENT, "reset"})
    assert seen.body == b""


@pytest.mark.parametrize("kind", [*KINDS, None])
def test_the_apps_body_is_closed_once(server: Server, kind: str | None) -> None:
    name = f"closed {kind}"
    query: dict[str, Any] = {"fault": kind} if kind else {}

    ask(server, name=name, **query)

    assert eventually(lambda: name in about(server)["closed"])
    assert about(server)["closed"][name] == 1


def descriptors(servers: Iterable[Server]) -> Callable[[], list[Counter[str]]]:
    """Return what tells what is open in the processes that answer for these servers.

    Each socket has a name of its own there, that no other gets afterwards.
    """
    directories = [Path(f"/proc/{about(server)['pid']}/fd") for server in servers]
    return lambda: [Counter(map(target, directory.iterdir())) for directory in directories]


def target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:  # closed in this very moment
        return ""


@pytest.mark.parametrize("kind", ["hang", "slow", "dribble"])
@pytest.mark.parametrize("body", [b"", b"x" * 300_000])
def test_a_fault_ends_when_its_client_leaves(
    servers: dict[str, Server], kind: str, body: bytes
) -> None:
    query = f"fault={kind}&seconds={LONG}&size=0"
    head = f"POST /?{query} HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n"
    opened = descriptors(servers.values())
    before = opened()

    with ExitStack() as wires:
        for server in servers.values():
            wire = wires.enter_context(create_connection(("127.0.0.1", server.port)))
            wire.sendall(head.encode() + body)
        assert eventually(lambda: all(map(sub, opened(), before)))
        time.sleep(0.05)

    assert eventually(lambda: not any(map(sub, opened(), before)), patience=SOON)
    for server in servers.values():
        assert ask(server).seconds < SOON


@pytest.mark.parametrize("server", ["runserver", "gthread"], indirect=True)  # sync keeps none
def test_a_kept_connection_survives_a_slow_answer_only(server: Server) -> None:
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=LONGEST_ANSWER)) as connection:
        connection.connect()
        wire = connection.sock
        for query in ("", "?fault=slow&seconds=0.1", ""):
            connection.request("POST", f"/{query}", b"x" * 1000)
            assert connection.getresponse().read() == BODY[:1000]
        assert connection.sock is wire

        connection.request("GET", "/?fault=lost-response")
        with pytest.raises(RemoteDisconnected):
            connection.getresponse()

    assert ask(server).body == BODY[:1000]


def test_faults_at_once_do_not_meet(servers: dict[str, Server]) -> None:
    asked = [
        (server, kind)
        for name, server in servers.items()
        for kind in KINDS * (1 if name == "sync" else 6)
    ]

    with ThreadPoolExecutor(len(asked)) as threads:
        seen = [*threads.map(lambda one: ask(one[0], fault=one[1], seconds=0.5), asked)]

    lengths = {"slow": 1000, "dribble": 1000, "truncate": 500}
    for (server, kind), one in zip(asked, seen, strict=True):
        assert one.ending == ("reset" if kind == "reset" else "closed")
        assert len(one.body) == lengths.get(kind, 0)
        # One after another, those that take a while would take 9 seconds.
        assert one.seconds < 0.5 * (3 if server is servers["sync"] else 1) + SLACK


def test_two_hundred_of_each_fault_leave_nothing_open(server: Server) -> None:
    opened = descriptors([server])
    before = opened()

    for kind in KINDS:
        for _ in range(200):
            ask(server, fault=kind)

    assert eventually(lambda: not any(map(sub, opened(), before))), (before, opened())
    assert eventually(lambda: about(server)["in_progress"] <= 1)


def test_no_fault_keeps_a_server_from_stopping(migrated_store: Path, tmp_path: Path) -> None:
    def has_been_asked(name: str) -> bool:
        return {*about(running[name])["asked"]} >= {"hang", "slow", "dribble"}

    with serving(migrated_store, tmp_path) as running, ThreadPoolExecutor(10) as threads:
        opened = descriptors([running["sync"]])
        before = opened()
        asking = {
            (name, kind): threads.submit(ask, server, fault=kind, seconds=LONG, name=kind)
            for name, server in running.items()
            for kind in (["hang", "slow", "dribble"] if name != "sync" else ["hang"])
        }
        assert eventually(lambda: all(map(has_been_asked, ("runserver", "gthread"))))
        assert eventually(lambda: any(map(sub, opened(), before)))  # it answers nobody else
        time.sleep(0.1)

        started_at = time.monotonic()
        for server in running.values():
            server.process.terminate()
        seen = {which: future.result() for which, future in asking.items()}
        codes = [server.process.wait(SOON) for server in running.values()]
        taken = time.monotonic() - started_at

    assert codes == [0, 0, 0]
    assert taken < SOON
    for (_, kind), one in seen.items():
        assert (one.body, one.ending) == (b"" if kind == "hang" else BODY[:1000], "closed")
    assert_quiet(running)
