"""A lock that another connection has."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from vid_trans_api.models import Workspace


@contextmanager
def locked_elsewhere() -> Iterator[None]:
    """Lock the default workspace in another thread; on SQLite that locks the whole database."""
    is_locked, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Workspace.objects.locked("")
                is_locked.set()
                is_over.wait()
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    is_locked.wait()
    try:
        yield
    finally:
        is_over.set()
        holder.join()
