"""The text about a simulator that a failing test's report shows."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from heygen_video_translation.testing.folding import Entry, fold
from heygen_video_translation.testing.simulator import TranslationSimulator

MAX_REQUESTS: Final = 200
MAX_VIOLATIONS: Final = 200
"""Violations of requests that are too old to be shown."""

MAX_JOBS: Final = 10
"""Jobs in one line."""

_UNREADABLE: Final = frozenset({"garbage", "empty", "truncate", "html", "masked-error"})
"""Faults of responses whose headers arrive."""


def format_report(simulator: TranslationSimulator) -> str:
    """Return the seed, a summary, and a line for each request with its violations below it.

    Requests that repeat are folded into one line.
    """
    return format_lines(simulator.verdict(), seed=simulator.seed, start=simulator.START)


def format_lines(
    report: Mapping[str, Any],
    *,
    seed: int,
    start: str,
    max_requests: int = MAX_REQUESTS,
    max_violations: int = MAX_VIOLATIONS,
) -> str:
    """Return a workspace's report as text; times are seconds since `start`."""
    origin = datetime.fromisoformat(start)
    violations = report["verdict"]["violations"]
    shown = report["requests"][-max_requests:]
    shown_numbers = {request["number"] for request in shown}
    by_request: dict[int, list[Mapping[str, Any]]] = {}
    for violation in violations:
        by_request.setdefault(violation["request"], []).append(violation)
    lines = [f"seed {seed}", *_summary(report, shown_count=len(shown))]
    lines += [
        f"{_seconds(violation['at'], origin)}  {violation['kind']}: {violation['detail']}"
        for violation in violations[-max_violations:]
        if violation["request"] not in shown_numbers
    ]
    lines += fold(
        [_entry(each, by_request.get(each["number"], ()), origin=origin) for each in shown]
    )
    return "\n".join(lines)


def _entry(
    request: Mapping[str, Any], violations: Sequence[Mapping[str, Any]], *, origin: datetime
) -> Entry:
    """Return a request's lines; two requests repeat if they differ in numbers of seconds only."""
    texts = Counter(f"{each['kind']}: {each['detail']}" for each in violations)
    received_at = datetime.fromisoformat(request["received_at"])
    return Entry(
        at=(received_at - origin).total_seconds(),
        lines=[
            _request(request, origin),
            *(
                f"  {text}{f' (of {count} jobs)' if count > 1 else ''}"
                for text, count in texts.items()
            ),
        ],
        kind=(
            *(request[name] for name in ("operation", "status", "fault", "delivered")),
            request["retry_after"] is None,
            *(
                (job["id"], job["status"], job["estimated_time_remaining"] is None)
                for job in request["reported"]
            ),
            *(each["kind"] for each in violations),
        ),
    )


def _summary(report: Mapping[str, Any], *, shown_count: int) -> Iterator[str]:
    """Yield what is wrong in general, the number of violations, and what the report leaves out."""
    verdict, refused = report["verdict"], report["requests_refused"]
    if report["never_gave_up"]:
        yield "your program never gave up"
    if refused is None:
        yield "this server accepts every API key, so requests with a wrong one are not noticed"
    elif refused:
        requests = "1 request" if refused == 1 else f"{refused} requests"
        yield f"{requests} to this server had no valid API key, and got a 401"
    if not report["request_count"]:
        yield "no request had this test's API key"
    if count := verdict["violation_count"]:
        kinds = Counter(violation["kind"] for violation in verdict["violations"])
        by_kind = ", ".join(f"{kind} {_times(times)}" for kind, times in kinds.items())
        newest = f"the newest {kinds.total()}: " if kinds.total() < count else ""
        yield f"{count} {'violation' if count == 1 else 'violations'}: {newest}{by_kind}"
    for note in verdict["notes"]:
        requests = f" ({note['count']} requests)" if note["count"] > 1 else ""
        yield f"note: {note['text']}{requests}"
    if shown_count < report["request_count"]:
        yield f"the newest {shown_count} of {report['request_count']} requests:"
    if not verdict["complete"]:
        yield "some requests are missing: the journal evicted or dropped them"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _request(request: Mapping[str, Any], origin: datetime) -> str:
    """Return a line about a request and its response."""
    parts = [_seconds(request["received_at"], origin), f"{request['operation']:<6}"]
    parts.append("no response" if request["status"] is None else str(request["status"]))
    if request["fault"] is not None:
        parts.append(f"fault {request['fault']}")
    is_received = _is_received(request)
    if request["status"] is not None and not is_received:
        parts.append("not received")
    if request["retry_after"] is not None and is_received:
        parts.append(f"Retry-After {request['retry_after']}")
    reported = request["reported"]
    parts += [_job(job) for job in reported[:MAX_JOBS]]
    if (more := len(reported) - MAX_JOBS) > 0:
        parts.append(f"and {more} more")
    return "  ".join(parts)


def _is_received(request: Mapping[str, Any]) -> bool:
    """Return whether the program got the response, or at least its headers."""
    faults = (request["fault"] or "").split(", ")
    is_unreadable = request["status"] is not None and not _UNREADABLE.isdisjoint(faults)
    return request["delivered"] or is_unreadable


def _job(job: Mapping[str, Any]) -> str:
    left = job["estimated_time_remaining"]
    estimate = "" if left is None else f", {left:.1f} s left"
    return f"{job['id']} {job['status']}{estimate}"


def _seconds(instant: str, origin: datetime) -> str:
    return f"{(datetime.fromisoformat(instant) - origin).total_seconds():10.3f} s"
