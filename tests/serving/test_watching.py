"""What the watcher makes of what a feed tells it, and of a feed that fails."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, Queue
from typing import Any

import pytest
from django.db import OperationalError
from django.dispatch import Signal

from tests.patience import PATIENCE
from vid_trans_api.models.changes import anything_changed, job_changed, workspace_changed
from vid_trans_api.serving import watching
from vid_trans_api.serving.watching import Watcher

LOST = OperationalError("the connection was lost")
UNKNOWN: dict[str, Any] = {}
"""What is sent if it is not known what has changed."""


class Feed:
    """A feed that tells what the test puts into it, and fails with the errors among that."""

    def __init__(self) -> None:
        self.notices: Queue[Sequence[str] | OperationalError | None] = Queue()
        self.failures = 0
        """How often it still fails to open."""

    @contextmanager
    def open(self) -> Iterator["Feed"]:
        if self.failures:
            self.failures -= 1
            raise LOST
        yield self

    def wait(self, seconds: float) -> Sequence[str] | None:
        try:
            notices = self.notices.get(timeout=seconds)
        except Empty:
            return []
        if isinstance(notices, OperationalError):
            raise notices
        return notices


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Feed:
    feed = Feed()
    monkeypatch.setattr(watching, "open_change_feed", feed.open)
    monkeypatch.setattr(watching, "release_connection", lambda: None)
    return feed


@pytest.fixture
def sent(feed: Feed) -> Iterator["Queue[dict[str, Any]]"]:
    """What a watcher that runs during the test sends."""
    sent: Queue[dict[str, Any]] = Queue()

    def receive(signal: Signal, sender: object, **event: Any) -> None:
        sent.put(event)

    signals = (job_changed, workspace_changed, anything_changed)
    for signal in signals:
        signal.connect(receive)
    with Watcher(linger=0).running():
        yield sent
    for signal in signals:
        signal.disconnect(receive)


def test_notices_are_published_again(feed: Feed, sent: "Queue[dict[str, Any]]") -> None:
    feed.notices.put(["7 abc", "8 "])

    assert [sent.get(timeout=PATIENCE) for _ in range(3)] == [
        UNKNOWN,  # what came before the feed was open
        {"workspace_id": 7, "job_id": "abc"},
        {"workspace_id": 8},
    ]


def test_change_without_a_notice_is_published(feed: Feed, sent: "Queue[dict[str, Any]]") -> None:
    feed.notices.put(None)

    assert [sent.get(timeout=PATIENCE) for _ in range(2)] == [UNKNOWN] * 2


def test_subscribers_look_while_there_is_no_feed(
    feed: Feed, sent: "Queue[dict[str, Any]]", monkeypatch: pytest.MonkeyPatch
) -> None:
    sent.get(timeout=PATIENCE)
    feed.failures = 1

    feed.notices.put(LOST)
    feed.notices.put(["7 abc"])

    assert [sent.get(timeout=PATIENCE) for _ in range(4)] == [
        UNKNOWN,  # the feed was lost,
        UNKNOWN,  # could not be opened,
        UNKNOWN,  # and is open again
        {"workspace_id": 7, "job_id": "abc"},
    ]


def test_thread_ends_when_nothing_has_waited_for_some_time(feed: Feed) -> None:
    before = {*threading.enumerate()}

    with Watcher(linger=0).running():
        (started,) = {*threading.enumerate()} - before

    started.join(PATIENCE)
    assert not started.is_alive()
