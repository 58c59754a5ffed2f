"""Whether reads stay true while a workspace's clock is being set, and for whom they wait."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from tests.conftest import NEW_YEAR, Api, SetClock, replace_clock
from tests.locks import locked_elsewhere
from tests.patience import PATIENCE
from tests.starting import start
from vid_trans_api.models import Workspace
from vid_trans_api.operations import (
    RequestContext,
    find_file_owner,
    find_jobs,
    find_newest_job,
    list_jobs,
    read_job,
)
from vid_trans_api.operations import clock as workspace_clock
from vid_trans_api.signatures import FileKind, read_token, sign

pytestmark = pytest.mark.django_db(transaction=True)

LOCK_TIMEOUT = 8.0
"""Seconds after which a write that waits for a lock fails."""

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("path", ["/simulation/clock", "/jobs", "/jobs/ID"])
@pytest.mark.parametrize(
    "changes",
    [[], [{"freeze": True}], [{"advance": 60}], [{"speed": 100}], [{"freeze": True}, {"speed": 2}]],
)
def test_read_does_not_wait_for_a_writer(path: str, changes: list[dict[str, Any]]) -> None:
    api = Api()
    job_id = api.create(outcome="stuck")["id"]
    for change in changes:
        api.set_clock(**change)

    with locked_elsewhere():
        started_at = time.monotonic()
        response = api.get(path.replace("ID", job_id))
        seconds = time.monotonic() - started_at

    assert response.status_code == 200
    assert seconds < LOCK_TIMEOUT / 2


def _time_of_clock(job_id: str) -> datetime:
    workspace, server_time = workspace_clock.read("")
    return workspace.now(server_time)


def _time_of_file(job_id: str) -> datetime:
    """Return the time at which the view of files reads the file of a job."""
    signed = read_token(sign(FileKind.VIDEO, job_id, NEW_YEAR))
    assert signed
    return find_file_owner(signed).now


def _context() -> RequestContext:
    return RequestContext(key_digest="", has_socket=False)


def _change(which: str) -> Callable[[], tuple[Workspace, datetime]]:
    return {
        "freeze": lambda: workspace_clock.freeze("", at=None),
        "advance": lambda: workspace_clock.advance("", seconds=0.5),
        "slow down": lambda: workspace_clock.resume("", speed=0.001),
    }[which]


@pytest.mark.parametrize(
    "read",
    [
        _time_of_clock,
        lambda job_id: read_job(job_id, key_digest="")[1],
        lambda job_id: find_jobs(_context(), [job_id])[job_id].now,
        lambda _: find_newest_job(_context()).now,
        lambda _: list_jobs(_context(), limit=1).now,
        _time_of_file,
    ],
    ids=["clock", "one", "some", "newest", "list", "file"],
)
@pytest.mark.parametrize("change", ["freeze", "advance", "slow down"])
@pytest.mark.parametrize("speed", [1, 10])
def test_time_does_not_run_backwards_around_a_change(
    read: Callable[[str], datetime],
    change: str,
    speed: float,
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The change reads the server's clock a second before a concurrent read does."""
    job = start(seconds=1000)
    workspace_clock.resume("", speed=speed)
    setter = threading.get_ident()
    readers: list[Future[datetime]] = []
    is_marking = change != "advance"
    """Whether the setter is in its first transaction, which only marks the workspace."""
    has_read = threading.Event()
    """Whether the reader is done, or has read the workspace and begins to wait for the lock."""

    def note_lock(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        if sql.startswith("BEGIN") or "FOR UPDATE" in sql:
            has_read.set()
        return execute(sql, *arguments)

    def read_in_thread() -> datetime:
        try:
            with connection.execute_wrapper(note_lock):
                return read(job.public_id)
        finally:
            has_read.set()
            connection.close()

    with ThreadPoolExecutor() as threads:

        def now() -> datetime:
            nonlocal is_marking
            if threading.get_ident() != setter:
                return NEW_YEAR + SECOND
            if is_marking:
                is_marking = False
            elif not readers:
                readers.append(threads.submit(read_in_thread))
                assert has_read.wait(PATIENCE)
            return NEW_YEAR

        replace_clock(monkeypatch, now)
        _change(change)()
        replace_clock(monkeypatch, lambda: NEW_YEAR + SECOND)
        earlier, later = readers[0].result(), read(job.public_id)

    assert earlier <= later


def test_refused_change_lets_reads_go_on(clock: SetClock) -> None:
    start()

    response = Api().post("/simulation/clock", {"freeze": "2025-12-31T00:00:00Z"})

    assert response.status_code == 409
    assert not Workspace.objects.get().is_clock_changing


def test_change_that_was_cut_off_is_over_with_the_next(clock: SetClock) -> None:
    Workspace.objects.stored("").mark_clock_changing(is_changing=True)

    Api().set_clock(freeze=True)

    assert not Workspace.objects.get().is_clock_changing


def test_reset_ends_a_change_that_was_cut_off(clock: SetClock) -> None:
    Workspace.objects.stored("").mark_clock_changing(is_changing=True)

    Api().post("/simulation/reset")

    assert not Workspace.objects.get().is_clock_changing
