"""The rules that flag what a client should not do, one function each.

All of them take requests in the order in which the server received them. "Received" and "responded"
are instants of the workspace's clock, which says how long a client waited. Those of the server's
clock say which came first, and how long a client waited that does not sleep by the workspace's.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from itertools import pairwise
from typing import Final

from vid_trans_api.journal.reported import Reported
from vid_trans_api.models import LoggedRequest
from vid_trans_api.snapshots import Operation

LONGEST_REQUIRED_WAIT: Final = 60
"""Seconds. A client that waited for this long is not flagged, however long the Retry-After."""

QUICK: Final = 0.2
"""Seconds. A request that comes sooner after the one before is quick."""

QUICK_IN_A_ROW: Final = 3
"""How many quick requests in a row are hammering."""

_TOLERANCE: Final = timedelta(seconds=0.05)
"""By how much a wait may be too short: no sleep and no clock is more precise."""

_REFUSALS: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class ViolationKind(StrEnum):
    """What a client should not do."""

    ASKED_TOO_SOON = "asked-too-soon"
    """It repeated a request before the Retry-After of a 429 or 503, or 60 s of it, was over."""
    ASKED_AFTER_END = "asked-after-end"
    """It polled a job after a response had reported the job's end."""
    CREATED_TWICE = "created-twice"
    """It repeated a creation that may have succeeded, without the same Idempotency-Key."""
    HAMMERED = "hammered"
    """It sent three quick requests in a row for the same thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing that a client did and should not have done."""

    kind: ViolationKind
    request: LoggedRequest
    """The request that is flagged."""
    detail: str
    """A sentence with the numbers."""
    job: str | None

    @property
    def at(self) -> datetime:
        return self.request.received_at


Subject = tuple[str, str]
"""What a request asks for: an operation, and the job, list or creation. Equal if it is the same."""


def subjects(request: LoggedRequest) -> Iterator[tuple[Subject, str | None]]:
    """Yield each subject of a request, and the job that it concerns, if any."""
    if request.operation == Operation.CREATE:
        yield (request.operation, request.content_digest), request.job or None
    elif request.operation == Operation.LIST:
        yield (request.operation, request.content_digest), None
    elif request.reported_by_job:
        for job_id in request.reported_by_job:
            yield (request.operation, job_id), job_id
    else:
        yield (request.operation, ""), None


def asked_too_soon(requests: Sequence[LoggedRequest]) -> Iterator[Violation]:
    """Flag requests that repeat a refused one before its Retry-After is over.

    A creation repeats another if it has the same Idempotency-Key. A key that is used only once
    says nothing; such a creation repeats another if it has the same body.
    """
    key_uses = Counter(each.idempotency_key_digest for each in requests)
    refusals: dict[Subject, list[LoggedRequest]] = {}
    for request in requests:
        key = request.idempotency_key_digest
        is_refused = (
            request.is_readable and request.status in _REFUSALS and request.retry_after is not None
        )
        for subject, job in subjects(request):
            if key and key_uses[key] > 1:
                subject = (request.operation, key)  # noqa: PLW2901 (the same, more precisely)
            earlier = refusals.get(subject, ())
            ignored = [
                refusal
                for refusal in earlier
                if request.server_received_at >= refusal.server_responded_at
                and _missing_wait(refusal, request) > _TOLERANCE
            ]
            if ignored:
                refusal = max(ignored, key=lambda refusal: _missing_wait(refusal, request))
                yield Violation(
                    kind=ViolationKind.ASKED_TOO_SOON,
                    request=request,
                    detail=_too_soon_detail(refusal, request),
                    job=job,
                )
            if is_refused:
                in_force = [each for each in earlier if _missing_wait(each, request) > timedelta()]
                refusals[subject] = [*in_force, request]


def _missing_wait(refusal: LoggedRequest, request: LoggedRequest) -> timedelta:
    """Return how much longer the client should have waited.

    It may wait by either clock: libraries that repeat requests sleep by the real one.
    """
    waited = max(
        request.received_at - refusal.responded_at,
        request.server_received_at - refusal.server_responded_at,
    )
    return timedelta(seconds=min(refusal.retry_after or 0, LONGEST_REQUIRED_WAIT)) - waited


def _too_soon_detail(refusal: LoggedRequest, request: LoggedRequest) -> str:
    waited = _seconds(refusal.responded_at, request.received_at)
    is_capped = (refusal.retry_after or 0) > LONGEST_REQUIRED_WAIT
    enough = f"; {LONGEST_REQUIRED_WAIT} s would have been enough" if is_capped else ""
    return (
        f"The response was {refusal.status} with Retry-After {refusal.retry_after}, and the next"
        f" request came after {waited:.2f} s{enough}."
    )


def asked_after_end(
    job: str, requests: Iterable[LoggedRequest], *, end: LoggedRequest, reported: Reported
) -> Iterator[Violation]:
    """Flag polls of a job that came after the response that `reported` its `end`."""
    for request in requests:
        # A poll that was on its way by then is fine.
        if (
            request.operation == Operation.STATUS
            and request is not end
            and request.server_received_at >= end.server_responded_at
        ):
            late = _seconds(end.responded_at, request.received_at)
            yield Violation(
                kind=ViolationKind.ASKED_AFTER_END,
                request=request,
                detail=f"A response had reported the job's end ({reported.status}), and the client"
                f" polled again {late:.2f} s later.",
                job=job,
            )


def created_twice(requests: Iterable[LoggedRequest]) -> Iterator[Violation]:
    """Flag creations that repeat a doubtful one, other than by its Idempotency-Key.

    A creation is doubtful if the client cannot know whether it succeeded. The client may repeat it
    with the same key, so a doubtful creation is left aside if its key is used again later. Any
    other creation with the same body, sent after the doubtful one had failed, may start a second
    job. One creation is flagged for each doubtful one.
    """
    creations = [
        each for each in requests if each.operation == Operation.CREATE and each.content_digest
    ]
    last_with_key = {each.idempotency_key_digest: each for each in creations}
    doubtful: dict[str, list[LoggedRequest]] = {}
    seen_keys: set[str] = set()
    for request in creations:
        key = request.idempotency_key_digest
        same_body = doubtful.setdefault(request.content_digest, [])
        if key not in seen_keys:
            for earlier in same_body:
                if request.server_received_at >= _known_to_have_failed_at(earlier):
                    same_body.remove(earlier)
                    yield Violation(
                        kind=ViolationKind.CREATED_TWICE,
                        request=request,
                        detail=_twice_detail(earlier, request),
                        job=request.job or None,
                    )
                    break
        if request.is_doubtful and (not key or last_with_key[key] is request):
            same_body.append(request)
        if key:
            seen_keys.add(key)


def _known_to_have_failed_at(request: LoggedRequest) -> datetime:
    """Return the earliest instant at which the client can have known that a request failed."""
    # The server notices a moment late that a client has hung up; its next request may come first.
    return request.server_responded_at - (_TOLERANCE if request.was_abandoned else timedelta())


def _twice_detail(earlier: LoggedRequest, request: LoggedRequest) -> str:
    if earlier.status is None or earlier.was_abandoned:
        outcome = "had no response"
    elif not earlier.is_readable:
        outcome = "had an unreadable response"
    else:
        outcome = f"had the response {earlier.status}"
    if not request.idempotency_key_digest:
        key = "without an Idempotency-Key"
    elif earlier.idempotency_key_digest:
        key = "with another Idempotency-Key"
    else:
        key = "with an Idempotency-Key that the first did not have"
    waited = max(0.0, _seconds(earlier.responded_at, request.received_at))
    return (
        f"A creation {outcome}, so it may have started a job; the client sent the same again"
        f" {waited:.2f} s later, {key}."
    )


def hammered(requests: Iterable[LoggedRequest]) -> Iterator[Violation]:
    """Flag bursts of three or more quick requests for the same thing, each burst once."""
    by_subject: dict[tuple[Subject, str | None], list[LoggedRequest]] = {}
    for request in requests:
        if _is_question(request):
            for subject in subjects(request):
                by_subject.setdefault(subject, []).append(request)
    for ((operation, _), job), asked in by_subject.items():
        if len(asked) <= QUICK_IN_A_ROW:
            continue
        for burst in _bursts(asked):
            counted = _quick_requests(burst)
            if len(counted) >= QUICK_IN_A_ROW:
                yield Violation(
                    kind=ViolationKind.HAMMERED,
                    request=counted[QUICK_IN_A_ROW - 1],
                    detail=f"{len(burst)} requests{_purpose(operation, job)}, each less than"
                    f" {QUICK} s after the one before.",
                    job=job,
                )


def _is_question(request: LoggedRequest) -> bool:
    """Return whether a request asks how jobs are doing, as one for a result too early does."""
    return request.operation in {Operation.STATUS, Operation.LIST} or (
        request.operation == Operation.RESULT and request.status == HTTPStatus.CONFLICT
    )


def _bursts(requests: Sequence[LoggedRequest]) -> Iterator[list[LoggedRequest]]:
    """Split requests before each one that is not quick."""
    burst = [requests[0]]
    for before, request in pairwise(requests):
        # A retry may be a library's, which sleeps by the real clock only.
        is_slow_retry = (
            before.has_failed
            and _seconds(before.server_received_at, request.server_received_at) >= QUICK
        )
        if is_slow_retry or _seconds(before.received_at, request.received_at) >= QUICK:
            yield burst
            burst = []
        burst.append(request)
    yield burst


def _quick_requests(burst: Sequence[LoggedRequest]) -> list[LoggedRequest]:
    """Return the requests of a burst that count as quick: all but the first and single retries.

    A retry is single if only one request failed: not the one before it as well, nor the retry
    itself if that is repeated in turn.
    """
    failed = [request.has_failed for request in burst]
    failed[-1] = False  # no retry follows it in this burst
    failed_before = [False, *failed]
    return [
        request
        for number, request in enumerate(burst)
        if number and (not failed[number - 1] or failed_before[number - 1] or failed[number])
    ]


def _purpose(operation: str, job: str | None) -> str:
    if operation == Operation.LIST:
        return " for the same list"
    if operation == Operation.RESULT:
        return " for the result"
    return " for the job" if job else ""


def _seconds(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds()
