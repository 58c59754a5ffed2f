"""Fixtures of all server tests: a clock to set, a client of the API, and browsers."""

import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, settings

from tests.databases import IS_POSTGRESQL, TEMPLATE_SUFFIX
from vid_trans_api.journal.recorder import journal
from vid_trans_api.serving.watching import watcher

if "PYTEST_XDIST_WORKER" in os.environ:
    # CI runs tests in Python's development mode, but not the servers and programs that they start.
    os.environ.pop("PYTHONDEVMODE", None)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A script's background jobs ignore Ctrl-C; the programs that tests interrupt must not.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Otherwise the client of each test would search all static files, which takes 20 ms.
project_settings.WHITENOISE_AUTOREFRESH = True

# A slow machine is not a failure.
settings.register_profile(
    "no-deadline", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("no-deadline")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Let PostgreSQL copy a database with all tables, which is faster than to create them."""
    if IS_POSTGRESQL:
        database = connection.settings_dict
        database["TEST"]["TEMPLATE"] = f"{database['NAME']}{TEMPLATE_SUFFIX}"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run twice as many tests at once as there are cores, as tests of real servers mostly wait."""
    return 2 * (os.cpu_count() or 1)


SLOW_FOLDERS = ("browser", "servers", "docs", "cli", "testing", "management")
"""Folders with tests of browsers, real servers and processes, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow folders, so that no worker is busy with one while others are idle.

    Leave out what is about the other database.
    """
    other = "sqlite" if IS_POSTGRESQL else "postgresql"
    items[:] = [item for item in items if not item.get_closest_marker(other)]
    ranks = {folder: rank for rank, folder in enumerate(SLOW_FOLDERS)}
    items.sort(key=lambda item: ranks.get(item.path.parent.name, len(ranks)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Run each slow folder in one worker, which starts its servers once; other files in any."""
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]  # noqa: PLC0415 (not all runs have it)

    class FolderScheduling(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            path = PurePath(nodeid.partition("::")[0])
            return str(path.parent if path.parent.name in SLOW_FOLDERS else path)

    return FolderScheduling(config, log)


API = "/vid_trans_api"
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)

MICROSECOND = 0.000001
"""In seconds; the shortest time between two instants."""


class SetClock:
    """A clock that shows the instant it was set to."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def journal_without_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Write the journal only when it is read: a test's transaction lets no other thread write."""
    monkeypatch.setattr(journal, "has_thread", False)
    yield
    journal.clear()


@pytest.fixture(autouse=True)
def watcher_without_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run no thread that watches the database: it would not see what a test's transaction does."""
    monkeypatch.setattr(watcher, "has_thread", False)


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path: Path) -> Path:
    """A folder of the test's own for uploaded files."""
    settings.MEDIA_ROOT = str(tmp_path / "uploads")
    return tmp_path / "uploads"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Set the server's clock to the new year of 2026; only the test advances it."""
    clock = SetClock(NEW_YEAR)
    replace_clock(monkeypatch, clock)
    return clock


def replace_clock(monkeypatch: pytest.MonkeyPatch, now: Callable[[], datetime]) -> None:
    """Replace the server's clock, also if that is the database's."""
    monkeypatch.setattr("vid_trans_api.clock.now", now)
    monkeypatch.setattr("vid_trans_api.clock.follow", lambda _, *, asked_at: now())


class Api:
    """A client of the API."""

    def __init__(self, *, has_socket: bool = False, api_key: str = "") -> None:
        """`has_socket` offers the server access to the connection, as faults of it need."""
        environ: dict[str, Any] = {"vid_trans_api.socket": object()} if has_socket else {}
        headers = {"Accept": "*/*", **({"X-Api-Key": api_key} if api_key else {})}
        self.client = Client(headers=headers, **environ)

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(API + path, headers=headers)

    def post(self, path: str, document: object = None, **headers: str) -> Any:
        return self.client.post(
            API + path,
            {} if document is None else document,
            content_type="application/json",
            headers=headers,
        )

    def patch(self, path: str, document: object, **headers: str) -> Any:
        return self.client.patch(
            API + path, document, content_type="application/json", headers=headers
        )

    def delete(self, path: str, **headers: str) -> Any:
        return self.client.delete(API + path, headers=headers)

    def create(self, document: object = None, **simulation: Any) -> dict[str, Any]:
        """Create a job and return its document; keywords are options of its simulation."""
        response = self.post("/jobs", document or {"simulation": simulation})
        assert response.status_code == 202, response.content
        job: dict[str, Any] = response.json()
        return job

    def job(self, job_id: str) -> dict[str, Any]:
        job: dict[str, Any] = self.get(f"/jobs/{job_id}").json()
        return job

    def statuses(self, path: str, count: int = 1) -> list[int]:
        """Send a GET request `count` times and return the status codes."""
        return [self.get(path).status_code for _ in range(count)]

    def set_clock(self, **change: Any) -> dict[str, Any]:
        """Change the workspace's clock and return the clock's document."""
        response = self.post("/simulation/clock", change)
        assert response.status_code == 200, response.content
        document: dict[str, Any] = response.json()
        return document

    def set_defaults(self, **defaults: Any) -> None:
        """Change the workspace's defaults."""
        response = self.patch("/simulation/defaults", defaults)
        assert response.status_code == 200, response.content


@pytest.fixture
def api(db: None) -> Api:
    return Api()


@pytest.fixture
def browser() -> Client:
    """Return a client that prefers HTML, as browsers do."""
    return Client(headers={"Accept": "text/html,*/*;q=0.8"})


@pytest.fixture
def staff(browser: Client, db: None) -> Client:
    """Return the browser of a staff user without any permission."""
    browser.force_login(User.objects.create_user("ada", is_staff=True))
    return browser
