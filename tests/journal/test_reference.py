"""What a job would have cost if polled at intervals of √(2·age)."""

import math

import pytest

from tests.conftest import Api, SetClock
from tests.journal.reports import verdict_on
from vid_trans_api.journal.reference import Reference, reference_of

SECOND_POLL = 1 + math.sqrt(2)
THIRD_POLL = SECOND_POLL + math.sqrt(2 * SECOND_POLL)


@pytest.mark.parametrize(
    ("duration", "polls", "last_poll"),
    [
        (0, 1, 1),
        (0.4, 1, 1),
        (1, 1, 1),
        (1.1, 2, SECOND_POLL),
        (SECOND_POLL, 2, SECOND_POLL),
        (3, 3, THIRD_POLL),
    ],
)
def test_first_poll_at_or_after_the_end_is_the_last(
    duration: float, polls: int, last_poll: float
) -> None:
    assert reference_of(duration) == Reference(polls=polls, late=last_poll - duration)


def test_polls_grow_with_the_square_root_of_the_duration() -> None:
    assert reference_of(86_400).polls == pytest.approx(math.sqrt(2 * 86_400), rel=0.02)


@pytest.mark.parametrize("outcome", ["completed", "error"])
def test_job_report_has_a_reference_from_the_end_on(
    api: Api, clock: SetClock, outcome: str
) -> None:
    job_id = api.create(duration=2, outcome=outcome)["id"]
    clock.advance(1.999)
    before = verdict_on(api, job_id)["reference"]
    clock.advance(0.001)

    assert before is None
    assert verdict_on(api, job_id)["reference"] == {"polls": 2, "late": 0.414}


def test_stuck_job_has_no_reference(api: Api, clock: SetClock) -> None:
    job_id = api.create(outcome="stuck")["id"]
    clock.advance(1_000)

    assert verdict_on(api, job_id)["reference"] is None


def test_reference_is_about_jobs_of_unpolled_clients_too(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=0, outcome="completed")["id"]
    clock.advance(1)

    verdict = verdict_on(api, job_id)

    assert (verdict["polls"], verdict["reference"]) == (0, {"polls": 1, "late": 1})
