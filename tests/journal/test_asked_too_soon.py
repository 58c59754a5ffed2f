"""Which requests are flagged because they come before a Retry-After is over."""

from typing import Any

import pytest

from tests.journal.logged import (
    at,
    creation,
    failed,
    failed_creation,
    in_frozen_time,
    kinds_of,
    poll,
    violations_of,
)
from vid_trans_api.journal.reported import Reported
from vid_trans_api.journal.violations import ViolationKind
from vid_trans_api.models import LoggedRequest
from vid_trans_api.snapshots import Operation

TOO_SOON = ViolationKind.ASKED_TOO_SOON


@pytest.mark.parametrize(("seconds", "expected"), [(1, [TOO_SOON]), (4.9, [TOO_SOON]), (5, [])])
@pytest.mark.parametrize("status", [429, 503])
def test_request_before_the_retry_after_is_over_is_flagged(
    status: int, seconds: float, expected: list[ViolationKind]
) -> None:
    refused = failed(1, status=status, retry_after=5)

    assert kinds_of(refused, poll(1 + seconds)) == expected


def test_retry_after_starts_with_the_response() -> None:
    refused = failed(1, until=3, status=429, retry_after=2)

    assert kinds_of(refused, poll(4)) == [TOO_SOON]


@pytest.mark.parametrize(("seconds", "expected"), [(59, [TOO_SOON]), (60, [])])
def test_a_minute_is_always_enough(seconds: float, expected: list[ViolationKind]) -> None:
    refused = failed(-80, retry_after=3600)

    assert kinds_of(refused, poll(-80 + seconds)) == expected


def test_each_early_request_is_flagged() -> None:
    refused = failed(1, retry_after=5)

    assert kinds_of(refused, poll(2), poll(3), poll(7)) == [TOO_SOON] * 2


@pytest.mark.parametrize(
    "response",
    [
        failed(1),
        failed(1, status=502, retry_after=5),
        poll(1, retry_after=5),
        failed(1, until=3, retry_after=5),
        failed(1, status=429, retry_after=5, is_readable=False),
    ],
    ids=["no Retry-After", "another status", "pending", "still on its way", "unreadable"],
)
def test_request_may_follow_at_once_without_a_refusal(response: LoggedRequest) -> None:
    assert kinds_of(response, poll(2)) == []


def test_another_job_may_be_polled_meanwhile() -> None:
    other = poll(2, jobs=("b",), reported={"b": Reported(status="pending")})

    assert kinds_of(failed(1, retry_after=5), other) == []


def test_early_poll_of_many_jobs_is_flagged_for_the_refused_job() -> None:
    of_many = poll(2, jobs=("b", "a"), reported={})

    (violation,) = violations_of(failed(1, retry_after=5), of_many)

    assert (violation.kind, violation.job, violation.at) == (TOO_SOON, "a", at(2))
    assert violation.detail == (
        "The response was 503 with Retry-After 5, and the next request came after 1.00 s."
    )


def test_detail_says_that_a_minute_is_enough() -> None:
    (violation,) = violations_of(failed(1, status=429, retry_after=3600), poll(8))

    assert violation.detail == (
        "The response was 429 with Retry-After 3600, and the next request came after 7.00 s;"
        " 60 s would have been enough."
    )


def test_creations_and_lists_have_to_wait_as_well() -> None:
    listing: dict[str, Any] = {"operation": Operation.LIST, "jobs": (), "reported": {}}

    violations = violations_of(
        failed_creation(1, status=429, retry_after=5),
        creation(2, job="b"),
        poll(3, **listing, status=503, retry_after=5),
        poll(4, **listing),
    )

    assert [(each.kind, each.job) for each in violations] == [(TOO_SOON, "b"), (TOO_SOON, None)]


def test_creation_with_a_key_used_once_repeats_one_with_the_same_body() -> None:
    refused = failed_creation(1, idempotency_key_digest="a", status=429, retry_after=5)
    other = creation(2, job="c", idempotency_key_digest="b")

    assert kinds_of(refused, other) == [TOO_SOON]


@pytest.mark.parametrize(("seconds", "expected"), [(3, [TOO_SOON]), (7, [])])
def test_creation_whose_key_is_used_again_is_one_of_its_own(
    seconds: float, expected: list[ViolationKind]
) -> None:
    refused = failed_creation(1, idempotency_key_digest="a", status=429, retry_after=5)
    other = creation(2, job="c", idempotency_key_digest="b")
    retry = creation(seconds, job="d", idempotency_key_digest="a")

    assert kinds_of(refused, other, retry) == expected


def test_another_list_may_be_requested_meanwhile() -> None:
    refused = failed(1, operation=Operation.LIST, content_digest="pending", retry_after=5)

    another = poll(2, operation=Operation.LIST, content_digest="completed")
    same = poll(2, operation=Operation.LIST, content_digest="pending")

    assert kinds_of(refused, another) == []
    assert kinds_of(refused, same) == [TOO_SOON]


def test_poll_of_the_newest_job_has_to_wait_if_there_is_none() -> None:
    refused = failed(1, status=429, retry_after=5, jobs=())

    assert kinds_of(refused, poll(2, jobs=(), reported={})) == [TOO_SOON]


@pytest.mark.parametrize(("seconds", "expected"), [(2.5, [TOO_SOON]), (3, [])])
def test_client_may_wait_in_real_time_if_the_workspace_is_frozen(
    seconds: float, expected: list[ViolationKind]
) -> None:
    refused = in_frozen_time(failed(1, retry_after=2))

    assert kinds_of(refused, in_frozen_time(poll(seconds))) == expected
