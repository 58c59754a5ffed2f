"""What each fault does to a request and its response."""

import pytest

from vid_trans_api.simulation.faults import (
    Fault,
    affects_one_job,
    can_apply,
    has_no_response,
    is_unreadable,
    needs_socket,
    parameters_of,
    replaces_request,
)
from vid_trans_api.snapshots import Operation

FAULTS: list[int | Fault] = [404, 503, *Fault]


def test_faults_that_need_the_socket() -> None:
    assert [fault for fault in FAULTS if needs_socket(fault)] == [
        "reset",
        "hang",
        "truncate",
        "slow",
        "dribble",
        "lost-response",
    ]


def test_faults_that_replace_the_request() -> None:
    assert [fault for fault in FAULTS if replaces_request(fault)] == [
        404,
        503,
        "html",
        "reset",
        "hang",
        "masked-error",
    ]


def test_faults_without_a_response() -> None:
    assert [fault for fault in FAULTS if has_no_response(fault)] == [
        "reset",
        "hang",
        "lost-response",
    ]


def test_faults_whose_response_cannot_be_read() -> None:
    assert [fault for fault in FAULTS if is_unreadable(fault)] == [
        "html",
        "reset",
        "hang",
        "garbage",
        "empty",
        "truncate",
        "lost-response",
        "masked-error",
    ]


def test_faults_that_can_affect_one_job_of_several() -> None:
    assert [fault for fault in FAULTS if affects_one_job(fault)] == [
        404,
        "stale",
        "unknown-status",
    ]


@pytest.mark.parametrize(
    ("fault", "parameters"),
    [
        (503, ("retry_after",)),
        (Fault.HTML, ("retry_after", "status")),
        (Fault.HANG, ("seconds",)),
        (Fault.SLOW, ("seconds",)),
        (Fault.DRIBBLE, ("seconds",)),
        (Fault.RESET, ()),
        (Fault.STALE, ()),
    ],
)
def test_faults_have_only_their_own_parameters(
    fault: int | Fault, parameters: tuple[str, ...]
) -> None:
    assert parameters_of(fault) == parameters


@pytest.mark.parametrize(
    ("fault", "impossible"),
    [
        (503, set()),
        (Fault.RESET, set()),
        (Fault.GARBAGE, {"delete"}),
        (Fault.EMPTY, {"delete"}),
        (Fault.STALE, {"create", "cancel", "result", "delete", "update", "upload"}),
        (Fault.UNKNOWN_STATUS, {"result", "delete", "update", "upload"}),
    ],
)
def test_some_faults_cannot_happen_to_some_operations(
    fault: int | Fault, impossible: set[str]
) -> None:
    assert {each.value for each in Operation if not can_apply(fault, each)} == impossible
