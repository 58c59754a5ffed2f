"""Verdicts: how well a client asked for its jobs, judged by the truth and by what it was told."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from itertools import pairwise
from typing import Final

from vid_trans_api.simulation.faults import Fault, is_unreadable
from vid_trans_api.simulation.plans import Outcome
from vid_trans_api.snapshots import Operation

LONGEST_WAIT: Final = 60
"""Seconds of a Retry-After after which nobody is blamed for asking again."""

QUICK: Final = 0.2
"""Seconds below which the time between two polls is short."""

IN_A_ROW: Final = 3
"""So many short times in a row are hammering."""

_GRACE: Final = timedelta(seconds=0.05)
"""By which a wait may be cut short: no sleep and no clock is more precise."""

_BROKEN: Final = int(HTTPStatus.INTERNAL_SERVER_ERROR)
"""The first status of those that are the server's fault; an int, as this is asked most often."""

_TERMINAL: Final = frozenset({Outcome.COMPLETED.value, Outcome.ERROR.value})
_WORTH_A_RETRY: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
_ASK_LATER: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class Kind(StrEnum):
    """What a client may be blamed for."""

    ASKED_TOO_SOON = "asked-too-soon"
    """Again before the Retry-After of a 429 or 503, or 60 s of it, was over."""
    ASKED_AFTER_END = "asked-after-end"
    """For a job that it had been told the end of."""
    CREATED_TWICE = "created-twice"
    """The same once more, not knowing how it went before, without the same Idempotency-Key."""
    HAMMERED = "hammered"
    """Three times in a row less than 0.2 s after asking for the same before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What an answer said of one job."""

    status: str
    estimate: float | None = None
    """Seconds left, as far as it said."""
    finished_at: datetime | None = None

    @property
    def is_terminal(self) -> bool:
        return self.status in _TERMINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and what its client got for an answer."""

    number: int = 0
    """By which the journal knows it."""
    operation: Operation
    server_received_at: datetime
    """By the server's clock, as `answered`: they say what came first."""
    server_responded_at: datetime
    received_at: datetime
    """By the workspace's clock, as `responded_at`: they say how long it took."""
    responded_at: datetime
    jobs: tuple[str, ...] = ()
    """The jobs that it is about; of a creation the one that it made, whoever learnt of it."""
    reported: Mapping[str, Reported]
    """What the client could read of jobs: nothing, where the answer was spoiled or never came."""
    status: int | None = HTTPStatus.OK
    """None where no answer came."""
    retry_after: int | None = None
    fault: str = ""
    """The simulated faults that struck it."""
    is_readable: bool = True
    """Whether the client could read the answer that it got."""
    wait: int | None = None
    """Seconds that it asked to be held for."""
    is_long_poll: bool = False
    asked: str = ""
    """Of a creation or a list: the same for the same asked for."""
    idempotency_key: str = ""
    user_agent: str = ""

    @property
    def leaves_in_doubt(self) -> bool:
        """Whether the client cannot know if its request was done."""
        return self.status is None or not self.is_readable or self.status >= _BROKEN

    @property
    def has_been_left(self) -> bool:
        """Whether its client hung up before there was an answer."""
        faults = self.fault.split(", ")
        return not self.is_readable and (
            Fault.HANG in faults or not any(map(is_unreadable, faults))
        )

    @property
    def has_failed(self) -> bool:
        """Whether the client has to ask again to learn what it wanted to know."""
        return self.leaves_in_doubt or self.status in _WORTH_A_RETRY


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One status request, as far as it is about one job."""

    exchange: Exchange
    reported: Reported | None
    lateness: float | None
    """Seconds from the job's end to the answer, negative before it; None where it never ends."""
    is_retry: bool
    """Whether it follows a poll that failed, and so is none of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Something that a client is blamed for."""

    kind: Kind
    exchange: Exchange
    """The request that earned it."""
    detail: str
    """A sentence, with the numbers."""
    job: str | None

    @property
    def at(self) -> datetime:
        return self.exchange.received_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a client did with one job."""

    exchanges: tuple[Exchange, ...] = ()
    """All that are about it, in the order in which they server_received_at."""
    polls: tuple[Poll, ...]
    noticed_after: float | None
    """Seconds from its end to the first answer delivered that said so.

    None if there was none, or if it may have been forgotten.
    """
    violations: tuple[Violation, ...]


def judge(
    exchanges: Iterable[Exchange],
    ends: Mapping[str, datetime | None],
    *,
    evicted_until: datetime | None = None,
) -> tuple[dict[str, Verdict], tuple[Violation, ...]]:
    """Judge what a workspace's client did.

    `ends` has the true ends of jobs; of those that are gone, the end is what was told. What was
    answered up to `evicted_until`, by the workspace's clock, may be missing. Returns the verdict on
    each job that any request was about, in the order in which they came up, and all violations, in the
    order in which they were earned.
    """
    in_order = sorted(exchanges, key=lambda each: each.server_received_at)
    by_job: dict[str, list[Exchange]] = {}
    for exchange in in_order:
        for job in exchange.jobs:
            by_job.setdefault(job, []).append(exchange)
    violations = [*_too_soon(in_order), *_twice(in_order), *_hammered(in_order)]
    known: dict[str, tuple[tuple[Poll, ...], float | None]] = {}
    for job, about in by_job.items():
        noticed = _noticed(job, about)
        end = noticed.reported[job].finished_at if noticed else None
        end = ends.get(job, end)
        polls = tuple(_polls(job, about, end))
        violations += _after_end(job, polls, noticed)
        late = None
        if end and noticed and (evicted_until is None or evicted_until < end):
            late = max(0.0, _seconds(end, noticed.responded_at))
        known[job] = polls, late
    violations.sort(key=lambda violation: violation.exchange.server_received_at)
    of_job: dict[str | None, list[Violation]] = {}
    for violation in violations:
        of_job.setdefault(violation.job, []).append(violation)
    verdicts = {
        job: Verdict(
            exchanges=tuple(by_job[job]),
            polls=polls,
            noticed_after=late,
            violations=tuple(of_job.get(job, ())),
        )
        for job, (polls, late) in known.items()
    }
    return verdicts, tuple(violations)


def _noticed(job: str, about: Sequence[Exchange]) -> Exchange | None:
    """Return the exchange whose answer was the first to tell of the job's end."""
    reported = [each for each in about if job in each.reported and each.reported[job].is_terminal]
    return min(reported, key=lambda each: each.server_responded_at, default=None)


def _polls(job: str, about: Sequence[Exchange], end: datetime | None) -> Iterator[Poll]:
    is_retry = False
    for exchange in about:
        if exchange.operation is not Operation.STATUS:
            continue
        yield Poll(
            exchange=exchange,
            reported=exchange.reported.get(job),
            lateness=None if end is None else _seconds(end, exchange.responded_at),
            is_retry=is_retry,
        )
        is_retry = exchange.has_failed


def _after_end(job: str, polls: Sequence[Poll], noticed: Exchange | None) -> Iterator[Violation]:
    if noticed is None:
        return
    for poll in polls:
        # One that was on its way by then is nobody's fault.
        if (
            poll.exchange is not noticed
            and poll.exchange.server_received_at >= noticed.server_responded_at
        ):
            late = _seconds(noticed.responded_at, poll.exchange.received_at)
            status = noticed.reported[job].status
            yield Violation(
                kind=Kind.ASKED_AFTER_END,
                exchange=poll.exchange,
                detail=f"It was told that the job had ended ({status}), and asked again"
                f" {late:.2f} s later.",
                job=job,
            )


def _hammered(exchanges: Iterable[Exchange]) -> Iterator[Violation]:
    """Find rows of short times between asking for the same; a row is one violation, however long."""
    asked_for: dict[tuple[tuple[str, ...], str | None], list[Exchange]] = {}
    for exchange in exchanges:
        if _is_question(exchange):
            for subject in _subjects(exchange):
                asked_for.setdefault(subject, []).append(exchange)
    for (_, job), asked in asked_for.items():
        if len(asked) > IN_A_ROW:
            yield from _rows(asked, job)


def _is_question(exchange: Exchange) -> bool:
    """Return whether it asks how jobs are doing; asking for a result too early does."""
    return exchange.operation in {Operation.STATUS, Operation.LIST} or (
        exchange.operation is Operation.RESULT and exchange.status == HTTPStatus.CONFLICT
    )


def _rows(asked: Sequence[Exchange], job: str | None) -> Iterator[Violation]:
    row: list[Exchange] = []
    times = 1
    is_retry = False
    excused: list[Exchange] = []
    for before, exchange in pairwise(asked):
        # A retry may be a library's, which sleeps by no clock but the real one.
        is_slow = (
            before.has_failed
            and _seconds(before.server_received_at, exchange.server_received_at) >= QUICK
        )
        if is_slow or _seconds(before.received_at, exchange.received_at) >= QUICK:
            yield from _remark_on(row, times, job)
            row, times, excused = [], 1, []
        else:
            times += 1
            # A single quick retry after a failure neither counts nor ends a row.
            if not before.has_failed:
                row, excused = [*row, exchange], []
            elif is_retry:
                row, excused = [*row, *excused, exchange], []
            else:
                excused = [exchange]
        is_retry = before.has_failed
    yield from _remark_on(row, times, job)


def _remark_on(row: Sequence[Exchange], times: int, job: str | None) -> Iterator[Violation]:
    if len(row) >= IN_A_ROW:
        what = {Operation.LIST: " for the same list", Operation.RESULT: " for the result"}.get(
            row[0].operation, " for the job" if job else ""
        )
        yield Violation(
            kind=Kind.HAMMERED,
            exchange=row[IN_A_ROW - 1],
            detail=f"It asked{what} {times} times, each less than {QUICK} s after the one before.",
            job=job,
        )


def _too_soon(exchanges: Sequence[Exchange]) -> Iterator[Violation]:
    asked_off: dict[tuple[str, ...], list[Exchange]] = {}
    keys = Counter(each.idempotency_key for each in exchanges if each.idempotency_key)
    for exchange in exchanges:
        # A key that comes more than once stands for a creation of its own, which is tried again.
        own = (exchange.idempotency_key,) if keys[exchange.idempotency_key] > 1 else ()
        for asked_for, job in _subjects(exchange):
            subject = (*asked_for, *own)
            ignored = [
                before
                for before in asked_off.get(subject, ())
                if exchange.server_received_at >= before.server_responded_at
                and _early(before, exchange) > _GRACE
            ]
            if ignored:
                before = max(ignored, key=lambda before: _early(before, exchange))
                waited = _seconds(before.responded_at, exchange.received_at)
                enough = (
                    f"; {LONGEST_WAIT} s would have been enough"
                    if (before.retry_after or 0) > LONGEST_WAIT
                    else ""
                )
                yield Violation(
                    kind=Kind.ASKED_TOO_SOON,
                    exchange=exchange,
                    detail=f"It was answered {before.status} with Retry-After"
                    f" {before.retry_after}, and asked again after {waited:.2f} s{enough}.",
                    job=job,
                )
            if (
                exchange.is_readable
                and exchange.status in _ASK_LATER
                and exchange.retry_after is not None
            ):
                still = [
                    before
                    for before in asked_off.get(subject, ())
                    if _early(before, exchange) > timedelta()
                ]
                asked_off[subject] = [*still, exchange]


def _early(before: Exchange, exchange: Exchange) -> timedelta:
    """Return by how much a request comes before it was fine to ask again.

    It may have waited by the workspace's clock, or really: libraries that repeat requests do.
    """
    waited = max(
        exchange.received_at - before.responded_at,
        exchange.server_received_at - before.server_responded_at,
    )
    return timedelta(seconds=min(before.retry_after or 0, LONGEST_WAIT)) - waited


def _subjects(exchange: Exchange) -> Iterator[tuple[tuple[str, ...], str | None]]:
    """Give what the request asks for, the same when it is asked for again, with its job if any."""
    if exchange.operation is Operation.CREATE:
        yield (exchange.operation, exchange.asked), next(iter(exchange.jobs), None)
    elif exchange.operation is Operation.LIST:
        yield (exchange.operation, exchange.asked), None
    elif exchange.jobs:
        for job in exchange.jobs:
            yield (exchange.operation, job), job
    else:
        yield (exchange.operation,), None


def _twice(exchanges: Sequence[Exchange]) -> Iterator[Violation]:
    last = {each.idempotency_key: each for each in exchanges}
    in_doubt: dict[str, dict[str, Exchange]] = {}
    for exchange in exchanges:
        if exchange.operation is not Operation.CREATE or not exchange.asked:
            continue
        key, doubts = exchange.idempotency_key, in_doubt.setdefault(exchange.asked, {})
        if not key or doubts.pop(key, None) is None:
            # A key that comes again later stands for a creation that goes on beside this one.
            before = next(
                (
                    each
                    for each in doubts.values()
                    if exchange.server_received_at >= _over_at(each)
                    and (not each.idempotency_key or last[each.idempotency_key] is each)
                ),
                None,
            )
            if before is not None:
                yield Violation(
                    kind=Kind.CREATED_TWICE,
                    exchange=exchange,
                    detail=_how_twice(before, exchange),
                    job=next(iter(exchange.jobs), None),
                )
                del doubts[before.idempotency_key]
        if exchange.leaves_in_doubt:
            doubts[key] = exchange


def _over_at(exchange: Exchange) -> datetime:
    """Return the instant from which on its client may have known that it failed."""
    # That a client has left is seen a moment later, when its next request may be there already.
    return (
        exchange.server_responded_at - _GRACE
        if exchange.has_been_left
        else exchange.server_responded_at
    )


def _how_twice(before: Exchange, exchange: Exchange) -> str:
    if before.status is None or before.has_been_left:
        how = "got no answer"
    elif not before.is_readable:
        how = "got an answer that cannot be read"
    else:
        how = f"was answered {before.status}"
    if not exchange.idempotency_key:
        key = "without an Idempotency-Key"
    elif before.idempotency_key:
        key = "with another Idempotency-Key"
    else:
        key = "with an Idempotency-Key that the first did not have"
    waited = max(0.0, _seconds(before.responded_at, exchange.received_at))
    return (
        f"Its creation {how}, so a job may have been started all the same; it sent the same again"
        f" {waited:.2f} s later, {key}."
    )


def _seconds(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds()
