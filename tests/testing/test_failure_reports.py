"""What the report of a failing test shows of its simulator."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from heygen_video_translation.testing.failure_report import format_lines
from tests.testing.conftest import Project

FAILING = """
    import pytest

    from heygen_video_translation.client import TranslationClient


    @pytest.mark.translation_simulator(seed=7)
    def test_that_fails(translation_simulator):
        simulator = translation_simulator
        with TranslationClient(simulator.url, api_key=simulator.api_key) as client:
            job = client.create_job()
            simulator.advance(1)
            assert client.get_status(job).status == "completed"


    def test_that_fails_without_it():
        assert "no simulator" == "here"
"""


FAILING_IN_TEARDOWN = """
    import pytest
    import requests

    @pytest.fixture
    def program(translation_simulator):
        yield translation_simulator
        assert translation_simulator.verdict()["verdict"]["polls"] == 0

    def test_whose_teardown_fails(program):
        headers = {"X-Api-Key": program.api_key}
        requests.post(f"{program.url}/vid_trans_api/jobs", headers=headers)
        requests.get(f"{program.url}/vid_trans_api/status", headers=headers)
"""


RUNNING_TWICE = """
    from _pytest.runner import runtestprotocol


    def pytest_runtest_protocol(item):
        for _ in range(2):
            item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
            item._initrequest()
            reports = runtestprotocol(item, log=False)
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True
"""


FAILING_TWICE = """
    import requests

    SEEDS = [5, 6]

    def test_that_fails_each_time(translation_simulator):
        translation_simulator.reset(SEEDS.pop(0))
        headers = {"X-Api-Key": translation_simulator.api_key}
        for _ in SEEDS:
            requests.get(f"{translation_simulator.url}/vid_trans_api/jobs", headers=headers)
        assert SEEDS is None
"""


def test_report_has_the_seed_and_the_requests(project: Project) -> None:
    ran = project.write(FAILING).pytest()

    assert " 2 failed in " in ran.stdout
    with_simulator, without = re.split(
        r"^_+ (?=test_that_fails_without_it )", ran.stdout, flags=re.MULTILINE
    )
    section = with_simulator.partition("- translation simulator -")[2]
    assert re.search(
        r"\nseed 7\nthis server accepts every API key, .*\n"
        r" +0\.000 s  create  202  .*\n +1\.000 s  status  200  ",
        section,
    ), section
    assert "translation simulator" not in without


def test_report_of_a_failing_teardown_has_them_too(project: Project) -> None:
    ran = project.write(FAILING_IN_TEARDOWN).pytest()

    section = ran.stdout.partition("- translation simulator -")[2]
    assert re.search(
        r"\nseed 1\n.*\n +0\.000 s  create  202  .*\n +0\.000 s  status  200  ", section
    ), ran.stdout


def test_report_of_a_repeated_test_is_about_its_last_run(project: Project) -> None:
    ran = project.write(FAILING_TWICE, conftest=RUNNING_TWICE).pytest()

    section = ran.stdout.partition("- translation simulator -")[2]
    assert re.search(r"^-+\nseed 6\n.*\nno request had this test's API key\n=+ short", section)


START = "2026-01-01T00:00:00Z"


def request(number: int, received_at: str, operation: str, **fields: Any) -> dict[str, Any]:
    """Return a logged request of a report."""
    defaults: dict[str, Any] = {
        "fault": None,
        "retry_after": None,
        "reported": [],
        "status": 202,
        "delivered": True,
    }
    named = {"number": number, "received_at": received_at, "operation": operation}
    return {**defaults, **named, **fields}


def report() -> dict[str, Any]:
    """Return a report about many requests that lists five."""
    pending = {"id": "1f", "status": "pending", "estimated_time_remaining": 9.04}
    ended = {"id": "1f", "status": "error", "estimated_time_remaining": None}
    many = [{**ended, "id": f"{number:02}"} for number in range(12)]
    early = {"kind": "asked-too-soon", "detail": "Polled again after 0.5 s."}
    late = {"kind": "asked-after-end", "detail": "Polled again 4 s later.", "request": 5}
    return {
        "verdict": {
            "violations": [
                {**late, "request": 0, "at": "2026-01-01T00:00:00.5Z"},
                {**early, "request": 2},
                {**early, "request": 3},
                *[late] * 12,
            ],
            "violation_count": 99,
            "complete": False,
            "notes": [
                {"request": 1, "text": "video_url: v3 has video instead.", "count": 2},
                {"request": 4, "text": "mode: fast is the default.", "count": 1},
            ],
        },
        "request_count": 1234,
        "requests_refused": 2,
        "never_gave_up": True,
        "requests": [
            request(1, START, "create", reported=[pending]),
            request(2, "2026-01-01T00:00:01Z", "status", fault="429", retry_after=5, status=429),
            request(3, "2026-01-01T00:00:01.5Z", "list", status=None, delivered=False),
            request(4, "2026-01-01T00:01:00Z", "status", reported=[ended]),
            request(5, "2026-01-01T00:01:04Z", "status", reported=many),
        ],
    }


def test_report_lists_each_request_with_its_violations() -> None:
    lines = format_lines(report(), seed=7, start=START).splitlines()

    assert lines == [
        "seed 7",
        "your program never gave up",
        "2 requests to this server had no valid API key, and got a 401",
        "99 violations: the newest 15: asked-after-end 13 times, asked-too-soon 2 times",
        "note: video_url: v3 has video instead. (2 requests)",
        "note: mode: fast is the default.",
        "the newest 5 of 1234 requests:",
        "some requests are missing: the journal evicted or dropped them",
        "     0.500 s  asked-after-end: Polled again 4 s later.",
        "     0.000 s  create  202  1f pending, 9.0 s left",
        "     1.000 s  status  429  fault 429  Retry-After 5",
        "  asked-too-soon: Polled again after 0.5 s.",
        "     1.500 s  list    no response",
        "  asked-too-soon: Polled again after 0.5 s.",
        "    60.000 s  status  202  1f error",
        "    64.000 s  status  202  "
        + "  ".join(f"{number:02} error" for number in range(10))
        + "  and 2 more",
        "  asked-after-end: Polled again 4 s later. (of 12 jobs)",
    ]


def test_report_is_limited_to_the_newest_requests() -> None:
    text = format_lines(report(), seed=7, start=START, max_requests=1, max_violations=12)

    lines = text.splitlines()
    assert "the newest 1 of 1234 requests:" in lines
    assert [line for line in lines if " s  status" in line] == [
        line for line in lines if line.startswith("    64.000 s")
    ]


def lines_about(*requests: dict[str, Any]) -> list[str]:
    """Return the lines about these requests."""
    verdict = {"violations": [], "violation_count": 0, "complete": True, "notes": []}
    document = {
        "verdict": verdict,
        "request_count": len(requests),
        "requests_refused": 0,
        "never_gave_up": False,
        "requests": requests,
    }
    return format_lines(document, seed=1, start=START).splitlines()[1:]


def polls(*statuses: int, pause: float = 5, **fields: Any) -> list[dict[str, Any]]:
    """Return polls with a pause between each two."""
    start = datetime.fromisoformat(START)
    return [
        request(
            number,
            (start + timedelta(seconds=number * pause)).isoformat(),
            "status",
            status=status,
            **fields,
        )
        for number, status in enumerate(statuses)
    ]


def test_requests_that_repeat_are_folded() -> None:
    assert lines_about(*polls(*[503] * 197, 200)) == [
        "     0.000 s  status  503",
        "              … 196 more, every 5.000 s",
        "   985.000 s  status  200",
    ]


def test_folded_requests_may_differ_in_estimates_and_pauses() -> None:
    requests = [
        {
            **poll,
            "received_at": f"2026-01-01T00:00:{second:02}Z",
            "retry_after": 60 - second,
            "reported": [
                {"id": "1f", "status": "pending", "estimated_time_remaining": 60 - second}
            ],
        }
        for poll, second in zip(polls(200, 200, 200), (0, 5, 20), strict=True)
    ]

    assert lines_about(*requests) == [
        "     0.000 s  status  200  Retry-After 60  1f pending, 60.0 s left",
        "              … 2 more, every 5.000 to 15.000 s",
    ]


def test_requests_that_repeat_in_cycles_are_folded() -> None:
    assert lines_about(*polls(*[200, 200, 503] * 4, 200)) == [
        "     0.000 s  status  200",
        "     5.000 s  status  200",
        "    10.000 s  status  503",
        "              … 9 more like the last 3, every 15.000 s",
        "    60.000 s  status  200",
    ]


def test_two_equal_requests_are_not_folded() -> None:
    assert len(lines_about(*polls(200, 200, 503, 503))) == 4


@pytest.mark.parametrize(
    ("status", "fault", "shown"),
    [
        (None, "lost-response", "no response  fault lost-response"),
        (200, None, "200  not received"),
        (200, "slow", "200  fault slow  not received"),
        (503, "html", "503  fault html  Retry-After 7"),
    ],
)
def test_retry_after_is_shown_only_if_it_was_received(
    status: int | None, fault: str | None, shown: str
) -> None:
    (poll,) = polls(200, fault=fault, delivered=False, retry_after=7)

    assert lines_about({**poll, "status": status}) == [f"     0.000 s  status  {shown}"]
