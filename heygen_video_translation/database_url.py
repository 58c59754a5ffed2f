"""The database's settings, from its URL."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

_LOCK_TIMEOUT: Final = 8
"""Seconds to wait for a lock; most clients give up after 10."""

_CONNECT_TIMEOUT: Final = 4
"""Seconds to wait for a connection to PostgreSQL; a request may do that twice, as it is logged."""

_RECONNECT_TIMEOUT: Final = 1
"""Seconds for which a server that refuses a connection is tried again before requests fail."""

_STATEMENT_TIMEOUT: Final = 30
"""Seconds after which PostgreSQL ends a statement, or a transaction in which nothing happens."""

_EXAMPLES: Final = "sqlite:///db.sqlite3 or postgres://user:password@host/name"


def read_database_url(url: str, *, root: Path, pool_size: int) -> dict[str, Any]:
    """Return Django's settings of the database at a `sqlite` or `postgres` URL.

    Three slashes lead to a file below `root`, four to an absolute path. `pool_size` is how many
    connections to PostgreSQL a process may have. Raises ImproperlyConfigured for any other URL, and
    for a folder that does not exist; its message shows no password.
    """
    scheme, colon, _ = url.partition(":")
    shown = f"{scheme}:…" if colon else repr(url)
    try:
        read: dict[str, Any] = {**dj_database_url.parse(url)}
        path = urlsplit(url).path
    except dj_database_url.UnknownSchemeError:
        read, path = {}, ""
    except ValueError:
        raise ImproperlyConfigured(
            f"DATABASE_URL is {shown}, and the rest is no URL; write special characters, such as"
            " those of a password, as %40 for @."
        ) from None
    if scheme == "sqlite" and url.startswith("sqlite:///") and path.strip("/"):
        return _sqlite(root / read["NAME"], read.get("OPTIONS", {}), root=root)
    if scheme in {"postgres", "postgresql"} and path.strip("/") and "@" not in path:
        return _postgresql(read, pool_size)
    raise ImproperlyConfigured(
        f"DATABASE_URL is {shown}, but jobs are kept in SQLite or PostgreSQL; set it to something"
        f" like {_EXAMPLES}."
    )


def _sqlite(file: Path, options: dict[str, Any], *, root: Path) -> dict[str, Any]:
    if not file.parent.is_dir():
        raise ImproperlyConfigured(
            f"DATABASE_URL leads to {file}, but there is no folder {file.parent}; make it first."
        )
    return {
        "ENGINE": "vid_trans_api.sqlite",
        "NAME": file,
        "CONN_MAX_AGE": None,  # opening a connection costs more than most requests
        "OPTIONS": {
            # A transaction takes the write lock when it begins. With SQLite's default it takes it
            # at its first write, which fails at once, without the timeout, if another process has
            # written since its first read.
            "transaction_mode": "IMMEDIATE",
            "timeout": _LOCK_TIMEOUT,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            **options,
        },
        # Tests use a real file, as the server does: threads share it as they do in production.
        "TEST": {"NAME": root / "db.sqlite3.test"},
    }


def _postgresql(read: dict[str, Any], pool_size: int) -> dict[str, Any]:
    if not (find_spec("psycopg") and find_spec("psycopg_pool")):
        raise ImproperlyConfigured(
            "DATABASE_URL leads to PostgreSQL, which needs more packages:"
            " pip install 'heygen-video-translation[postgres]'."
        )
    if pool_size < 1:
        raise ImproperlyConfigured(
            f"DATABASE_POOL_SIZE={pool_size} is no number of connections; set it to 1 or more."
        )
    options = read.pop("OPTIONS", {})
    timeouts = {
        "lock_timeout": _LOCK_TIMEOUT,
        "statement_timeout": _STATEMENT_TIMEOUT,
        "idle_in_transaction_session_timeout": _STATEMENT_TIMEOUT,
    }
    session = [f"-c {name}={seconds}s" for name, seconds in timeouts.items()]
    return {
        **read,
        "ENGINE": "vid_trans_api.postgresql",
        # The pool keeps connections instead. It checks each one that it gives away, so that a
        # restart of the database fails no later request.
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": _CONNECT_TIMEOUT,
            "tcp_user_timeout": _LOCK_TIMEOUT * 1000,  # of a host that no longer responds
            "application_name": "heygen-video-translation",
            "prepare_threshold": 0,  # compiled queries are prepared when they first run
            **options,
            "options": " ".join([*session, str(options.get("options", ""))]).strip(),
            "pool": {
                "min_size": 1,
                "max_size": pool_size,
                "timeout": _CONNECT_TIMEOUT,
                # Afterwards, a connection is opened only for a request.
                "reconnect_timeout": _RECONNECT_TIMEOUT,
            },
        },
    }
