"""Which creations are flagged because an earlier one may have succeeded."""

from typing import Any

import pytest

from tests.journal.logged import (
    at,
    creation,
    failed_creation,
    kinds_of,
    lost_creation,
    violations_of,
)
from vid_trans_api.journal.violations import ViolationKind
from vid_trans_api.models import LoggedRequest

TWICE = ViolationKind.CREATED_TWICE

UNREADABLE: dict[str, Any] = {"reported": {}, "is_readable": False}


@pytest.mark.parametrize(
    ("first", "outcome"),
    [
        (lost_creation(1, job="a"), "had no response"),
        (creation(1, job="a", fault="garbage", **UNREADABLE), "had an unreadable response"),
        (creation(1, status=502, fault="html", **UNREADABLE), "had an unreadable response"),
        (failed_creation(1, status=500), "had the response 500"),
    ],
    ids=["lost-response", "garbage", "html", "500"],
)
def test_repeated_creation_without_a_key_is_flagged(first: LoggedRequest, outcome: str) -> None:
    (violation,) = violations_of(first, creation(2, job="b"))

    assert (violation.kind, violation.job, violation.at) == (TWICE, "b", at(2))
    assert violation.detail == (
        f"A creation {outcome}, so it may have started a job; the client sent the same again"
        " 1.00 s later, without an Idempotency-Key."
    )


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("", "two", "with an Idempotency-Key that the first did not have."),
        ("one", "two", "with another Idempotency-Key."),
        ("one", "", "without an Idempotency-Key."),
    ],
)
def test_detail_says_what_was_wrong_with_the_key(first: str, second: str, expected: str) -> None:
    (violation,) = violations_of(
        lost_creation(1, job="a", idempotency_key_digest=first),
        creation(2, job="b", idempotency_key_digest=second),
    )

    assert violation.detail.endswith(f"1.00 s later, {expected}")


@pytest.mark.parametrize(("fault", "status"), [("slow", 202), ("hang", None), ("", 202)])
def test_repeated_creation_is_flagged_if_the_hang_up_is_noticed_late(
    fault: str, status: int | None
) -> None:
    abandoned = lost_creation(1, job="a", until=9.01, fault=fault, status=status)

    assert kinds_of(abandoned, creation(9, job="b")) == [TWICE]


def test_simultaneous_creations_are_not_flagged() -> None:
    both = [lost_creation(1, job=job, until=1.03, fault="lost-response") for job in "ab"]

    assert kinds_of(*both) == []


def test_creation_with_another_key_is_flagged() -> None:
    first = lost_creation(1, job="a", idempotency_key_digest="one")

    assert kinds_of(first, creation(2, job="b", idempotency_key_digest="two")) == [TWICE]


def test_creation_is_not_flagged_if_the_first_key_is_used_again() -> None:
    first = failed_creation(1, idempotency_key_digest="a")
    second = creation(1.5, job="c", idempotency_key_digest="b")
    retry = creation(3, job="d", idempotency_key_digest="a")

    assert kinds_of(first, second) == [TWICE]
    assert kinds_of(first, second, retry) == []


def test_creation_with_the_same_key_is_not_flagged() -> None:
    first = lost_creation(1, job="a", idempotency_key_digest="one")

    assert kinds_of(first, creation(2, job="a", idempotency_key_digest="one")) == []


def test_creation_after_a_clear_refusal_is_not_flagged() -> None:
    refused = failed_creation(1, status=400)

    assert kinds_of(refused, creation(2, job="b"), creation(3, job="c")) == []


def test_creation_with_another_body_is_not_flagged() -> None:
    another = creation(2, job="b", content_digest="another")

    assert kinds_of(lost_creation(1, job="a"), another) == []


def test_one_creation_is_flagged_for_each_doubtful_one() -> None:
    violations = violations_of(
        lost_creation(1, job="a"),
        lost_creation(2, job="b"),
        creation(3, job="c"),
        creation(4, job="d"),
    )

    assert [violation.job for violation in violations] == ["b", "c"]
