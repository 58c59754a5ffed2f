"""Learning what other processes change, in one thread, while something here waits for changes.

Subscribe to the signals of `models/changes.py`. In between `with watcher.running()`, they are sent
for the changes of other processes as well, from the watcher's thread.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from django.db import DatabaseError, InterfaceError, connections
from django.dispatch import Signal

from vid_trans_api.models.changes import anything_changed, republish
from vid_trans_api.models.database import ChangeFeed, open_change_feed, release_connection

second_passed: Final = Signal()
"""Sent about once a second while the watcher runs."""

_SECOND: Final = 1.0
"""Also the seconds between two looks while the database sends no notices."""

_LARGEST_SHARE: Final = 0.05
"""Of the time, for looking what has changed on a database that does not say it."""

_log: Final = logging.getLogger(__name__)


class Watcher:
    """The thread that learns of other processes' changes, and who needs it."""

    def __init__(self, *, linger: int = 10) -> None:
        """`linger` is for how many seconds it runs on when nothing waits: something soon may."""
        self._linger = linger
        self.has_thread = True
        """Whether a thread runs; tests have none."""
        self._lock = threading.Lock()
        self._users = 0
        self._idle_seconds = 0
        self._thread: threading.Thread | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Publish the changes of other processes here meanwhile."""
        with self._lock:
            self._idle_seconds = 0
            if self._thread is None and self.has_thread:
                thread = threading.Thread(target=self._run, name="watcher", daemon=True)
                thread.start()  # which waits for the lock
                self._thread = thread
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1

    def _run(self) -> None:
        try:
            self._run_while_needed()
        finally:
            connections.close_all()

    def _run_while_needed(self) -> None:
        is_following = True
        while self._is_needed():
            try:
                with open_change_feed() as feed:
                    # What was committed before the feed was open.
                    _look()
                    if not is_following:
                        _log.info("Notices of other processes' changes arrive again.")
                    is_following = True
                    self._follow(feed)
                    return
            except (DatabaseError, InterfaceError) as error:
                if is_following:
                    _log.warning("Other processes' changes are noticed late for now: %s", error)
                is_following = False
            except Exception:  # noqa: BLE001 (a mistake of a subscriber; others go on)
                _log.exception("Other processes' changes are noticed late for now.")
                is_following = False
            with suppress(DatabaseError, InterfaceError):
                _look()
            second_passed.send_robust(sender=None)
            time.sleep(_SECOND)

    def _follow(self, feed: ChangeFeed) -> None:
        """Publish what the feed tells until nothing has waited for some seconds."""
        second_ends_at = time.monotonic() + _SECOND
        while True:
            notices = feed.wait(max(0.0, second_ends_at - time.monotonic()))
            if notices is None:
                began_at = time.monotonic()
                _look()
                took = time.monotonic() - began_at
                time.sleep(min(_SECOND, took / _LARGEST_SHARE))
            else:
                for notice in notices:
                    republish(notice)
            if time.monotonic() >= second_ends_at:
                second_passed.send_robust(sender=None)
                second_ends_at = time.monotonic() + _SECOND
                if not self._is_needed():
                    return

    def _is_needed(self) -> bool:
        """Return whether to run on; if not, the next user starts another thread."""
        with self._lock:
            self._idle_seconds = 0 if self._users else self._idle_seconds + 1
            if self._idle_seconds > self._linger:
                self._thread = None
            return self._thread is not None


def _look() -> None:
    """Let the subscribers look what has changed."""
    try:
        anything_changed.send(sender=None)
    finally:
        release_connection()


watcher: Final = Watcher()
