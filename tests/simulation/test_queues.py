"""The queue of jobs that wait for their turn, by its properties."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import NEW_YEAR
from vid_trans_api.simulation.queues import turns

Span = timedelta | None
"""How long a job runs; None for ever."""

spans = st.integers(1, 30).map(lambda seconds: timedelta(seconds=seconds)) | st.none()
limits = st.integers(1, 5)


def ends_of(left: list[Span]) -> list[datetime | None]:
    return [None if span is None else NEW_YEAR + span for span in left]


def planned(
    left: list[Span], waiting: list[Span], limit: int
) -> list[tuple[datetime | None, datetime | None]]:
    """Return when each job begins and ends: those that run, then those that wait."""
    running = [(NEW_YEAR, end) for end in ends_of(left)]
    begins = turns(ends_of(left), waiting, limit=limit, now=NEW_YEAR)
    queued = [
        (turn, None if turn is None or span is None else turn + span)
        for turn, span in zip(begins, waiting, strict=True)
    ]
    return [*running, *queued]


def running_at(instant: datetime, jobs: list[tuple[datetime | None, datetime | None]]) -> int:
    return sum(
        begin is not None and begin <= instant and (end is None or instant < end)
        for begin, end in jobs
    )


@given(left=st.lists(spans, max_size=8), waiting=st.lists(spans, max_size=12), limit=limits)
def test_no_more_than_the_limit_run_at_once(
    left: list[Span], waiting: list[Span], limit: int
) -> None:
    jobs = planned(left, waiting, limit)

    for begin, _ in jobs[len(left) :]:
        assert begin is None or running_at(begin, jobs) <= limit


@given(left=st.lists(spans, max_size=8), waiting=st.lists(spans, max_size=12), limit=limits)
def test_turns_come_in_order(left: list[Span], waiting: list[Span], limit: int) -> None:
    begins = [begin for begin, _ in planned(left, waiting, limit)[len(left) :]]

    known = [begin for begin in begins if begin is not None]
    assert known == sorted(known)
    assert begins == [*known, *[None] * (len(begins) - len(known))]


@given(left=st.lists(spans, max_size=8), waiting=st.lists(spans, max_size=12), limit=limits)
def test_no_job_waits_without_need(left: list[Span], waiting: list[Span], limit: int) -> None:
    """Just before its turn, the jobs before it fill the limit."""
    jobs = planned(left, waiting, limit)

    for position, (begin, _) in enumerate(jobs[len(left) :], len(left)):
        if begin is None:
            latest = NEW_YEAR + timedelta(days=1)
            assert running_at(latest, jobs[:position]) >= limit
        elif begin > NEW_YEAR:
            just_before = begin - timedelta(microseconds=1)
            assert running_at(just_before, jobs[:position]) >= limit


@given(left=st.lists(spans, max_size=8), waiting=st.lists(spans, max_size=12), limit=limits)
def test_the_last_ends_suffice(left: list[Span], waiting: list[Span], limit: int) -> None:
    last = sorted(left, key=lambda span: (span is None, span or timedelta(0)))[-limit:]

    assert list(turns(ends_of(left), waiting, limit=limit, now=NEW_YEAR)) == list(
        turns(ends_of(last), waiting, limit=limit, now=NEW_YEAR)
    )


@given(left=st.lists(spans, max_size=8), waiting=st.lists(spans, max_size=12), limit=limits)
def test_job_that_joins_changes_no_turn(left: list[Span], waiting: list[Span], limit: int) -> None:
    """The turn of a new job follows from the ends of all jobs before, also of those that wait."""
    jobs = planned(left, [*waiting, timedelta(seconds=1)], limit)
    *before, (turn, _) = jobs

    ends = [end for _, end in before]
    assert list(turns(ends, [timedelta(seconds=1)], limit=limit, now=NEW_YEAR)) == [turn]
