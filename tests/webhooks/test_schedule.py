"""When deliveries that failed are tried again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vid_trans_api.webhooks.schedule import MAX_ATTEMPTS, STEPS, next_attempt

seeds = st.integers(0, 2**32 - 1)
attempts_with_a_next = st.integers(1, len(STEPS))


@given(seed=seeds)
def test_delivery_is_tried_eleven_times_within_a_day(seed: int) -> None:
    pauses: list[float] = []
    while (pause := next_attempt(attempts=len(pauses) + 1, seed=seed)) is not None:
        pauses.append(pause)

    assert len(pauses) + 1 == MAX_ATTEMPTS == 11
    assert sum(pauses) < 24 * 60 * 60


@given(attempts=attempts_with_a_next, seed=seeds)
def test_pause_is_at_most_a_fifth_shorter_than_its_step(attempts: int, seed: int) -> None:
    pause = next_attempt(attempts=attempts, seed=seed)

    assert pause is not None
    assert 0.8 * STEPS[attempts - 1] <= pause <= STEPS[attempts - 1]


@given(attempts=attempts_with_a_next, seed=seeds, retry_after=st.floats())
def test_no_retry_after_leads_out_of_bounds(attempts: int, seed: int, retry_after: float) -> None:
    drawn = next_attempt(attempts=attempts, seed=seed)
    pause = next_attempt(attempts=attempts, seed=seed, retry_after=retry_after)

    assert drawn is not None
    assert pause is not None
    assert drawn <= pause <= 2 * STEPS[attempts - 1]


@pytest.mark.parametrize(
    ("retry_after", "pause"), [(31.0, 31.0), (60.0, 60.0), (61.0, 60.0), (3600.0, 60.0)]
)
def test_retry_after_is_respected_up_to_twice_the_step(retry_after: float, pause: float) -> None:
    assert next_attempt(attempts=2, seed=7, retry_after=retry_after) == pause


def test_pauses_are_drawn_from_the_seed() -> None:
    first, again, other = ([next_attempt(attempts=n, seed=s) for n in (1, 2)] for s in (7, 7, 8))

    assert first == again
    assert first != other
