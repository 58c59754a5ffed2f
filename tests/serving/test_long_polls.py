"""The slots of long polls, and what wakes them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from tests.conftest import SetClock
from tests.starting import start
from vid_trans_api.models import Job, Workspace
from vid_trans_api.models.changes import job_changed, workspace_changed
from vid_trans_api.serving.long_polls import LongPolls, Wait, long_polls, workspace_name


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
        job_changed.send(sender=None, job_id="a", workspace_id=1)

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


@contextmanager
def waiting(polls: LongPolls, job: Job, *, has_left: bool = False) -> Iterator[Wait]:
    """Let a request wait for a job that it has read."""
    event = threading.Event()
    wait = Wait(job_id=job.public_id, event=event, has_left=lambda: has_left, version=job.version)
    with polls.waiting(wait):
        yield wait


def move_end(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(finishes_at=job.created_at)


def freeze(job: Job) -> None:
    Workspace.objects.locked("").freeze()


@pytest.mark.parametrize("change", [move_end, freeze, lambda job: Job.objects.all().delete()])
def test_look_wakes_those_whose_job_has_changed(
    change: Callable[[Job], object], db: None, clock: SetClock
) -> None:
    polls, job = LongPolls(), start()

    with waiting(polls, job) as wait:
        polls.wake_changed()
        before = wait.event.is_set()
        change(job)
        polls.wake_changed()

        assert (before, wait.event.is_set()) == (False, True)


def test_look_is_one_query_for_all(db: None, django_assert_num_queries: Any) -> None:
    polls = LongPolls()

    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(waiting(polls, start()))
        with django_assert_num_queries(1):
            polls.wake_changed()


def test_client_that_has_left_is_woken(db: None) -> None:
    polls, job = LongPolls(), start()

    with waiting(polls, job) as stays, waiting(polls, job, has_left=True) as leaves:
        polls.wake_disconnected()

        assert (stays.event.is_set(), leaves.event.is_set()) == (False, True)
