"""The slots of long polls, and what wakes them."""

from typing import Any

import pytest

from vid_trans_api.serving.long_polls import LongPolls


def test_wake_sets_the_events_of_one_name() -> None:
    long_polls = LongPolls()

    with long_polls.slot("a", "w", limit=9) as first, long_polls.slot("b", "w", limit=9) as second:
        long_polls.wake("a")

        assert first is not None
        assert second is not None
        assert (first.is_set(), second.is_set()) == (True, False)


def test_wake_sets_all_events_of_a_shared_name() -> None:
    long_polls = LongPolls()

    with long_polls.slot("a", "w", limit=9) as first, long_polls.slot("b", "w", limit=9) as second:
        long_polls.wake("w")

        assert first is not None
        assert second is not None
        assert (first.is_set(), second.is_set()) == (True, True)


def test_no_slot_is_free_at_the_limit() -> None:
    long_polls = LongPolls()

    with long_polls.slot("a", limit=1), long_polls.slot("a", limit=1) as event:
        assert event is None


def test_stop_wakes_all_and_accepts_no_more() -> None:
    long_polls = LongPolls()

    with long_polls.slot("a", limit=9) as first, long_polls.slot("b", limit=9) as second:
        long_polls.stop()

        assert first is not None
        assert second is not None
        assert (first.is_set(), second.is_set()) == (True, True)
        with long_polls.slot("c", limit=9) as late:
            assert late is None


def test_slot_is_free_again_after_an_exception() -> None:
    long_polls = LongPolls()

    def fail_in_a_slot() -> Any:
        with long_polls.slot("a", limit=1):
            raise ConnectionError

    with pytest.raises(ConnectionError):
        fail_in_a_slot()

    with long_polls.slot("a", limit=1) as event:
        assert event is not None
