"""Waiting until webhooks have been sent: what a test does after it has advanced the clock."""

import time
from collections.abc import Callable
from typing import Final

from django.conf import settings

from vid_trans_api.models import Workspace, read_time
from vid_trans_api.models.database import release_connection
from vid_trans_api.serving.long_polls import long_polls, workspace_name
from vid_trans_api.webhooks.reporting import count_due, is_anything_due

_LOOK_INTERVAL: Final = 0.01
"""Seconds."""


def settle(workspace: Workspace, *, has_left: Callable[[], bool]) -> int:
    """Wait until all that has fallen due in a workspace has been tried.

    Returns how many ends and deliveries are left after `LONG_POLL_LIMIT` seconds, or at once if
    there are as many long polls as there may be.
    """
    owner = workspace_name(workspace.pk)
    deadline = time.monotonic() + settings.LONG_POLL_LIMIT
    with long_polls.slot(owner=owner, limit=settings.MAX_LONG_POLLS) as event:
        while is_anything_due(workspace, read_time()):
            is_over = time.monotonic() > deadline or long_polls.is_stopping or has_left()
            if event is None or is_over:
                return count_due(workspace, read_time())
            release_connection()
            event.wait(_LOOK_INTERVAL)
            event.clear()
    return 0
