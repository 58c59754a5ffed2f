"""The fixtures that tests with real servers share."""

from tests.server_fixtures import database, migrated_database, server, servers, threads

__all__ = ["database", "migrated_database", "server", "servers", "threads"]
