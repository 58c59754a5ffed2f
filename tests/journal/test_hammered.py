"""Which requests are flagged because they follow each other too quickly."""

from typing import Any

import pytest

from tests.journal.logged import at, failed, in_frozen_time, kinds_of, poll, violations_of
from vid_trans_api.journal.violations import ViolationKind
from vid_trans_api.models import LoggedRequest
from vid_trans_api.snapshots import Operation

HAMMERED = ViolationKind.HAMMERED


def a_hundredth_apart(operation: Operation, count: int, **facts: Any) -> list[LoggedRequest]:
    return [poll(1 + 0.01 * number, operation=operation, **facts) for number in range(count)]


@pytest.mark.parametrize(("count", "expected"), [(3, []), (4, [HAMMERED])])
def test_three_quick_polls_in_a_row_are_hammering(
    count: int, expected: list[ViolationKind]
) -> None:
    assert kinds_of(*(poll(1 + 0.19 * number) for number in range(count))) == expected


def test_polls_a_fifth_of_a_second_apart_are_not_quick() -> None:
    assert kinds_of(*(poll(1 + 0.2 * number) for number in range(9))) == []


def test_quick_requests_for_the_same_list_are_hammering() -> None:
    requests = a_hundredth_apart(Operation.LIST, 5, jobs=("a", "b"))

    (violation,) = violations_of(*requests)

    assert (violation.kind, violation.job, violation.at) == (HAMMERED, None, at(1.03))
    assert violation.detail == (
        "5 requests for the same list, each less than 0.2 s after the one before."
    )


def test_quick_requests_for_the_pages_of_a_list_are_fine() -> None:
    pages = [
        poll(1 + number / 100, operation=Operation.LIST, content_digest=str(number))
        for number in range(9)
    ]

    assert kinds_of(*pages) == []


def test_quick_polls_of_the_newest_job_are_hammering_if_there_is_none() -> None:
    requests = [failed(1 + number / 9, status=404, jobs=()) for number in range(4)]

    assert kinds_of(*requests) == [HAMMERED]


@pytest.mark.parametrize(("status", "expected"), [(409, [HAMMERED]), (200, [])])
def test_quick_requests_for_a_missing_result_are_hammering(
    status: int, expected: list[ViolationKind]
) -> None:
    requests = a_hundredth_apart(Operation.RESULT, 5, status=status, reported={})

    assert kinds_of(*requests) == expected


def test_each_burst_is_flagged_once() -> None:
    bursts = [poll(start + 0.1 * number) for start in (1, 5) for number in range(6)]

    violations = violations_of(*bursts)

    assert [(each.kind, each.at) for each in violations] == [
        (HAMMERED, at(1.3)),
        (HAMMERED, at(5.3)),
    ]
    assert violations[0].detail == (
        "6 requests for the job, each less than 0.2 s after the one before."
    )


def test_single_quick_retries_are_fine() -> None:
    polls = [each for start in range(1, 9) for each in (failed(start), poll(start + 0.01))]

    assert kinds_of(*polls) == []


@pytest.mark.parametrize(("count", "expected"), [(3, []), (4, [HAMMERED]), (5, [HAMMERED])])
def test_repeated_quick_retries_count_from_the_first(
    count: int, expected: list[ViolationKind]
) -> None:
    assert kinds_of(*(failed(1 + 0.1 * number) for number in range(count))) == expected


def test_single_quick_retry_does_not_interrupt_a_burst() -> None:
    requests = [poll(1), poll(1.1), failed(1.2), poll(1.3), poll(1.4)]

    (violation,) = violations_of(*requests)

    assert violation.detail.startswith("5 requests for the job")


def test_quick_polls_of_different_jobs_are_fine() -> None:
    polls = [poll(1 + 0.01 * number, jobs=(str(number),), reported={}) for number in range(9)]

    assert kinds_of(*polls) == []


@pytest.mark.parametrize(("pause", "expected"), [(0.1, [HAMMERED]), (0.3, [])])
def test_retries_may_wait_in_real_time_if_the_workspace_is_frozen(
    pause: float, expected: list[ViolationKind]
) -> None:
    retries = [in_frozen_time(failed(pause * number)) for number in range(6)]

    assert kinds_of(*retries) == expected


def test_polls_have_to_wait_by_the_workspaces_clock() -> None:
    polls = [in_frozen_time(poll(0.3 * number)) for number in range(4)]

    assert kinds_of(*polls) == [HAMMERED]
