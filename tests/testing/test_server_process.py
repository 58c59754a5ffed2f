"""How server processes start, report their URL and stop."""

import sys
from pathlib import Path

import pytest

from heygen_video_translation.testing import ServerError
from heygen_video_translation.testing.server_process import (
    FIRST_LINE,
    check_server,
    clean_environment,
    run_server,
)

SERVER = """
import http.server, sys, threading

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(STATUS)
        self.end_headers()

    def log_message(self, *args):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("downloading", file=sys.stderr, flush=True)
print(f"http://127.0.0.1:{server.server_port}/", flush=True)
sys.stdin.read()
print("stopped", flush=True)
"""


def command(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def test_server_stops_at_the_end_of_its_standard_input(tmp_path: Path) -> None:
    program = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    program += SERVER.replace("STATUS", "200")
    log = tmp_path / "log"

    with run_server(command(program), log=log, environment={}, folder=tmp_path) as server:
        check_server(server.url)

    assert server.process.returncode == 0
    assert log.read_text() == f"downloading\n{server.url}/\nstopped\n"


def test_server_that_exits_is_an_error_with_its_output(tmp_path: Path) -> None:
    program = "print('no database'); raise SystemExit(3)"

    with (
        pytest.raises(ServerError, match=r"exited with code 3:\n\nno database"),
        run_server(command(program), log=tmp_path / "log", environment={}, folder=tmp_path),
    ):
        pytest.fail("it runs")


def test_server_that_does_not_respond_is_an_error(tmp_path: Path) -> None:
    program = "print('http://127.0.0.1:9')"

    with (
        pytest.raises(ServerError, match=r"does not respond at http://127\.0\.0\.1:9"),
        run_server(command(program), log=tmp_path / "log", environment={}, folder=tmp_path),
    ):
        pytest.fail("it runs")


def test_other_server_at_the_url_is_an_error(tmp_path: Path) -> None:
    program = SERVER.replace("STATUS", "404")
    log = tmp_path / "log"

    with run_server(command(program), log=log, environment={}, folder=tmp_path) as server:
        url = server.url
        with pytest.raises(ServerError, match="responds with status 404, not 200"):
            check_server(url)


@pytest.mark.parametrize(
    ("printed", "url"),
    [
        ("http://127.0.0.1:8000\n", "http://127.0.0.1:8000"),
        ("Installing ...\nhttps://jobs.example.com/\n", "https://jobs.example.com"),
        ("See http://127.0.0.1:8000\n", None),
    ],
)
def test_url_is_a_line_of_its_own(printed: str, url: str | None) -> None:
    match = FIRST_LINE.search(printed)

    assert (match and match[1]) == url


def test_environment_has_only_the_given_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "SECRET_KEY", "PYTHONPATH", "DOCKER_HOST"):
        monkeypatch.setenv(name, "the parent's")

    environment = clean_environment({"SECRET_KEY": "the server's", "LONG_POLL_LIMIT": 2})

    assert environment["DOCKER_HOST"] == "the parent's"
    assert (environment["SECRET_KEY"], environment["LONG_POLL_LIMIT"]) == ("the server's", "2")
    assert environment.keys().isdisjoint({"DATABASE_URL", "PYTHONPATH"})
