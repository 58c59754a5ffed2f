"""The fixtures that tests with real servers share."""

from tests.server_fixtures import database, databases, server, servers, threads

__all__ = ["database", "databases", "server", "servers", "threads"]
