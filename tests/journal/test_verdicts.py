"""Which polls are retries, how late they are, and when a client noticed the end of its job."""

import pytest

from tests.journal.logged import (
    END,
    at,
    creation,
    failed,
    judged,
    kinds_of,
    poll,
    verdict_on,
)
from vid_trans_api.journal.reported import Reported
from vid_trans_api.journal.verdicts import noticed_after


def test_poll_is_as_late_as_its_response() -> None:
    polls = verdict_on(poll(4), poll(9, until=10.5)).polls

    assert [each.lateness for each in polls] == [-6, 0.5]


def test_end_is_noticed_with_the_first_response_that_reports_it() -> None:
    verdict = verdict_on(poll(4), poll(12.5), poll(14))

    assert verdict.noticed_after == 2.5


@pytest.mark.parametrize(("evicted_until", "expected"), [(9.9, 2.5), (10, None), (11, None)])
def test_noticed_after_is_unknown_if_the_first_report_may_be_evicted(
    evicted_until: float, expected: float | None
) -> None:
    verdict = verdict_on(poll(12.5), evicted_until=evicted_until)

    assert verdict.noticed_after == expected


def test_end_is_not_noticed_without_a_readable_report() -> None:
    verdict = verdict_on(poll(4), poll(12, reported={}, is_readable=False))

    assert verdict.noticed_after is None


def test_job_without_an_end_has_no_lateness() -> None:
    verdict = verdict_on(poll(4), end=None)

    assert (verdict.noticed_after, verdict.polls[0].lateness) == (None, None)


def test_deleted_job_is_judged_by_its_reported_end() -> None:
    end = judged([poll(4), poll(11)]).ends["a"]

    assert end.finished_at == at(END)
    assert noticed_after(end, end.finished_at, evicted_until=None) == 1


def test_job_that_ends_at_its_creation_needs_no_poll() -> None:
    reported = {"a": Reported(status="completed", finished_at=at(0))}

    verdict = verdict_on(creation(0, job="a", reported=reported), end=0)

    assert (verdict.polls, verdict.noticed_after, verdict.violations) == ((), 0, ())


def test_stale_response_does_not_report_the_end() -> None:
    stale = poll(11, reported={"a": Reported(status="pending")}, fault="stale")

    verdict = verdict_on(poll(4), stale, poll(13))

    assert (verdict.noticed_after, verdict.violations) == (3, ())


def test_polls_after_a_failed_one_are_retries_until_one_succeeds() -> None:
    verdict = verdict_on(poll(1), failed(3), failed(4), poll(5), poll(11))

    assert [each.is_retry for each in verdict.polls] == [False, False, True, True, False]


def test_poll_after_an_error_within_a_success_is_a_retry() -> None:
    masked = poll(3, status=200, reported={}, is_readable=False, fault="masked-error")

    assert [each.is_retry for each in verdict_on(masked, poll(4)).polls] == [False, True]


@pytest.mark.parametrize("status", [400, 404])
def test_poll_after_a_final_error_is_no_retry(status: int) -> None:
    verdict = verdict_on(failed(3, status=status), poll(4))

    assert [each.is_retry for each in verdict.polls] == [False, False]


def test_client_that_keeps_to_the_pace_is_not_flagged() -> None:
    assert kinds_of(creation(0, job="a"), poll(5), poll(8), poll(9, until=10)) == []
