"""Verdicts on clients, from made-up exchanges: what earns which violation, and what earns none."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.conftest import NEW_YEAR
from vid_trans_api.journal.verdicts import Exchange, Kind, Reported, Verdict, Violation, judge
from vid_trans_api.snapshots import Operation

END = 10.0
"""Seconds after the new year at which the job of these tests ends."""


def at(seconds: float) -> datetime:
    return NEW_YEAR + timedelta(seconds=seconds)


def exchange(seconds: float, *, until: float | None = None, **facts: Any) -> Exchange:
    """Return a status request about the job, answered at once unless it is held `until` then."""
    server_responded_at = seconds if until is None else until
    status = "pending" if server_responded_at < END else "completed"
    usual: dict[str, Any] = {
        "operation": Operation.STATUS,
        "jobs": ("a",),
        "reported": {
            "a": Reported(status=status, finished_at=None if server_responded_at < END else at(END))
        },
    }
    return Exchange(
        server_received_at=at(seconds),
        received_at=at(seconds),
        server_responded_at=at(server_responded_at),
        responded_at=at(server_responded_at),
        **usual | facts,
    )


def failed(seconds: float, *, status: int | None = 503, **facts: Any) -> Exchange:
    return exchange(seconds, status=status, **{"reported": {}, **facts})


def created(seconds: float, *, job: str, asked: str = "body", **facts: Any) -> Exchange:
    usual: dict[str, Any] = {"operation": Operation.CREATE, "jobs": (job,), "status": 202}
    actual = {job: Reported(status="pending")}
    return exchange(seconds, **{"reported": actual, "asked": asked, **usual, **facts})


def lost(seconds: float, *, job: str, **facts: Any) -> Exchange:
    usual: dict[str, Any] = {"reported": {}, "status": None, "is_readable": False}
    return created(seconds, job=job, **usual | facts)


def verdict(*exchanges: Exchange, end: float | None = END) -> Verdict:
    verdicts, _ = judge(exchanges, {"a": None if end is None else at(end)})
    return verdicts["a"]


def violations(*exchanges: Exchange) -> tuple[Violation, ...]:
    return judge(exchanges, {"a": at(END)})[1]


def kinds(*exchanges: Exchange) -> list[Kind]:
    return [violation.kind for violation in violations(*exchanges)]


def in_frozen_time(exchange: Exchange) -> Exchange:
    return replace(exchange, received_at=at(0), responded_at=at(0))


def test_who_really_waits_as_long_as_asked_to_is_not_blamed_where_time_stands_still() -> None:
    asked_off = in_frozen_time(failed(1, retry_after=2))

    assert kinds(asked_off, in_frozen_time(exchange(3))) == []
    assert kinds(asked_off, in_frozen_time(exchange(2.5))) == [Kind.ASKED_TOO_SOON]


def test_retries_that_really_wait_are_no_hammering_where_time_stands_still() -> None:
    slow = [in_frozen_time(failed(each)) for each in (0, 0.3, 0.6, 0.9, 1.2)]
    quick = [in_frozen_time(failed(each)) for each in (0, 0.1, 0.2, 0.3, 0.4, 0.5)]

    assert kinds(*slow) == []
    assert kinds(*quick) == [Kind.HAMMERED]


def test_polls_of_who_really_waits_are_hammering_where_time_stands_still() -> None:
    polls = [in_frozen_time(exchange(each)) for each in (0, 0.3, 0.6, 0.9)]

    assert kinds(*polls) == [Kind.HAMMERED]


def test_polls_are_as_late_as_their_answers() -> None:
    polls = verdict(exchange(4), exchange(9, until=10.5)).polls

    assert [poll.lateness for poll in polls] == [-6, 0.5]


def test_the_end_is_noticed_with_the_first_answer_that_tells_of_it() -> None:
    assert verdict(exchange(4), exchange(12.5), exchange(14)).noticed_after == 2.5


@pytest.mark.parametrize(("forgotten", "expected"), [(9.9, 2.5), (10, None), (11, None)])
def test_the_end_may_have_been_noticed_by_what_is_forgotten(
    forgotten: float, expected: float | None
) -> None:
    verdicts, _ = judge([exchange(12.5)], {"a": at(END)}, evicted_until=at(forgotten))

    assert verdicts["a"].noticed_after == expected


def test_an_end_that_nobody_is_told_of_is_not_noticed() -> None:
    assert verdict(exchange(4), exchange(12, reported={}, is_readable=False)).noticed_after is None


def test_a_job_without_an_end_has_no_lateness() -> None:
    judged = verdict(exchange(4), end=None)

    assert (judged.noticed_after, judged.polls[0].lateness) == (None, None)


def test_a_job_that_is_gone_ended_when_its_client_was_told_it_did() -> None:
    verdicts, _ = judge([exchange(4), exchange(11)], {})

    assert [poll.lateness for poll in verdicts["a"].polls] == [-6, 1]
    assert verdicts["a"].noticed_after == 1


def test_a_job_that_ends_as_it_is_created_needs_no_poll() -> None:
    actual = {"a": Reported(status="completed", finished_at=at(0))}
    judged = verdict(created(0, job="a", reported=actual), end=0)

    assert (judged.polls, judged.noticed_after, judged.violations) == ((), 0, ())


def test_an_answer_from_the_past_tells_what_it_told() -> None:
    stale = exchange(11, reported={"a": Reported(status="pending")}, fault="stale")

    judged = verdict(exchange(4), stale, exchange(13))

    assert (judged.noticed_after, judged.violations) == (3, ())


def test_a_retry_is_no_poll_of_its_own() -> None:
    judged = verdict(exchange(1), failed(3), failed(4), exchange(5), exchange(11))

    assert [poll.is_retry for poll in judged.polls] == [False, False, True, True, False]


@pytest.mark.parametrize("status", [400, 404])
def test_an_answer_that_is_final_is_not_retried(status: int) -> None:
    judged = verdict(failed(3, status=status), exchange(4))

    assert [poll.is_retry for poll in judged.polls] == [False, False]


def test_the_order_of_exchanges_is_that_of_their_arrival() -> None:
    several = [exchange(1), failed(3), exchange(4), exchange(9, until=10), exchange(9.5)]

    assert judge(reversed(several), {}) == judge(several, {})


def test_a_client_that_keeps_to_the_pace_is_blamed_for_nothing() -> None:
    assert kinds(created(0, job="a"), exchange(5), exchange(8), exchange(9, until=10)) == []


# asked-too-soon


@pytest.mark.parametrize(
    ("seconds", "expected"), [(1, [Kind.ASKED_TOO_SOON]), (4.9, [Kind.ASKED_TOO_SOON]), (5, [])]
)
@pytest.mark.parametrize("status", [429, 503])
def test_asking_again_has_to_wait_for_the_retry_after(
    status: int, seconds: float, expected: list[Kind]
) -> None:
    asked_off = failed(1, status=status, retry_after=5)

    assert kinds(asked_off, exchange(1 + seconds)) == expected


def test_the_wait_begins_with_the_answer() -> None:
    slow = failed(1, until=3, status=429, retry_after=2)

    assert kinds(slow, exchange(4)) == [Kind.ASKED_TOO_SOON]


@pytest.mark.parametrize(("seconds", "count"), [(59, 1), (60, 0)])
def test_nobody_has_to_wait_for_longer_than_a_minute(seconds: float, count: int) -> None:
    asked_off = failed(-80, retry_after=3600)

    assert len(violations(asked_off, exchange(-80 + seconds))) == count


def test_each_request_that_comes_too_soon_is_blamed() -> None:
    asked_off = failed(1, retry_after=5)

    assert kinds(asked_off, exchange(2), exchange(3), exchange(7)) == [Kind.ASKED_TOO_SOON] * 2


@pytest.mark.parametrize(
    "asked_off",
    [
        failed(1),
        failed(1, status=502, retry_after=5),
        exchange(1, retry_after=5),
        failed(1, until=3, retry_after=5),
        failed(1, status=429, retry_after=5, is_readable=False),
    ],
    ids=["no Retry-After", "another status", "pending", "still on its way", "never read"],
)
def test_what_does_not_ask_to_wait_may_be_asked_again(asked_off: Exchange) -> None:
    assert kinds(asked_off, exchange(2)) == []


def test_another_job_may_be_asked_for_meanwhile() -> None:
    other = exchange(2, jobs=("b",), reported={"b": Reported(status="pending")})

    assert kinds(failed(1, retry_after=5), other) == []


def test_a_job_asked_for_among_others_is_asked_for_too_soon_all_the_same() -> None:
    (violation,) = violations(failed(1, retry_after=5), exchange(2, jobs=("b", "a"), reported={}))

    assert (violation.kind, violation.job, violation.at) == (Kind.ASKED_TOO_SOON, "a", at(2))
    assert (
        violation.detail == "It was answered 503 with Retry-After 5, and asked again after 1.00 s."
    )


def test_a_remark_says_how_long_would_have_been_enough() -> None:
    (violation,) = violations(failed(1, status=429, retry_after=3600), exchange(8))

    assert violation.detail == (
        "It was answered 429 with Retry-After 3600, and asked again after 7.00 s;"
        " 60 s would have been enough."
    )


def test_creating_and_listing_have_to_wait_as_well() -> None:
    refused: dict[str, Any] = {"status": 429, "retry_after": 5, "jobs": (), "reported": {}}
    listing: dict[str, Any] = {"operation": Operation.LIST, "jobs": (), "reported": {}}

    found = violations(
        created(1, job="a", **refused),
        created(2, job="b"),
        exchange(3, **listing | {"status": 503, "retry_after": 5}),
        exchange(4, **listing),
    )
    assert [(each.kind, each.job) for each in found] == [
        (Kind.ASKED_TOO_SOON, "b"),
        (Kind.ASKED_TOO_SOON, None),
    ]


# asked-after-end


def test_asking_after_the_end_was_told_is_blamed_each_time() -> None:
    found = violations(exchange(11), exchange(12), exchange(15))

    assert [(each.kind, each.at) for each in found] == [
        (Kind.ASKED_AFTER_END, at(12)),
        (Kind.ASKED_AFTER_END, at(15)),
    ]
    assert found[1].detail == (
        "It was told that the job had ended (completed), and asked again 4.00 s later."
    )


def test_what_was_on_its_way_when_the_end_was_told_is_not_blamed() -> None:
    assert kinds(exchange(9, until=10.1), exchange(9.5, until=10.2)) == []


def test_asking_on_is_right_where_the_end_was_not_delivered() -> None:
    cut_off = exchange(11, reported={}, is_readable=False, fault="truncate")

    assert kinds(cut_off, exchange(12)) == []


def test_whoever_cancels_knows_the_end() -> None:
    actual = {"a": Reported(status="error", finished_at=at(3))}
    canceled = exchange(3, operation=Operation.CANCEL, reported=actual)

    assert kinds(exchange(1), canceled, exchange(4, reported=actual)) == [Kind.ASKED_AFTER_END]


def test_fetching_the_result_is_no_poll() -> None:
    assert kinds(exchange(11), exchange(12, operation=Operation.RESULT, reported={})) == []


# created-twice


HOW_IT_WENT = {
    "lost-response": "got no answer",
    "garbage": "got an answer that cannot be read",
    "html": "got an answer that cannot be read",
    "500": "was answered 500",
}


@pytest.mark.parametrize("fault", HOW_IT_WENT)
def test_creating_again_in_doubt_without_a_key_is_blamed(fault: str) -> None:
    struck = {
        "lost-response": lost(1, job="a"),
        "garbage": created(1, job="a", reported={}, is_readable=False, fault="garbage"),
        "html": created(
            1, job="a", jobs=(), reported={}, status=502, is_readable=False, fault="html"
        ),
        "500": created(1, job="a", jobs=(), reported={}, status=500),
    }[fault]

    (violation,) = violations(struck, created(2, job="b"))

    assert (violation.kind, violation.job, violation.at) == (Kind.CREATED_TWICE, "b", at(2))
    assert violation.detail == (
        f"Its creation {HOW_IT_WENT[fault]}, so a job may have been started all the same; it sent"
        " the same again 1.00 s later, without an Idempotency-Key."
    )


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        ("", "two", "with an Idempotency-Key that the first did not have."),
        ("one", "two", "with another Idempotency-Key."),
        ("one", "", "without an Idempotency-Key."),
    ],
)
def test_a_remark_says_what_was_wrong_with_the_key(first: str, then: str, expected: str) -> None:
    (violation,) = violations(
        lost(1, job="a", idempotency_key=first), created(2, job="b", idempotency_key=then)
    )

    assert violation.detail.endswith(f"1.00 s later, {expected}")


@pytest.mark.parametrize(("fault", "status"), [("slow", 202), ("hang", None), ("", 202)])
def test_creating_again_as_one_hangs_up_is_blamed_although_it_is_seen_a_moment_later(
    fault: str, status: int | None
) -> None:
    left = lost(1, job="a", until=9.01, fault=fault, status=status)

    assert kinds(left, created(9, job="b")) == [Kind.CREATED_TWICE]


def test_creating_the_same_twice_at_the_same_time_is_right() -> None:
    both = [lost(1, job=name, until=1.03, fault="lost-response") for name in "ab"]

    assert kinds(*both) == []


def test_creating_again_with_another_key_is_blamed() -> None:
    first = lost(1, job="a", idempotency_key="one")

    assert kinds(first, created(2, job="b", idempotency_key="two")) == [Kind.CREATED_TWICE]


def test_creations_beside_each_other_are_told_apart_by_keys_that_come_again() -> None:
    first, second = (failed_creation(1, key="a"), created(1.5, job="c", idempotency_key="b"))

    assert kinds(first, second) == [Kind.CREATED_TWICE]
    assert kinds(first, second, created(3, job="d", idempotency_key="a")) == []


def test_a_creation_that_was_asked_to_wait_is_no_reason_for_others_to() -> None:
    asked_off = failed_creation(1, key="a", status=429, retry_after=5)
    other = created(2, job="c", idempotency_key="b")

    assert kinds(asked_off, other) == [Kind.ASKED_TOO_SOON]
    assert kinds(asked_off, other, created(7, job="d", idempotency_key="a")) == []
    assert kinds(asked_off, other, created(3, job="d", idempotency_key="a")) == [
        Kind.ASKED_TOO_SOON
    ]


def failed_creation(seconds: float, *, key: str, status: int = 503, **facts: Any) -> Exchange:
    usual: dict[str, Any] = {"jobs": (), "reported": {}, "status": status, "idempotency_key": key}
    return created(seconds, job="", **usual | facts)


def test_creating_again_with_the_same_key_is_right() -> None:
    first = lost(1, job="a", idempotency_key="one")

    assert kinds(first, created(2, job="a", idempotency_key="one")) == []


def test_creating_the_same_again_is_right_when_it_is_known_how_the_first_went() -> None:
    refused = created(1, job="a", jobs=(), reported={}, status=400)

    assert kinds(refused, created(2, job="b"), created(3, job="c")) == []


def test_creating_another_job_is_right() -> None:
    assert kinds(lost(1, job="a"), created(2, job="b", asked="another")) == []


def test_only_the_tries_after_a_loss_are_blamed() -> None:
    tries = lost(1, job="a"), lost(2, job="b"), created(3, job="c"), created(4, job="d")

    assert [violation.job for violation in violations(*tries)] == ["b", "c"]


# hammered


@pytest.mark.parametrize(("count", "expected"), [(3, []), (4, [Kind.HAMMERED])])
def test_three_short_times_in_a_row_are_hammering(count: int, expected: list[Kind]) -> None:
    assert kinds(*(exchange(1 + 0.19 * number) for number in range(count))) == expected


def test_times_of_a_fifth_of_a_second_are_not_short() -> None:
    assert kinds(*(exchange(1 + 0.2 * number) for number in range(9))) == []


def hundredths(*operations: Operation, **facts: Any) -> list[Exchange]:
    """Return requests a hundredth of a second apart."""
    return [exchange(1 + 0.01 * n, operation=each, **facts) for n, each in enumerate(operations)]


def test_hammering_the_list_is_hammering_too() -> None:
    (violation,) = violations(*hundredths(*[Operation.LIST] * 5, jobs=("a", "b")))

    assert (violation.kind, violation.job, violation.at) == (Kind.HAMMERED, None, at(1.03))
    assert violation.detail == (
        "It asked for the same list 5 times, each less than 0.2 s after the one before."
    )


def test_paging_through_a_list_is_not_hammering() -> None:
    pages = [exchange(1 + n / 100, operation=Operation.LIST, asked=str(n)) for n in range(9)]

    assert kinds(*pages) == []


def test_another_list_may_be_asked_for_before_the_retry_after_of_one() -> None:
    refused = failed(1, operation=Operation.LIST, asked="pending", retry_after=5)

    assert kinds(refused, exchange(2, operation=Operation.LIST, asked="completed")) == []
    assert kinds(refused, exchange(2, operation=Operation.LIST, asked="pending")) == [
        Kind.ASKED_TOO_SOON
    ]


def test_asking_for_the_newest_job_where_there_is_none_is_judged_too() -> None:
    none: dict[str, Any] = {"jobs": (), "reported": {}}

    assert kinds(*(failed(1 + n / 9, status=404, **none) for n in range(4))) == [Kind.HAMMERED]
    assert kinds(failed(1, status=429, retry_after=5, **none), exchange(2, **none)) == [
        Kind.ASKED_TOO_SOON
    ]


@pytest.mark.parametrize(("status", "expected"), [(409, [Kind.HAMMERED]), (200, [])])
def test_asking_for_a_result_that_is_not_there_is_asking_for_the_job(
    status: int, expected: list[Kind]
) -> None:
    asked = hundredths(*[Operation.RESULT] * 5, status=status, reported={})

    assert kinds(*asked) == expected


def test_a_row_is_blamed_once_and_the_next_one_again() -> None:
    found = violations(*(exchange(start + 0.1 * number) for start in (1, 5) for number in range(6)))

    assert [(each.kind, each.at) for each in found] == [
        (Kind.HAMMERED, at(1.3)),
        (Kind.HAMMERED, at(5.3)),
    ]
    assert found[0].detail == (
        "It asked for the job 6 times, each less than 0.2 s after the one before."
    )


def test_a_single_quick_retry_after_a_failure_is_not_hammering() -> None:
    polls = [poll for start in range(1, 9) for poll in (failed(start), exchange(start + 0.01))]

    assert kinds(*polls) == []


def test_quick_retries_that_are_not_single_count_from_the_first() -> None:
    assert kinds(*(failed(each) for each in (0, 0.1, 0.2))) == []
    assert kinds(*(failed(each) for each in (0, 0.1, 0.2, 0.3))) == [Kind.HAMMERED]


def test_a_quick_retry_does_not_excuse_the_hammering_around_it() -> None:
    polls = [exchange(1), exchange(1.1), failed(1.2), exchange(1.3), exchange(1.4)]

    (violation,) = violations(*polls)
    assert (violation.kind, "5 times" in violation.detail) == (Kind.HAMMERED, True)


def test_retrying_at_once_again_and_again_is_hammering() -> None:
    assert kinds(*(failed(1 + 0.1 * number) for number in range(5))) == [Kind.HAMMERED]


def test_polls_of_several_jobs_at_once_are_not_hammering() -> None:
    assert kinds(*(exchange(1 + 0.01 * n, jobs=(str(n),), reported={}) for n in range(9))) == []
