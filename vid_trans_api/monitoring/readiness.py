"""Whether this server can serve requests: it reaches its database, which has all tables."""

import logging
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Final

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from vid_trans_api.http.errors import describe
from vid_trans_api.models.database import check_identity

_Migration = tuple[str, str]
"""The names of its app and of itself."""

_log: Final = logging.getLogger(__name__)


def reason_not_ready() -> str:
    """Return why this server cannot serve requests, and log it; "" if it can."""
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        check_identity(connection)
        missing = _last_migrations() - MigrationRecorder(connection).applied_migrations().keys()
    except Error as error:
        known = describe(error)  # which logs it, with what a response must not reveal
        if known is None:
            raise
        return known.detail
    if missing:
        app, name = min(missing)
        reason = f"The database lacks migrations, such as {app}.{name}; run `manage.py migrate`."
        _log.warning("Not ready: %s", reason)
        return reason
    return ""


@cache
def _last_migrations() -> AbstractSet[_Migration]:
    """Return the last migration of each app, by its files.

    A database that a newer version has migrated has them, too.
    """
    return frozenset(MigrationLoader(None).graph.leaf_nodes())
