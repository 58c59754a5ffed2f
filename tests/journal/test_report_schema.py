"""Whether reports are written as the OpenAPI schema declares them."""

from typing import Any

from tests.conftest import Api, SetClock
from tests.journal.reports import judged_job, report
from vid_trans_api.control.reports import (
    JobReportSerializer,
    LoggedRequestSerializer,
    PollSerializer,
    ReportedSerializer,
    ReportSerializer,
    ViolationSerializer,
)


def test_reports_have_the_declared_fields(api: Api, clock: SetClock) -> None:
    faults = [{"on": "status", "fault": 429, "retry_after": 5, "times": 1}]
    job_id = api.create(duration=1, outcome="completed", faults=faults)["id"]
    for _ in range(3):
        api.job(job_id)
        clock.advance(2)

    of_workspace, of_job = report(api), judged_job(api, job_id)

    declared: list[tuple[Any, Any]] = [
        (ReportSerializer(), of_workspace),
        (JobReportSerializer(), of_job),
        (ReportSerializer().fields["verdict"], of_workspace["verdict"]),
        (JobReportSerializer().fields["verdict"], of_job["verdict"]),
        (ViolationSerializer(), of_job["verdict"]["violations"][0]),
        (LoggedRequestSerializer(), of_workspace["requests"][0]),
        (ReportedSerializer(), of_workspace["requests"][0]["reported"][0]),
        (PollSerializer(), of_job["polls"][0]),
    ]
    for serializer, document in declared:
        assert list(document) == list(serializer.fields)
    for kind, document in ((ReportSerializer, of_workspace), (JobReportSerializer, of_job)):
        serializer = kind(data=document)
        assert serializer.is_valid(), serializer.errors
