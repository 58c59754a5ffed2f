"""nginx with deploy/nginx.conf in front of two servers."""

import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from heygen_video_translation.testing.server_process import clean_environment, run_server
from tests.databases import Databases
from tests.media_files import VIDEO, form
from tests.patience import eventually
from tests.ports import free_port
from tests.server_processes import API, HOST, ROOT, Server, gunicorn
from tests.server_workspaces import ServerWorkspace
from tests.servers.occupying import is_long_poll
from tests.servers.raw_requests import assert_problem, post, request

MEBIBYTE = 1024 * 1024
LONG_POLLS = 28
"""How many each server accepts of one workspace, out of 32."""


@dataclass(frozen=True)
class Site:
    """Two servers with one database, and the proxy in front of them."""

    proxy: Server
    servers: list[Server]


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not nginx:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    database = databases.create(tmp_path)
    settings = {"BEHIND_PROXY": "1", "API_KEY_SECRET": "", "MAX_LONG_POLLS": "32"}
    with ExitStack() as stack:
        servers = [
            stack.enter_context(gunicorn(database, tmp_path / f"{number}.log", **settings))
            for number in (1, 2)
        ]
        port = free_port()
        text = (ROOT / "deploy/nginx.conf").read_text()
        for written, used in {
            "/tmp/": f"{tmp_path}/",
            "listen 8080;": f"listen 127.0.0.1:{port};",
            "server-1:8000": f"127.0.0.1:{servers[0].port}",
            "server-2:8000": f"127.0.0.1:{servers[1].port}",
        }.items():
            assert written in text
            text = text.replace(written, used)
        configuration = tmp_path / "nginx.conf"
        configuration.write_text(text)
        running = run_server(
            [nginx, "-e", "stderr", "-c", str(configuration), "-g", "daemon off;"],
            log=tmp_path / "nginx.log",
            environment=clean_environment({}),
            folder=tmp_path,
            url=f"http://127.0.0.1:{port}",
        )
        yield Site(Server(stack.enter_context(running)), servers)


def upload(data: bytes, *headers: bytes) -> bytes:
    body, content_type = form(("file", "a.mp4", data))
    sent = [b"Content-Type: " + content_type.encode(), b"Content-Length: %d" % len(body)]
    return request(f"POST {API}/assets", *sent, *headers, b"Connection: close", body=body)


def test_both_servers_take_their_share_of_long_polls(
    site: Site, threads: ThreadPoolExecutor
) -> None:
    workspace = ServerWorkspace(site.proxy)
    stuck = workspace.create(outcome="stuck")

    polls = [threads.submit(workspace.long_poll, stuck, 30) for _ in range(2 * LONG_POLLS)]
    full = [ServerWorkspace(each, key=workspace.key) for each in site.servers]
    are_full = eventually(
        lambda: all(not is_long_poll(each.long_poll(stuck, 0)[0]) for each in full)
    )
    workspace.request("POST", f"/jobs/{stuck}/cancel")
    responses = [each.result()[0] for each in polls]

    assert are_full
    assert sum(is_long_poll(each) for each in responses) == 2 * LONG_POLLS
    assert {each.document["status"] for each in responses} == {"error"}  # as it is canceled


def test_reload_and_stop_of_a_server_end_no_request(
    site: Site, threads: ThreadPoolExecutor
) -> None:
    workspace = ServerWorkspace(site.proxy)
    job = workspace.create(duration=4)
    polls = [threads.submit(workspace.long_poll, job, 30) for _ in range(10)]

    site.proxy.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)  # the old process takes no new connections now
    site.servers[0].process.send_signal(signal.SIGTERM)
    short = [workspace.request("GET", f"/jobs/{job}").status for _ in range(50)]

    assert short == [200] * 50
    assert [each.result()[0].status for each in polls] == [200] * 10


def test_large_uploads_and_heads_pass(site: Site) -> None:
    large = VIDEO + b"\0\0\0\0free" + bytes(30 * MEBIBYTE)

    uploaded = site.proxy.send(upload(large))
    url = uploaded.document["url"]
    served = site.proxy.request("GET", url[url.index(API) + len(API) :])
    fillers = {f"Filler-{number}": "a" * 8000 for number in range(7)}
    long_head = site.proxy.request("GET", "/jobs", **fillers)
    long_query = site.proxy.request("GET", f"/jobs?ids={','.join(['0' * 32] * 100)}")

    assert uploaded.status == 201
    assert url.startswith(f"http://{HOST}/")
    assert served.body == large
    assert (long_head.status, long_query.status) == (200, 200)


def test_refusals_are_the_servers_own(site: Site) -> None:
    too_large = site.proxy.send(upload(VIDEO + bytes(40 * MEBIBYTE)))
    chunked = site.proxy.send(post(b"", b"Transfer-Encoding: chunked", length=b"0"))

    assert_problem(too_large, 413)
    assert chunked.status in {400, 411}


def test_clients_do_not_choose_the_scheme_or_the_host(site: Site) -> None:
    response = site.proxy.request(
        "POST", "/jobs", {}, X_Forwarded_Proto="https", X_Forwarded_Host="127.0.0.1"
    )

    assert response.headers["Location"].startswith(f"http://{HOST}/")


def test_nginx_repeats_a_get_whose_connection_is_reset(site: Site) -> None:
    workspace = ServerWorkspace(site.proxy)
    once, twice = (
        workspace.create(faults=[{"on": "status", "fault": "reset", "times": times}])
        for times in (1, 2)
    )

    assert workspace.request("GET", f"/jobs/{once}").status == 200
    assert workspace.request("GET", f"/jobs/{twice}").status == 502
