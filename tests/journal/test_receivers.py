"""Which receivers of webhooks are flagged, and which ends they make known."""

from typing import Any

import pytest

from tests.journal.logged import END, at, judged, poll
from tests.journal.test_never_noticed import looked_up
from vid_trans_api.journal.receivers import Receivers
from vid_trans_api.journal.violations import Violation, ViolationKind, Violations
from vid_trans_api.models import SentAttempt

URL = "https://receiver.test/hook"


def sent(seconds: float | None = END, **facts: Any) -> SentAttempt:
    """Return an attempt to send the end of the job "a", which was accepted unless facts differ.

    Without seconds there was no attempt.
    """
    usual: dict[str, Any] = {
        "event": 1,
        "event_id": "evt_1",
        "event_type": "job.completed",
        "format": "standard",
        "subject": "a",
        "is_about_job": True,
        "endpoint": 1,
        "url": URL,
        "disabled_reason": "",
        "delivery": 1,
        "kind": "genuine",
        "state": "delivered",
        "slow_seconds": 0,
        "at": None if seconds is None else at(seconds),
        "status": None if seconds is None else 200,
        "milliseconds": None if seconds is None else 10,
        "timed_out": None if seconds is None else False,
    }
    return SentAttempt(**usual | facts)


def failed(seconds: float = END, **facts: Any) -> SentAttempt:
    return sent(seconds, **{"status": 500, "state": "pending"} | facts)


def timed_out(seconds: float = END, **facts: Any) -> SentAttempt:
    facts = {"status": None, "timed_out": True, "milliseconds": 10_004, **facts}
    return failed(seconds, **facts)


def extra(kind: str, **facts: Any) -> SentAttempt:
    return sent(delivery=9, kind=kind, **facts)


def violations_of(*attempts: SentAttempt) -> tuple[Violation, ...]:
    return judged([], attempts=attempts).violations


def kinds_of(*attempts: SentAttempt) -> list[ViolationKind]:
    return [each.kind for each in violations_of(*attempts)]


def test_receiver_that_accepts_is_not_flagged() -> None:
    assert kinds_of(sent()) == []


def test_attempt_that_timed_out_is_flagged() -> None:
    assert violations_of(timed_out(), sent(END + 5)) == (
        Violation(
            kind=ViolationKind.ANSWERED_LATE,
            request=None,
            at=at(END),
            detail=f"{URL} did not respond to job.completed within 10.0 s.",
            job="a",
            event="evt_1",
        ),
    )


def test_slow_attempt_that_timed_out_is_not_flagged() -> None:
    assert kinds_of(timed_out(slow_seconds=5), sent(END + 5, slow_seconds=5)) == []


def test_event_of_which_two_attempts_failed_is_flagged() -> None:
    assert violations_of(failed(END), failed(END + 5, status=None)) == (
        Violation(
            kind=ViolationKind.NEVER_ACCEPTED,
            request=None,
            at=at(END + 5),
            detail=f"{URL} accepted none of 2 attempts to send job.completed; there was no response"
            " to the last one.",
            job="a",
            event="evt_1",
        ),
    )


@pytest.mark.parametrize(
    "attempts",
    [
        (failed(),),
        (failed(), failed(END + 5), sent(END + 35)),
        (failed(), failed(delivery=2)),
        (failed(), failed(END + 5), sent(delivery=2)),
        (failed(), failed(END + 5, status=410, state="failed")),
        (sent(None, state="lost", at=None),),
    ],
    ids=["one failure", "accepted later", "two copies", "accepted copy", "gone", "lost"],
)
def test_receiver_that_may_be_right_is_not_flagged(attempts: tuple[SentAttempt, ...]) -> None:
    assert kinds_of(*attempts) == []


def test_each_endpoint_and_each_event_is_judged() -> None:
    attempts = [
        sent(endpoint=2, delivery=2),
        failed(),
        failed(END + 5),
        sent(event=2, delivery=3),
        failed(event=2, endpoint=2, delivery=4),
        failed(END + 7, event=2, event_id="evt_2", endpoint=2, delivery=4),
    ]

    assert [(each.kind, each.event) for each in violations_of(*attempts)] == [
        ("never-accepted", "evt_1"),
        ("never-accepted", "evt_2"),
    ]


@pytest.mark.parametrize(
    ("kind", "format_", "detail"),
    [
        ("forged", "standard", "responded with 204 to job.completed with a wrong signature."),
        ("forged", "heygen", "responded with 204 to job.completed with a wrong signature."),
        ("stale-timestamp", "standard", "with a signature that was an hour old."),
    ],
)
def test_receiver_that_accepts_a_forgery_is_flagged(kind: str, format_: str, detail: str) -> None:
    genuine = sent(format=format_)

    (violation,) = violations_of(genuine, extra(kind, format=format_, status=204))

    assert violation.kind is ViolationKind.ACCEPTED_FORGED
    assert violation.detail.endswith(detail)


@pytest.mark.parametrize(
    ("kind", "format_", "status"),
    [
        ("forged", "standard", 401),
        ("stale-timestamp", "heygen", 200),
        ("malformed", "standard", 200),
        ("malformed", "heygen", 500),
    ],
)
def test_receiver_that_could_not_tell_or_refused_is_not_flagged(
    kind: str, format_: str, status: int
) -> None:
    assert kinds_of(sent(), extra(kind, format=format_, status=status)) == []


def test_event_about_no_job_names_none() -> None:
    (violation,) = violations_of(timed_out(is_about_job=False))

    assert violation.job is None


def test_violations_of_requests_and_receivers_are_listed_by_time() -> None:
    quick = [poll(seconds, number=1) for seconds in (12, 12.05, 12.1)]

    verdict = judged(quick, attempts=[timed_out(11), timed_out(13)])

    assert [each.kind for each in verdict.violations] == [
        "answered-late",
        "asked-after-end",
        "asked-after-end",
        "answered-late",
        "never-accepted",
    ]


def test_only_the_newest_violations_are_kept() -> None:
    attempts = [timed_out(10 + each, delivery=each) for each in range(30)]

    polls = [poll(20, number=1), poll(38.5, number=2)]
    verdict = judged(polls, attempts=attempts, most_violations=2)

    assert verdict.violation_count == 31
    assert [each.at for each in verdict.violations] == [at(38.5), at(39)]


def unnoticed(*attempts: SentAttempt, **known: Any) -> list[tuple[int | None, str | None]]:
    """Return the request and event that is flagged for a job that was polled once, or never."""
    requests = known.pop("requests", [])
    verdict = judged(requests, attempts=attempts, look_up=looked_up(**known))
    return [
        (each.request, each.event)
        for each in verdict.violations
        if each.kind is ViolationKind.NEVER_NOTICED
    ]


@pytest.mark.parametrize("requests", [[], [poll(5, number=3)]], ids=["not polled", "polled"])
def test_end_that_a_receiver_accepted_is_noticed(requests: list[Any]) -> None:
    assert unnoticed(sent(END + 5), requests=requests) == []


@pytest.mark.parametrize("requests", [[], [poll(5, number=3)]], ids=["not polled", "polled"])
def test_end_that_a_receiver_may_still_accept_is_not_flagged(requests: list[Any]) -> None:
    assert unnoticed(failed(), requests=requests) == []
    assert unnoticed(sent(None, state="pending"), requests=requests) == []


@pytest.mark.parametrize(
    "attempts",
    [
        (sent(None, state="lost"),),
        (failed(state="failed"),),
        (failed(disabled_reason="failing"),),
        (sent(None, state="lost"), extra("forged", status=200)),
    ],
    ids=["lost", "failed", "disabled", "forged"],
)
def test_end_that_no_receiver_accepted_is_flagged(attempts: tuple[SentAttempt, ...]) -> None:
    (violation,) = judged([], attempts=attempts[:1], look_up=looked_up()).violations
    assert violation.detail == (
        "The job ended (completed) after 10.00 s. No receiver accepted the event about that, and no"
        " response that the client could read reported it."
    )
    assert unnoticed(*attempts) == [(None, "evt_1")]
    assert unnoticed(*attempts, requests=[poll(5, number=3)]) == [(3, None)]


def test_end_that_a_response_showed_is_noticed_without_a_receiver() -> None:
    assert unnoticed(sent(None, state="lost"), requests=[poll(11)]) == []


def test_one_of_two_formats_is_enough() -> None:
    lost = sent(None, state="lost")
    accepted = sent(event=2, format="heygen", endpoint=2, delivery=2)

    assert unnoticed(lost, accepted) == []


@pytest.mark.parametrize(
    "known",
    [{"now": END + 60}, {"canceled_at": at(END)}, {"evicted_until": END}, {"is_reported": False}],
    ids=["ended just now", "canceled", "evicted", "not reported yet"],
)
def test_client_that_may_know_is_not_flagged(known: dict[str, Any]) -> None:
    lost = sent(None, state="lost")

    assert unnoticed(lost, requests=[poll(5)], **known) == []


def test_end_was_noticed_when_it_was_first_accepted() -> None:
    receivers = Receivers(Violations())

    receivers.add([sent(END + 5, event=2), failed(END + 1), sent(END + 3, delivery=2)])

    assert receivers.accepted == {"a": at(END + 3)}
