"""Whether this server can serve requests: it reaches its database, which has all tables."""

from collections.abc import Set as AbstractSet
from functools import cache

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from vid_trans_api.http.errors import describe
from vid_trans_api.models.database import check_identity

_Migration = tuple[str, str]
"""The names of its app and of itself."""


def reason_not_ready() -> str:
    """Return why this server cannot serve requests; "" if it can."""
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        check_identity(connection)
        missing = _last_migrations() - MigrationRecorder(connection).applied_migrations().keys()
    except Error as error:
        known = describe(error)
        if known is None:
            raise
        return known.detail
    if missing:
        app, name = min(missing)
        return f"The database lacks migrations, such as {app}.{name}; run `manage.py migrate`."
    return ""


@cache
def _last_migrations() -> AbstractSet[_Migration]:
    """Return the last migration of each app, by its files.

    A database that a newer version has migrated has them, too.
    """
    return frozenset(MigrationLoader(None).graph.leaf_nodes())
