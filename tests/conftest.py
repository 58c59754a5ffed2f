"""What the tests of the server share: a clock to set, a client that speaks JSON, and browsers."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as of_the_project
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import HealthCheck, settings

from vid_trans_api.journal.recorder import journal

if "PYTEST_XDIST_WORKER" in os.environ:
    # Tests run in Python's development mode; the servers and programs that they start do not.
    os.environ.pop("PYTHONDEVMODE", None)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A script's background jobs ignore Ctrl-C; the programs that tests interrupt must not.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Otherwise the client of each test would look through all static files, which takes 20 ms.
of_the_project.WHITENOISE_AUTOREFRESH = True

# A busy machine is no failure.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run twice as many tests at once as there are cores, as tests of real servers mostly wait."""
    return 2 * (os.cpu_count() or 1)


API = "/vid_trans_api"
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


class SetClock:
    """The server's clock, at the instant it was set to."""

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


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Stop the server's clock at the new year of 2026; a test moves it on."""
    stopped = SetClock(NEW_YEAR)
    monkeypatch.setattr("vid_trans_api.clock.now", stopped)
    return stopped


class Api:
    """Calls the API as a program does."""

    def __init__(self) -> None:
        self.client = Client(headers={"Accept": "*/*"})

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
        """Start a job and return it; a keyword is one of its simulation's keys."""
        answer = self.post("/jobs", document or {"simulation": simulation})
        assert answer.status_code == 202, answer.content
        job: dict[str, Any] = answer.json()
        return job

    def job(self, job_id: str) -> dict[str, Any]:
        job: dict[str, Any] = self.get(f"/jobs/{job_id}").json()
        return job


@pytest.fixture
def api(db: None) -> Api:
    return Api()


@pytest.fixture
def browser() -> Client:
    """Return a client that asks for pages, as browsers do."""
    return Client(headers={"Accept": "text/html,*/*;q=0.8"})


@pytest.fixture
def staff(browser: Client, db: None) -> Client:
    """Return that of somebody who is logged in as staff, without any permission."""
    browser.force_login(User.objects.create_user("ada", is_staff=True))
    return browser
