"""Journals full of polls, written without sending requests."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tests.conftest import NEW_YEAR
from vid_trans_api.models import LoggedRequest, Workspace
from vid_trans_api.models.database import as_stored
from vid_trans_api.snapshots import Operation

HUNDRED_IDS = [f"{number:032}" for number in range(100)]

SECOND = timedelta(seconds=1)

SHARED: dict[str, Any] = {
    "operation": Operation.STATUS,
    "job": "",
    "scenario": "",
    "wait": None,
    "is_long_poll": False,
    "fault": "",
    "is_readable": True,
    "content_digest": "",
    "idempotency_key_digest": "",
    "user_agent": "",
    "notes": "",
}


def log_polls(
    count: int, *, status: int, interval: timedelta, ids: Sequence[str] = HUNDRED_IDS
) -> Workspace:
    """Log polls of all ids, one per interval. Those with another status than 200 are refusals."""
    workspace = Workspace.objects.stored("")
    reported = dict.fromkeys(ids, ["pending", 1.5, None] if status == 200 else None)
    rows = []
    for number in range(count):
        at = as_stored(NEW_YEAR + interval * number)
        instants = ("server_received_at", "server_responded_at", "received_at", "responded_at")
        rows.append(
            SHARED
            | dict.fromkeys(instants, at)
            | {
                "workspace_id": workspace.pk,
                "status": status,
                "retry_after": None if status == 200 else 3600,
                "reported": json.dumps(reported),
            }
        )
    LoggedRequest.objects.write(rows)
    return workspace
