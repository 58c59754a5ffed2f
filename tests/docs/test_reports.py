"""The simulation reference lists everything that reports contain."""

import json

from tests.docs.pages import code_blocks, first_names, names, section
from vid_trans_api.control import reports
from vid_trans_api.journal.reports import MOST_JOBS, MOST_REQUESTS
from vid_trans_api.journal.violations import ViolationKind

PAGE = "docs/reference-simulation.md"


def test_every_key_of_a_job_report_is_listed() -> None:
    listed = {*names([section(PAGE, "Job report")])}

    assert {*reports.JobReportSerializer().fields} - {"plan"} <= listed


def test_every_key_of_a_poll_is_listed() -> None:
    assert first_names(PAGE, "Job report", 1) == list(reports.PollSerializer().fields)


def test_every_key_of_a_verdict_is_listed() -> None:
    assert first_names(PAGE, "Verdict") == list(reports.VerdictSerializer().fields)


def test_example_of_a_verdict_has_its_keys() -> None:
    (example,) = (json.loads(block) for block in code_blocks(PAGE, "json") if "violations" in block)

    assert list(example) == list(reports.VerdictSerializer().fields)


def test_every_kind_of_violation_is_listed() -> None:
    assert first_names(PAGE, "Violations") == [*ViolationKind]


def test_every_key_of_a_violation_is_listed() -> None:
    listed = {*names([section(PAGE, "Violations")])}

    assert {*reports.ViolationSerializer().fields} <= listed


def test_every_key_of_the_workspace_report_is_listed() -> None:
    assert first_names(PAGE, "Workspace report") == list(reports.ReportSerializer().fields)


def test_every_key_of_a_request_is_listed() -> None:
    listed = {*names([section(PAGE, "Workspace report")])}

    assert {*reports.LoggedRequestSerializer().fields} <= listed


def test_limits_of_the_reports_are_the_codes() -> None:
    newest = f"the newest {MOST_REQUESTS:,}"

    assert newest in section(PAGE, "Job report")
    assert newest in section(PAGE, "Verdict")
    assert newest in section(PAGE, "Workspace report")
    assert f"more than {MOST_JOBS:,} jobs" in section(PAGE, "Workspace report")
