"""Metrics and logs of a gunicorn server with two processes."""

import json
import os
import re
import signal
import socket
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from heygen_video_translation.testing.server_process import ServerError
from tests.databases import Database
from tests.patience import eventually
from tests.ports import free_port
from tests.server_processes import Server, gunicorn

_ACCESS = re.compile(r'"GET /vid_trans_api/files/…/a.mp4" 403 .* id-1$')


def samples(port: int) -> dict[str, float]:
    """Return what the metrics' own port reports."""
    with urlopen(f"http://127.0.0.1:{port}/metrics") as response:
        lines = response.read().decode().splitlines()
    return {
        name: float(value)
        for line in lines
        if not line.startswith("#")
        for name, _, value in [line.rpartition(" ")]
    }


def pids(server: Server) -> set[int]:
    """Return the processes that have responded to some requests."""
    entries = [json.loads(line) for line in server.log.read_text().splitlines()]
    return {each["process"] for each in entries if each["logger"] == "vid_trans_api.requests"}


def use_processes(server: Server, number: int) -> int:
    """Send requests until so many processes have responded to some; return how many."""
    count = 0
    while len(pids(server)) < number:
        server.request("GET", "/jobs")
        count += 1
    return count


def test_own_port_has_the_metrics_of_all_processes(database: Database, tmp_path: Path) -> None:
    port, folder = free_port(), tmp_path / "temporary"
    folder.mkdir()
    settings = {"METRICS_PORT": str(port), "LOG_FORMAT": "json", "MAX_LONG_POLLS": "8"}
    known = 'vid_trans_requests_total{method="GET",route="vid_trans_api:jobs",'
    name = f'{known}simulated="false",status="200"}}'

    with gunicorn(
        database, tmp_path / "log", "--workers=2", TMPDIR=str(folder), **settings
    ) as server:
        count = use_processes(server, 2)
        counted = {samples(port)[name] for _ in range(8)}  # any process may respond
        os.kill(pids(server).pop(), signal.SIGKILL)
        count_after = count + use_processes(server, 3)
        is_sum_of_two = eventually(lambda: samples(port)["vid_trans_long_poll_limit"] == 16)
        counted_after = samples(port)[name]
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"http://127.0.0.1:{port}/jobs")

    assert (counted, counted_after, is_sum_of_two) == ({count}, count_after, True)
    assert list(folder.iterdir()) == []


def test_used_metrics_port_stops_the_start(database: Database, tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as used,
        pytest.raises(ServerError, match=r"METRICS_PORT=\d+ cannot be opened on 127.0.0.1"),
        gunicorn(database, tmp_path / "log", METRICS_PORT=str(used.getsockname()[1])),
    ):
        pass


def test_every_line_is_json_and_none_has_a_token(database: Database, tmp_path: Path) -> None:
    with gunicorn(database, tmp_path / "log", "--access-logfile=-", LOG_FORMAT="json") as server:
        server.request("GET", "/files/SECRET/a.mp4?SECRET", X_Request_Id="id-1")
        server.send(b"GET /SECRET?SECRET HTTP/9.9\r\n\r\n")
    lines = (tmp_path / "log").read_text().splitlines()

    entries = [json.loads(line) for line in lines]
    loggers = {entry["logger"] for entry in entries}
    accessed = [entry["message"] for entry in entries if entry["logger"] == "gunicorn.access"]
    assert loggers >= {"gunicorn.error", "gunicorn.access", "vid_trans_api.requests"}
    assert [line for line in lines if "SECRET" in line] == []
    assert len([each for each in accessed if _ACCESS.search(each)]) == 1
