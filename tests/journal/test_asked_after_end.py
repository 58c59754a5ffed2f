"""Which polls are flagged because the client already knew that the job had ended."""

from typing import Any

from tests.journal.logged import at, kinds_of, poll, violations_of
from vid_trans_api.journal.reported import Reported
from vid_trans_api.journal.violations import ViolationKind
from vid_trans_api.snapshots import Operation

AFTER_END = ViolationKind.ASKED_AFTER_END


def test_each_poll_after_the_reported_end_is_flagged() -> None:
    violations = violations_of(poll(11), poll(12), poll(15))

    assert [(each.kind, each.at) for each in violations] == [
        (AFTER_END, at(12)),
        (AFTER_END, at(15)),
    ]
    assert violations[1].detail == (
        "A response had reported the job's end (completed), and the client polled again"
        " 4.00 s later."
    )


def test_poll_on_its_way_when_the_end_was_reported_is_not_flagged() -> None:
    assert kinds_of(poll(9, until=10.1), poll(9.5, until=10.2)) == []


def test_poll_is_not_flagged_if_the_report_was_not_delivered() -> None:
    cut_off = poll(11, reported={}, is_readable=False, fault="truncate")

    assert kinds_of(cut_off, poll(12)) == []


def test_poll_after_a_cancel_is_flagged() -> None:
    reported = {"a": Reported(status="error", finished_at=at(3))}
    canceled = poll(3, operation=Operation.CANCEL, reported=reported)

    assert kinds_of(poll(1), canceled, poll(4, reported=reported)) == [AFTER_END]


def test_request_for_the_result_is_no_poll() -> None:
    assert kinds_of(poll(11), poll(12, operation=Operation.RESULT, reported={})) == []


def test_poll_of_a_batch_is_flagged_only_once_all_its_jobs_have_ended() -> None:
    both = {"a": Reported("completed"), "b": Reported("pending")}
    ended = {"a": Reported("completed"), "b": Reported("error")}
    batch: dict[str, Any] = {"jobs": ("a", "b"), "content_digest": "x"}

    kinds = kinds_of(
        poll(11, reported=both, **batch),
        poll(12, reported=both, **batch),
        poll(13, reported=ended, **batch),
    )

    assert kinds == []
    assert AFTER_END in kinds_of(
        poll(11, reported=ended, **batch), poll(12, reported=ended, **batch)
    )
