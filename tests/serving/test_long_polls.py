"""The slots of long polls, and what wakes them."""

from typing import Any

import pytest

from vid_trans_api.models.changes import job_changed, workspace_changed
from vid_trans_api.serving.long_polls import LongPolls, long_polls, workspace_name


def test_wake_sets_the_events_of_one_name() -> None:
    polls = LongPolls()

    with polls.slot("a", "w", limit=9) as first, polls.slot("b", "w", limit=9) as second:
        polls.wake("a")

        assert first is not None
        assert second is not None
        assert (first.is_set(), second.is_set()) == (True, False)


def test_wake_sets_all_events_of_a_shared_name() -> None:
    polls = LongPolls()

    with polls.slot("a", "w", limit=9) as first, polls.slot("b", "w", limit=9) as second:
        polls.wake("w")

        assert first is not None
        assert second is not None
        assert (first.is_set(), second.is_set()) == (True, True)


def test_no_slot_is_free_at_the_limit() -> None:
    polls = LongPolls()

    with polls.slot("a", limit=1), polls.slot("a", limit=1) as event:
        assert event is None


def test_stop_wakes_all_and_accepts_no_more() -> None:
    polls = LongPolls()

    with polls.slot("a", limit=9) as first, polls.slot("b", limit=9) as second:
        polls.stop()

        assert first is not None
        assert second is not None
        assert (first.is_set(), second.is_set()) == (True, True)
        with polls.slot("c", limit=9) as late:
            assert late is None


def test_slot_is_free_again_after_an_exception() -> None:
    polls = LongPolls()

    def fail_in_a_slot() -> Any:
        with polls.slot("a", limit=1):
            raise ConnectionError

    with pytest.raises(ConnectionError):
        fail_in_a_slot()

    with polls.slot("a", limit=1) as event:
        assert event is not None


def test_change_of_a_job_wakes_its_long_polls() -> None:
    with long_polls.slot("a", limit=9) as event:
        job_changed.send(sender=None, job_id="a")

        assert event is not None
        assert event.is_set()


def test_change_of_a_workspace_wakes_its_long_polls() -> None:
    with long_polls.slot("a", workspace_name(7), limit=9) as event:
        workspace_changed.send(sender=None, workspace_id=7)

        assert event is not None
        assert event.is_set()
