"""The database as the settings and migrations create it."""

import pytest
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection

from vid_trans_api.models.database import lift_timeouts


def test_models_have_no_changes_without_a_migration(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.sqlite(reason="it reads SQLite's settings")
def test_database_uses_wal_and_immediate_transactions(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        journal = cursor.fetchone()
        cursor.execute("PRAGMA synchronous")
        synchronous = cursor.fetchone()

    assert (journal, synchronous) == (("wal",), (1,))
    assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.postgresql(reason="SQLite has no such timeouts")
def test_migrations_may_take_longer_than_requests(transactional_db: None) -> None:
    def timeout() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return str(cursor.fetchone()[0])

    timeouts = [timeout()]
    lift_timeouts(using=DEFAULT_DB_ALIAS)
    timeouts.append(timeout())
    call_command("migrate", verbosity=0)
    timeouts.append(timeout())

    assert timeouts == ["30s", "0", "30s"]
