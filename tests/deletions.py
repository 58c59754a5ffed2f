"""Rows that are deleted after a request has come, before it has the lock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, models


@contextmanager
def deleted_before_the_lock(model: type[models.Model]) -> Iterator[None]:
    """Delete all rows when the first transaction begins, within that of the test."""
    is_deleted = False

    def execute(call: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        nonlocal is_deleted
        if sql.startswith("SAVEPOINT") and not is_deleted:
            is_deleted = True
            model._default_manager.all().delete()
        return call(sql, *arguments)

    with connection.execute_wrapper(execute):
        yield
    assert is_deleted
