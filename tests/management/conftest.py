"""The databases of tests with processes of their own."""

from tests.server_fixtures import database, databases

__all__ = ["database", "databases"]
