"""Uploads over real sockets: cut off, too large, and many at once."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.databases import Database
from tests.media_files import VIDEO, form
from tests.patience import PATIENCE
from tests.server_fixtures import ServerPair
from tests.server_processes import API, Response, Server, gunicorn
from tests.servers.raw_requests import assert_problem, request

MEBIBYTE = 1024 * 1024
LARGE = VIDEO + b"\0\0\0\0free" + bytes(20 * MEBIBYTE)
"""A video with a long last box, which has no size of its own: it goes to the end."""


def upload(data: bytes, *headers: bytes, path: str = f"{API}/assets") -> bytes:
    body, content_type = form(("file", "a.mp4", data))
    sent = [b"Content-Type: " + content_type.encode(), b"Content-Length: %d" % len(body), *headers]
    return request(f"POST {path}", *sent, b"Connection: close", body=body)


@pytest.fixture
def stored(servers: ServerPair) -> Callable[[], int]:
    """Count the stored files, without those of earlier tests."""
    folder = servers.database.uploads

    def count() -> int:
        return sum(path.is_file() for path in folder.rglob("*")) if folder.exists() else 0

    before = count()
    return lambda: count() - before


def test_large_upload_is_stored_and_served(server: Server, stored: Callable[[], int]) -> None:
    response = server.send(upload(LARGE))

    url = response.document["url"]
    path = url[url.index(API) + len(API) :]
    whole = server.request("GET", path)
    part = server.request("GET", path, Range=f"bytes={len(LARGE) - 10}-")
    head = server.request("HEAD", path)
    assert (response.status, stored()) == (201, 1)
    assert (whole.status, whole.body == LARGE) == (200, True)
    assert (part.status, part.body) == (206, LARGE[-10:])
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(LARGE)))


def test_connection_is_reused_after_an_upload(server: Server) -> None:
    body, content_type = form(("file", "a.mp4", LARGE))
    with server.connect() as connection:
        connection._connection.request(
            "POST", f"{API}/assets", body, {"Content-Type": content_type, "Host": "localhost"}
        )
        with connection._connection.getresponse() as response:
            response.read()
        after = connection.request("GET", "/health")

    assert (response.status, after.status) == (201, 200)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_upload_that_is_cut_off_leaves_no_file(
    server: Server, stored: Callable[[], int], share: float
) -> None:
    sent, before = upload(LARGE), _temporary_files(server)
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as connection:
        connection.sendall(sent[: int(len(sent) * share)])
        connection.shutdown(socket.SHUT_WR)
        received = connection.recv(1000)

    assert (received, stored(), _temporary_files(server)) == (b"", 0, before)


def test_upload_of_33_mebibytes_is_refused_before_it_is_sent(
    server: Server, stored: Callable[[], int]
) -> None:
    head = upload(b"").partition(b"Content-Length: ")[0] + b"Content-Length: %d\r\n\r\n"

    response = server.send(head % (33 * MEBIBYTE))

    assert_problem(response, 413)
    assert (response.document["detail"], stored()) == ("The file is larger than 32 MiB.", 0)


def test_larger_body_elsewhere_is_refused_as_before(server: Server) -> None:
    response = server.send(upload(LARGE, path=f"{API}/jobs"))

    assert_problem(response, 413)
    assert response.document["detail"] == "The body is larger than 2.5 MiB."


def test_uploads_at_once_are_all_accepted(servers: ServerPair, stored: Callable[[], int]) -> None:
    sent = upload(LARGE)

    def send(_: int) -> Response:
        return servers.production.send(sent)

    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(send, range(8)))  # 160 MiB

    assert [response.status for response in responses] == [201] * 8
    assert stored() == 8


def test_upload_without_a_valid_key_is_refused_before_it_is_sent(
    database: Database, tmp_path: Path
) -> None:
    head = upload(LARGE).partition(b"\r\n\r\n")[0] + b"\r\nX-Api-Key: %s\r\n\r\n"
    with gunicorn(database, tmp_path / "log", API_KEYS="right") as server:
        refused = server.send(head % b"wrong")
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as connection:
            connection.sendall(head % b"right")
            connection.settimeout(1)
            with pytest.raises(TimeoutError):  # it waits for the body
                connection.recv(1000)

    assert_problem(refused, 401)


def test_upload_to_a_server_below_a_path_is_accepted(database: Database, tmp_path: Path) -> None:
    with gunicorn(database, tmp_path / "log", SCRIPT_NAME="/below") as server:
        accepted = server.send(upload(LARGE, path=f"/below{API}/assets"))
        refused = server.send(upload(LARGE, path="/below/v3/users/me"))

    assert accepted.status == 201
    assert (refused.status, set(refused.document)) == (413, {"error"})


def test_url_that_hides_an_upload_is_refused_or_read_completely(server: Server) -> None:
    response = server.send(upload(LARGE, path="/vid_trans_api/%61ssets"))

    assert response.status == 201


def _temporary_files(server: Server) -> int:
    """Count the temporary files that the server and its workers have open."""
    pids = [server.process.pid]
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    pids += [int(each) for each in children.read_text().split()]
    links = [link for pid in pids for link in Path(f"/proc/{pid}/fd").iterdir()]
    targets = []
    for link in links:
        with suppress(FileNotFoundError):  # closed meanwhile, such as a connection to the database
            targets.append(str(link.readlink()))
    return sum("/tmp/" in target and "(deleted)" in target for target in targets)
