"""Whether client libraries see scenarios as documented, and faults alike on other servers."""

from pathlib import Path
from typing import Final

from tests.databases import Database
from tests.docs.pages import section, tables
from tests.server_fixtures import ServerPair
from tests.server_processes import gunicorn
from tests.servers.client_libraries import faults, merge_equal, rows, scenarios

QUICK: Final = {"`reset`", "`truncate`", "`slow`, within the timeout", "`lost-response`"}
"""Faults for which a server without threads needs little time."""


def documented() -> list[list[list[str]]]:
    """Return the rows of the two tables: faults and scenarios."""
    return tables(section("docs/reference-simulation.md", "What client libraries see"))


def test_libraries_see_scenarios_as_documented(servers: ServerPair) -> None:
    seen = rows(servers.production, scenarios(), with_creation=True)

    assert [merge_equal(row) for row in seen] == documented()[1]


def test_libraries_see_faults_alike_on_the_development_server(servers: ServerPair) -> None:
    assert rows(servers.development, faults()) == documented()[0]


def test_libraries_see_faults_alike_without_threads(database: Database, tmp_path: Path) -> None:
    with gunicorn(database, tmp_path / "log", "--worker-class=sync", "--threads=1") as server:
        seen = rows(server, [case for case in faults() if case.name in QUICK], threads=1)

    assert seen == [row for row in documented()[0] if row[0] in QUICK]
    assert "Traceback" not in (tmp_path / "log").read_text()
