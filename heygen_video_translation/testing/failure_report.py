"""The text about a simulator that a failing test's report shows."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from heygen_video_translation.testing.simulator import TranslationSimulator

MAX_REQUESTS: Final = 200
MAX_VIOLATIONS: Final = 200
"""Violations of requests that are too old to be shown."""

MAX_JOBS: Final = 10
"""Jobs in one line."""


def format_report(simulator: TranslationSimulator) -> str:
    """Return the seed, a summary, and a line for each request with its violations below it."""
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
    by_request: dict[int, Counter[str]] = {}
    for violation in violations:
        counter = by_request.setdefault(violation["request"], Counter())
        counter[f"{violation['kind']}: {violation['detail']}"] += 1
    lines = [f"seed {seed}", *_summary(report, shown_count=len(shown))]
    lines += [
        f"{_seconds(violation['at'], origin)}  {violation['kind']}: {violation['detail']}"
        for violation in violations[-max_violations:]
        if violation["request"] not in shown_numbers
    ]
    for request in shown:
        lines.append(_request(request, origin))
        lines += [
            f"  {text}{f' (of {count} jobs)' if count > 1 else ''}"
            for text, count in by_request.get(request["number"], {}).items()
        ]
    return "\n".join(lines)


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
    if request["retry_after"] is not None:
        parts.append(f"Retry-After {request['retry_after']}")
    reported = request["reported"]
    parts += [_job(job) for job in reported[:MAX_JOBS]]
    if (more := len(reported) - MAX_JOBS) > 0:
        parts.append(f"and {more} more")
    return "  ".join(parts)


def _job(job: Mapping[str, Any]) -> str:
    left = job["estimated_time_remaining"]
    estimate = "" if left is None else f", {left:.1f} s left"
    return f"{job['id']} {job['status']}{estimate}"


def _seconds(instant: str, origin: datetime) -> str:
    return f"{(datetime.fromisoformat(instant) - origin).total_seconds():10.3f} s"
