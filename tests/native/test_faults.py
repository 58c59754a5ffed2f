"""What the response is that a simulated fault changes or replaces, as far as no socket is needed.

Which rules apply is tested with the simulation, and faults of the connection with real servers.
"""

from typing import Any

import pytest

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job
from vid_trans_api.simulation.faults import Fault, needs_socket

HEADER = "Simulated-Fault"
PROBLEM = "application/problem+json"
HTML = "text/html; charset=utf-8"


def job_with(api: Api, rule: dict[str, Any], **options: Any) -> str:
    """Create a job with a rule about status requests; return its id."""
    job_id: str = api.create(faults=[{"on": "status", **rule}], **options)["id"]
    return job_id


@pytest.mark.parametrize(
    ("rule", "status", "content_type"),
    [
        ({"fault": 400}, 400, PROBLEM),
        ({"fault": 418}, 418, PROBLEM),
        ({"fault": 499}, 499, PROBLEM),
        ({"fault": 500}, 500, PROBLEM),
        ({"fault": 503}, 503, PROBLEM),
        ({"fault": 599}, 599, PROBLEM),
        ({"fault": "html"}, 502, HTML),
        ({"fault": "html", "status": 200}, 200, HTML),
        ({"fault": "garbage"}, 200, "application/json"),
        ({"fault": "empty"}, 200, "application/json"),
        ({"fault": "unknown-status"}, 200, "application/json"),
        ({"fault": "stale"}, 200, "application/json"),
    ],
)
def test_fault_decides_status_and_content_type(
    api: Api, rule: dict[str, Any], status: int, content_type: str
) -> None:
    job_id = job_with(api, rule)

    response = api.get(f"/jobs/{job_id}")

    assert (response.status_code, response["Content-Type"]) == (status, content_type)
    assert response[HEADER] == str(rule["fault"])


def test_response_without_a_fault_has_no_header(api: Api) -> None:
    job_id = job_with(api, {"fault": 503, "times": 1})

    responses = [api.get(f"/jobs/{job_id}") for _ in range(2)]

    assert [HEADER in response for response in responses] == [True, False]


def test_simulated_error_is_a_problem_document(api: Api) -> None:
    job_id = job_with(api, {"fault": 429, "retry_after": 5})

    response = api.get(f"/jobs/{job_id}")

    assert response["Retry-After"] == "5"
    assert response.json() == {
        "type": "urn:vid-trans-api:problem:rate-limited",
        "title": "Too Many Requests",
        "status": 429,
        "detail": "This is a simulated fault.",
    }


def test_simulated_401_has_a_challenge(api: Api) -> None:
    job_id = job_with(api, {"fault": 401})

    response = api.get(f"/jobs/{job_id}")

    assert response["WWW-Authenticate"] == "Bearer"


def test_html_is_the_page_of_a_gateway(api: Api) -> None:
    job_id = job_with(api, {"fault": "html"})

    response = api.get(f"/jobs/{job_id}")

    assert "<h1>" in response.text


def test_garbage_is_not_json(api: Api) -> None:
    job_id = job_with(api, {"fault": "garbage"})

    response = api.get(f"/jobs/{job_id}")

    with pytest.raises(ValueError, match="utf-8"):
        response.json()


def test_empty_response_has_no_body(api: Api) -> None:
    job_id = job_with(api, {"fault": "empty"})

    response = api.get(f"/jobs/{job_id}")

    assert response.content == b""


def test_unknown_status_is_one_that_no_job_has(api: Api) -> None:
    job_id = job_with(api, {"fault": "unknown-status"})

    assert api.job(job_id)["status"] == "reviewing"


def test_stale_response_is_of_half_the_age(api: Api, clock: SetClock) -> None:
    job_id = job_with(
        api, {"fault": "stale", "after": 1}, duration=10, outcome="completed", estimate="exact"
    )
    clock.advance(12)

    fresh, stale = (api.job(job_id) for _ in range(2))

    assert (fresh["status"], stale["status"]) == ("completed", "pending")
    assert stale["estimated_time_remaining"] == 4


@pytest.mark.parametrize("fault", [fault.value for fault in Fault if needs_socket(fault)])
def test_fault_of_the_connection_is_named_in_the_header(db: None, fault: str) -> None:
    api = Api(has_socket=True)
    api.create()
    api.set_defaults(faults=[{"on": "any", "fault": fault}])

    response = api.post("/jobs")

    assert response[HEADER] == fault


def test_cancel_replaced_by_a_fault_changes_nothing(api: Api) -> None:
    rule = {"on": "cancel", "fault": 500, "times": 1}
    job_id = api.create(duration=10, faults=[rule])["id"]

    failed = api.post(f"/jobs/{job_id}/cancel")
    between = api.job(job_id)
    canceled = api.post(f"/jobs/{job_id}/cancel")

    assert (failed.status_code, between["status"]) == (500, "pending")
    assert (canceled.status_code, canceled.json()["status"]) == (200, "error")


def test_response_without_a_body_is_not_corrupted(api: Api) -> None:
    job_id = api.create()["id"]
    api.set_defaults(faults=[{"on": "any", "fault": "garbage"}])

    response = api.delete(f"/jobs/{job_id}")

    assert (response.status_code, response.content, HEADER in response) == (204, b"", False)


def test_response_without_a_job_has_no_status_to_change(api: Api) -> None:
    api.set_defaults(faults=[{"on": "any", "fault": "unknown-status"}])

    responses = [api.get("/jobs/nope"), api.get("/jobs?ids=nope"), api.get("/status")]

    assert [HEADER in response for response in responses] == [False] * 3


@pytest.mark.parametrize("fault", [503, 404, "html"])
def test_fault_is_logged_as_a_simulated_one(
    api: Api, caplog: pytest.LogCaptureFixture, fault: int | str
) -> None:
    api.set_defaults(faults=[{"on": "list", "fault": fault}])

    with caplog.at_level("INFO", logger="django.request"):
        api.get("/jobs")

    logged = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert logged == [("INFO", f"Simulated fault {fault}: GET /vid_trans_api/jobs")]


def test_job_deleted_while_it_is_counted_is_reported_as_found(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = api.create(outcome="stuck", faults=[{"on": "any", "fault": 503}])["id"]
    count_request = Job.count_request

    def delete_first(self: Job, *args: Any, **kwargs: Any) -> Any:
        Job.objects.all().delete()
        return count_request(self, *args, **kwargs)

    monkeypatch.setattr(Job, "count_request", delete_first)

    assert api.statuses(f"/jobs/{job_id}", 2) == [200, 404]
