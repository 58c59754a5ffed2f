"""The slots of long polls, and what wakes them."""

from contextlib import ExitStack
from typing import Any

import pytest

from vid_trans_api.models.changes import job_changed, workspace_changed
from vid_trans_api.serving.long_polls import LongPolls, long_polls, workspace_name


def test_wake_sets_the_events_of_one_name() -> None:
    polls = LongPolls()

    with (
        polls.slot("a", owner="w", limit=9) as first,
        polls.slot("b", owner="w", limit=9) as second,
    ):
        polls.wake("a")

        assert first is not None
        assert second is not None
        assert (first.is_set(), second.is_set()) == (True, False)


def test_wake_sets_all_events_of_a_shared_name() -> None:
    polls = LongPolls()

    with (
        polls.slot("a", owner="w", limit=9) as first,
        polls.slot("b", owner="w", limit=9) as second,
    ):
        polls.wake("w")

        assert first is not None
        assert second is not None
        assert (first.is_set(), second.is_set()) == (True, True)


def test_no_slot_is_free_at_the_limit() -> None:
    polls = LongPolls()

    with polls.slot("a", owner="w", limit=1), polls.slot("a", owner="w", limit=1) as event:
        assert event is None


def test_stop_wakes_all_and_accepts_no_more() -> None:
    polls = LongPolls()

    with (
        polls.slot("a", owner="w", limit=9) as first,
        polls.slot("b", owner="w", limit=9) as second,
    ):
        polls.stop()

        assert first is not None
        assert second is not None
        assert (first.is_set(), second.is_set()) == (True, True)
        with polls.slot("c", owner="w", limit=9) as late:
            assert late is None


def test_slot_is_free_again_after_an_exception() -> None:
    polls = LongPolls()

    def fail_in_a_slot() -> Any:
        with polls.slot("a", owner="w", limit=1):
            raise ConnectionError

    with pytest.raises(ConnectionError):
        fail_in_a_slot()

    with polls.slot("a", owner="w", limit=1) as event:
        assert event is not None


def test_change_of_a_job_wakes_its_long_polls() -> None:
    with long_polls.slot("a", owner="w", limit=9) as event:
        job_changed.send(sender=None, job_id="a")

        assert event is not None
        assert event.is_set()


def test_change_of_a_workspace_wakes_its_long_polls() -> None:
    with long_polls.slot("a", owner=workspace_name(7), limit=9) as event:
        workspace_changed.send(sender=None, workspace_id=7)

        assert event is not None
        assert event.is_set()


def test_last_slots_are_left_to_those_with_less_than_their_share() -> None:
    polls = LongPolls()

    with ExitStack() as stack:

        def take(owner: str) -> bool:
            return stack.enter_context(polls.slot(owner=owner, limit=16)) is not None

        greedy = [take("greedy") for _ in range(16)]
        modest = [take("modest"), take("modest"), take("modest")]

    assert greedy == [True] * 14 + [False] * 2
    assert modest == [True, True, False]
