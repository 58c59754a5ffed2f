"""`runserver` on no store: it makes one, puts something into it, and says where to look."""

from contextlib import suppress
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from tests import servers
from tests.conftest import SetClock
from tests.patience import eventually
from tests.survival.witness import all_at_once
from vid_trans_api.management.commands import runserver
from vid_trans_api.models import Job


def test_runserver_on_no_store_has_a_job_to_look_at(tmp_path: Path) -> None:
    store, log = tmp_path / "db.sqlite3", tmp_path / "log"

    with servers.runserver(store, log) as server:
        job = server.ask("GET", "/status").document

    assert (job["title"], job["status"]) == ("Demonstration", "pending")
    assert f"The job store is ready: {store}\n" in log.read_text()


def test_runserver_closes_the_store_as_often_as_it_opens_it(tmp_path: Path) -> None:
    store = tmp_path / "db.sqlite3"
    a_few = 6  # threads that are about no one client, or just about to end

    with servers.runserver(store, tmp_path / "log") as server:

        def ask(number: int) -> None:
            for _ in range(20):
                assert server.ask("GET", "/jobs").status == 200

        def connections() -> int:
            """Return how many there are: each has its own descriptor of the store's log."""
            links = []
            for link in Path(f"/proc/{server.process.pid}/fd").iterdir():
                with suppress(FileNotFoundError):  # closed in the meantime
                    links.append(link.readlink())
            return links.count(tmp_path / "db.sqlite3-wal")

        with server.caller() as caller:
            caller.ask("GET", "/jobs")
            assert connections() > 0
        all_at_once(16, ask)

        assert eventually(lambda: connections() <= a_few)


def test_runserver_on_a_store_with_jobs_adds_none(transactional_db: None, clock: SetClock) -> None:
    command = runserver.Command()
    command.check_migrations()
    command.check_migrations()

    assert [job.title for job in Job.objects.all()] == ["Demonstration"]


def test_runserver_starts_no_demonstration_that_nobody_could_open(
    transactional_db: None, settings
) -> None:
    settings.API_KEYS = ["one"]

    runserver.Command().check_migrations()

    assert Job.objects.count() == 0


def test_the_store_is_as_the_migrations_say(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_store_is_in_wal_mode_and_takes_the_write_lock_first(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        journal = cursor.fetchone()
        cursor.execute("PRAGMA synchronous")
        synchronous = cursor.fetchone()

    assert (journal, synchronous) == (("wal",), (1,))
    assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.parametrize("address", ["0", "0.0.0.0", "127.0.0.1"])
def test_runserver_says_where_to_look_in_a_browser(capsys, address: str) -> None:
    command = runserver.Command()
    command.addr = address
    command._raw_ipv6 = False  # type: ignore[attr-defined]  # Django's own

    command.on_bind(8001)

    assert "  Jobs   http://127.0.0.1:8001/\n" in capsys.readouterr().out
