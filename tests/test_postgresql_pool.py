"""How the pool of connections to PostgreSQL behaves when the server closes or refuses them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.patience import PATIENCE, eventually
from vid_trans_api.database_errors import UnusableDatabase

pytestmark = [pytest.mark.postgresql(reason="SQLite has no pool"), pytest.mark.django_db]


@pytest.fixture
def other() -> Iterator[Any]:
    """A connection that has a pool of its own, which waits for as long as tests do."""
    other: Any = connection.copy(alias="other")
    other.settings_dict["OPTIONS"]["pool"] |= {"timeout": PATIENCE, "reconnect_timeout": 0}
    yield other
    other.close()
    other.close_pool()


def test_restarted_server_is_used_without_a_pause(other: Any) -> None:
    other.settings_dict["OPTIONS"]["pool"]["timeout"] = 4
    other.pool.open()
    opened = [other.pool.getconn() for _ in range(5)]
    pids = [each.info.backend_pid for each in opened]
    for each in opened:
        other.pool.putconn(each)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid, 60000) FROM unnest(%s) AS pid", [pids])

    other.ensure_connection()

    assert other.connection.info.backend_pid not in pids


def test_request_fails_at_once_if_no_connection_can_be_opened(other: Any, tmp_path: Path) -> None:
    other.settings_dict["OPTIONS"]["host"] = str(tmp_path)

    with pytest.raises(UnusableDatabase, match="no connection could be opened"):
        other.ensure_connection()


def test_request_waits_for_a_connection_in_use(other: Any) -> None:
    other.settings_dict["OPTIONS"]["pool"]["max_size"] = 1
    pool = other.pool
    pool.open()
    used = pool.getconn()

    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(pool.getconn)
        assert eventually(lambda: pool.get_stats()["requests_waiting"])
        pool.reconnect_failed()  # as after a further one was refused
        pool.putconn(used)

        assert waiting.result() is used
    pool.putconn(used)
