"""What version 0.3.0 added to the tables can be removed again."""

from collections.abc import Callable, Iterator

import pytest
from django.core.management import call_command
from django.db import connection

from tests.conftest import NEW_YEAR
from vid_trans_api.models import IdempotencyKey, Workspace

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def undo() -> Iterator[Callable[[], object]]:
    """Return what migrates to the tables of 0.2.0. Afterwards, they are as they were."""
    yield lambda: call_command("migrate", "vid_trans_api", "0004", verbosity=0)
    call_command("migrate", verbosity=0)


def test_keys_that_were_used_in_several_scopes_are_deleted(undo: Callable[[], object]) -> None:
    workspace = Workspace.objects.stored("")
    for key, scope in [("a", "POST /v3/x"), ("a", "POST /v3/y"), ("a", ""), ("b", "POST /v3/x")]:
        IdempotencyKey.objects.remember(
            workspace=workspace, key=key, scope=scope, now=NEW_YEAR, response=scope
        )

    undo()

    with connection.cursor() as cursor:
        cursor.execute("SELECT key, response FROM vid_trans_api_idempotencykey")
        assert cursor.fetchall() == [("a", "")]
