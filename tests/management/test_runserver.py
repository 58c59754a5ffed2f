"""`manage.py runserver`: the database and the first job it creates, and what it prints."""

import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import SetClock
from tests.patience import PATIENCE, eventually
from tests.server_processes import ROOT, environment
from tests.server_processes import runserver as run_server
from tests.threads import run_at_once
from vid_trans_api.management.commands import runserver
from vid_trans_api.models import Job


def test_new_database_gets_a_demonstration_job(tmp_path: Path) -> None:
    store, log = tmp_path / "db.sqlite3", tmp_path / "log"

    with run_server(store, log) as server:
        job = server.request("GET", "/status").document

    assert (job["title"], job["status"]) == ("Demonstration", "pending")
    assert f"The database is ready: {store}\n" in log.read_text()


def test_database_connections_are_closed_with_their_clients(tmp_path: Path) -> None:
    store = tmp_path / "db.sqlite3"
    few = 6  # threads without a client, or about to end

    with run_server(store, tmp_path / "log") as server:

        def request_often(number: int) -> None:
            for _ in range(20):
                assert server.request("GET", "/jobs").status == 200

        def connections() -> int:
            """Count the file descriptors of the write-ahead log; each connection has one."""
            links = []
            for link in Path(f"/proc/{server.process.pid}/fd").iterdir():
                with suppress(FileNotFoundError):  # closed in the meantime
                    links.append(link.readlink())
            return links.count(tmp_path / "db.sqlite3-wal")

        with server.connect() as client:
            client.request("GET", "/jobs")
            assert connections() > 0
        run_at_once(16, request_often)

        assert eventually(lambda: connections() <= few)


def test_used_port_is_refused_with_what_to_type(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as used:
        port = used.getsockname()[1]
        ran = subprocess.run(
            [sys.executable, "manage.py", "runserver", "--noreload", str(port)],
            cwd=ROOT,
            env=environment(tmp_path / "db.sqlite3"),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    assert ran.returncode == 1
    assert ran.stderr == (
        f"Error: Port {port} is in use. Use another one: make run PORT={port + 1}"
        f" (without make: python manage.py runserver {port + 1})\n"
    )


def test_demonstration_job_is_created_once(transactional_db: None, clock: SetClock) -> None:
    command = runserver.Command()

    command.check_migrations()
    command.check_migrations()

    assert [job.title for job in Job.objects.all()] == ["Demonstration"]


def test_no_demonstration_job_is_created_if_keys_are_required(
    transactional_db: None, settings
) -> None:
    settings.API_KEYS = ["one"]

    runserver.Command().check_migrations()

    assert Job.objects.count() == 0


@pytest.mark.parametrize("address", ["0", "0.0.0.0", "127.0.0.1"])
def test_printed_url_can_be_opened_on_this_machine(capsys, settings, address: str) -> None:
    settings.DISPATCH_WEBHOOKS = False
    command = runserver.Command()
    command.addr = address
    command._raw_ipv6 = False  # type: ignore[attr-defined]  # set by Django's handle()

    command.on_bind(8001)

    assert "  Jobs   http://127.0.0.1:8001/\n" in capsys.readouterr().out
