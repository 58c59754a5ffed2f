"""`manage.py migrate`: Django's command, which several machines may run at once."""

from typing import Any, Final

from django.core.management.commands import migrate
from django.db import connections

from vid_trans_api.models.database import startup_lock

_LONGEST_WAIT: Final = 3600.0
"""Seconds to wait for another process: the migrations of a large database take minutes."""


class Command(migrate.Command):
    help = f"{migrate.Command.help} If another process is doing so, waits until it has."

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        with startup_lock(connection, seconds=_LONGEST_WAIT):
            super().handle(*args, **options)
            # Not after the lock: SQLite's last connection copies the log and waits for the disk,
            # and meanwhile the next process could not open the file.
            connection.close()
