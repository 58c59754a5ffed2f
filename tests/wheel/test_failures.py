"""What the report of a failing test says of the simulator that it was given."""

import re
from pathlib import Path
from typing import Any

from heygen_video_translation import simulator
from tests.wheel.conftest import Installed, project

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


FAILING_AT_LAST = """
    import pytest
    import requests

    @pytest.fixture
    def program(translation_simulator):
        yield translation_simulator
        assert translation_simulator.verdict()["verdict"]["polls"] == 0

    def test_whose_end_fails(program):
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


def test_report_of_a_failing_test_has_the_seed_and_the_journal(
    installed: Installed, tmp_path: Path
) -> None:
    ran = installed.pytest(project(tmp_path, FAILING))

    assert " 2 failed in " in ran.stdout
    with_it, without = re.split(
        r"^_+ (?=test_that_fails_without_it )", ran.stdout, flags=re.MULTILINE
    )
    section = with_it.partition("- translation simulator -")[2]
    assert re.search(
        r"\nseed 7\n +0\.000 s  create  202  .*\n +1\.000 s  status  200  ", section
    ), section
    assert "translation simulator" not in without


def test_report_of_a_test_whose_end_fails_has_them_too(
    installed: Installed, tmp_path: Path
) -> None:
    ran = installed.pytest(project(tmp_path, FAILING_AT_LAST))

    section = ran.stdout.partition("- translation simulator -")[2]
    assert re.search(
        r"\nseed 1\n +0\.000 s  create  202  .*\n +0\.000 s  status  200  ", section
    ), ran.stdout


class Witness:
    """A simulator that has seen many requests, and tells of five."""

    START = "2026-01-01T00:00:00Z"
    seed = 7

    def verdict(self):
        common: dict[str, Any] = {"fault": None, "retry_after": None, "told": [], "status": 202}
        pending = {"id": "1f", "status": "pending", "estimated_time_remaining": 9.04}
        ended = {"id": "1f", "status": "error", "estimated_time_remaining": None}
        many = [{**ended, "id": f"{number:02}"} for number in range(12)]
        refused = {"fault": "429", "retry_after": 5, "status": 429}
        hasty = {"kind": "asked-too-soon", "detail": "It asked again after 0.5 s."}
        late = {"kind": "asked-after-end", "detail": "It asked again 4 s later.", "request": 5}
        return {
            "verdict": {
                "remarks": [
                    {**late, "request": 0, "at": "2026-01-01T00:00:00.5Z"},
                    {**hasty, "request": 2},
                    {**hasty, "request": 3},
                    *[late] * 12,
                ],
                "remarks_in_all": 99,
                "complete": False,
            },
            "requests_in_all": 1234,
            "requests": [
                {**common, "number": 1, "at": self.START, "operation": "create", "told": [pending]},
                {
                    **common,
                    **refused,
                    "number": 2,
                    "at": "2026-01-01T00:00:01Z",
                    "operation": "status",
                },
                {
                    **common,
                    "number": 3,
                    "at": "2026-01-01T00:00:01.5Z",
                    "operation": "list",
                    "status": None,
                },
                {
                    **common,
                    "number": 4,
                    "at": "2026-01-01T00:01:00Z",
                    "operation": "status",
                    "told": [ended],
                },
                {
                    **common,
                    "number": 5,
                    "at": "2026-01-01T00:01:04Z",
                    "operation": "status",
                    "told": many,
                },
            ],
        }


def test_account_is_the_seed_the_remarks_and_a_line_for_each_request() -> None:
    account = simulator.account_of(Witness())  # type: ignore[arg-type]  # it is one for here

    assert account.splitlines() == [
        "seed 7",
        "99 remarks: the newest 15: asked-after-end 13 times, asked-too-soon 2 times",
        "the newest 5 of 1234 requests:",
        "not all requests are known: some have been forgotten or lost",
        "     0.500 s  asked-after-end: It asked again 4 s later.",
        "     0.000 s  create  202  1f pending, 9.0 s left",
        "     1.000 s  status  429  fault 429  Retry-After 5",
        "  asked-too-soon: It asked again after 0.5 s.",
        "     1.500 s  list    no answer",
        "  asked-too-soon: It asked again after 0.5 s.",
        "    60.000 s  status  202  1f error",
        "    64.000 s  status  202  "
        + "  ".join(f"{number:02} error" for number in range(10))
        + "  and 2 more",
        "  asked-after-end: It asked again 4 s later. (of 12 jobs)",
    ]


def test_account_has_no_more_requests_than_a_reader_wants(monkeypatch) -> None:
    monkeypatch.setattr(simulator, "_MOST_REQUESTS", 1)
    monkeypatch.setattr(simulator, "_MOST_REMARKS", 12)

    account = simulator.account_of(Witness())  # type: ignore[arg-type]  # it is one for here

    assert "the newest 1 of 1234 requests:" in account
    assert [line for line in account.splitlines() if " s  status" in line] == [
        line for line in account.splitlines() if line.startswith("    64.000 s")
    ]


def test_report_of_a_test_that_is_run_again_is_about_its_last_run(
    installed: Installed, tmp_path: Path
) -> None:
    ran = installed.pytest(project(tmp_path, FAILING_TWICE, conftest=RUNNING_TWICE))

    section = ran.stdout.partition("- translation simulator -")[2]
    assert re.search(r"^-+\nseed 6\n=+ short", section), ran.stdout
