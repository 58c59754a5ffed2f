"""Whether client libraries see faults as the documentation says."""

from tests.docs.pages import section, tables
from tests.server_fixtures import ServerPair
from tests.servers.client_libraries import faults, rows


def test_libraries_see_faults_as_documented(servers: ServerPair) -> None:
    documented, _ = tables(section("docs/reference-simulation.md", "What client libraries see"))

    assert rows(servers.production, faults()) == documented
