"""Requests of open pages, which wait in this process until there may be something new to show."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from django.conf import settings

from vid_trans_api.models.changes import anything_changed, job_changed
from vid_trans_api.models.database import release_connection
from vid_trans_api.serving.long_polls import long_polls, workspace_name
from vid_trans_api.serving.watching import watcher

_ALL_PAGES: Final = "pages"

_LONGEST_PAUSE: Final = 1.0
"""Seconds between two looks: nothing says that a job has ended, and PostgreSQL does not say that
another process has created one."""

_SHORTEST_PAUSE: Final = 0.25
"""Seconds between two looks while there are changes all the time."""


def looks(
    workspace_id: int | None, *, seconds: float, has_left: Callable[[], bool]
) -> Iterator[None]:
    """Yield when to look whether a page of a workspace has changed, until the time is over.

    That is soon after each change of a job or of the clock, and each second. There is no look if
    there are as many long polls as there may be. Ends within a second if the client leaves.

    Arguments:
        workspace_id: the primary key, or None if the workspace is not stored yet.
        seconds: the real seconds to wait, at most.
        has_left: whether the client has closed its connection.

    """
    deadline = time.monotonic() + seconds
    with long_polls.slot(
        _ALL_PAGES,
        _pages_name(workspace_id),
        owner=workspace_name(workspace_id),
        limit=settings.MAX_LONG_POLLS,
    ) as event:
        if event is None:
            return
        with watcher.running():
            while _pause(event, deadline) and not has_left():
                yield


def _pause(event: threading.Event, deadline: float) -> bool:
    """Wait for the next look; return whether there is time for it."""
    release_connection()
    time.sleep(_SHORTEST_PAUSE)
    left = deadline - time.monotonic()
    event.wait(min(left, _LONGEST_PAUSE - _SHORTEST_PAUSE))
    event.clear()
    return time.monotonic() < deadline and not long_polls.is_stopping


def _pages_name(workspace_id: int | None) -> str:
    return f"pages of workspace {workspace_id}"


def subscribe() -> None:
    """Let pages look when a job changes, here or in another process."""
    job_changed.connect(_wake_pages)
    anything_changed.connect(_wake_all_pages)


def _wake_pages(*, workspace_id: int, **_: Any) -> None:
    long_polls.wake(_pages_name(workspace_id))


def _wake_all_pages(**_: Any) -> None:
    long_polls.wake(_ALL_PAGES)
