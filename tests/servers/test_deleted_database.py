"""What a server says if its database file was deleted while it runs."""

from pathlib import Path

import pytest

from tests.databases import Database
from tests.server_processes import gunicorn, runserver


@pytest.mark.sqlite(reason="it deletes the file")
@pytest.mark.parametrize("run", [runserver, gunicorn])
def test_health_says_that_the_database_was_deleted(run, database: Database, tmp_path: Path) -> None:
    with run(database, tmp_path / "log") as server:
        healthy = server.request("GET", "/health")
        database.path.unlink()
        responses = [server.request("GET", "/health") for _ in range(3)]

    assert healthy.status == 200
    assert [response.status for response in responses] == [503] * 3
    assert {response.document["detail"] for response in responses} == {
        "The database file was deleted or replaced while the server runs; restart the server."
    }
    assert not database.path.exists()
