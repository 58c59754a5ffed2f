"""Which requests to create a job are refused, and what the response says."""

from typing import Any

import pytest

from tests.conftest import Api
from vid_trans_api.models import Job


@pytest.mark.parametrize(
    ("document", "field", "detail"),
    [
        ({"titel": "x"}, "titel", "Unknown field; known fields: video_url, title,"),
        (
            {"simulation": {"duratoin": 3}},
            "simulation.duratoin",
            "known fields: scenario, duration,",
        ),
        ({"simulation": {"error": {"code": "x", "why": ""}}}, "simulation.error.why", "retryable"),
        ({"simulation": {"estimate": {"nose": 1}}}, "simulation.estimate.nose", "noise, bias"),
        ({"title": 5}, "title", "5 is not a string."),
        ({"title": None}, "title", "null"),
        ({"title": "x" * 201}, "title", "200"),
        ({"title": "a\x00b"}, "title", "Null characters"),
        ({"title": "\ud800"}, "title", "Surrogate"),
        ({"video_url": "ftp://example.com/x"}, "video_url", "not an http or https URL"),
        ({"video_url": "talk.mp4"}, "video_url", "not an http or https URL"),
        ({"video_url": "https://"}, "video_url", "not an http or https URL"),
        ({"video_url": "https://a b/c"}, "video_url", "not an http or https URL"),
        ({"video_url": "https://[::1/c"}, "video_url", "not an http or https URL"),
        ({"video_url": "https://a/" + "x" * 2000}, "video_url", "2000"),
        ({"target_language": "spanish"}, "target_language", "did you mean Spanish?"),
        ({"target_language": ["Spanish"]}, "target_language", "choose one of 178, such as English"),
        ({"simulation": []}, "simulation", "[] is not a JSON object."),
        ({"simulation": None}, "simulation", "null"),
        ({"simulation": {"duration": -1}}, "simulation.duration", "between 0 and 86400"),
        ({"simulation": {"duration": 86_401}}, "simulation.duration", "between 0 and 86400"),
        ({"simulation": {"duration": "5"}}, "simulation.duration", "'5' is not a number."),
        ({"simulation": {"duration": True}}, "simulation.duration", "true is not a number."),
        ({"simulation": {"duration": [5]}}, "simulation.duration", "[lowest, highest]"),
        ({"simulation": {"duration": [9, 5]}}, "simulation.duration", "highest"),
        ({"simulation": {"duration": [1, "2"]}}, "simulation.duration", "'2' is not a number."),
        ({"simulation": {"outcome": "fine"}}, "simulation.outcome", "completed, error, stuck"),
        ({"simulation": {"error_probability": 1.1}}, "simulation.error_probability", "0 and 1"),
        ({"simulation": {"queued": 1.1}}, "simulation.queued", "0 and 1"),
        ({"simulation": {"error": {}}}, "simulation.error.code", "required"),
        (
            {"simulation": {"error": {"code": "x", "retryable": "yes"}}},
            "simulation.error.retryable",
            "neither true nor false",
        ),
        ({"simulation": {"estimate": "good"}}, "simulation.estimate", '"exact", "none"'),
        (
            {"simulation": {"estimate": {"noise": -1}}},
            "simulation.estimate.noise",
            "between 0 and 5",
        ),
        ({"simulation": {"estimate": {"bias": 0}}}, "simulation.estimate.bias", "0.001 and 1000"),
        ({"simulation": {"seed": 1.5}}, "simulation.seed", "not a whole number"),
        ({"simulation": {"seed": 2**63}}, "simulation.seed", "and 9223372036854775807."),
        ({"simulation": {"seed": "x"}}, "simulation.seed", "not a whole number"),
    ],
)
def test_wrong_field_is_named_with_what_would_be_right(
    api: Api, document: dict[str, Any], field: str, detail: str
) -> None:
    response = api.post("/jobs", document)

    (error,) = response.json()["errors"]
    assert (response.status_code, error["field"]) == (400, field)
    assert detail in error["detail"]
    assert Job.objects.count() == 0


def test_all_wrong_fields_are_named_at_once(api: Api) -> None:
    response = api.post("/jobs", {"a": 1, "title": 5, "simulation": {"b": 1, "seed": "x"}})

    fields = [error["field"] for error in response.json()["errors"]]
    assert fields == ["a", "title", "simulation.b", "simulation.seed"]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "detail"),
    [
        ("a=1", "application/x-www-form-urlencoded", 415, "-H 'Content-Type: application/json'"),
        ("{}", "text/plain", 415, "text/plain"),
        ("{", "application/json", 400, "not JSON"),
        ("[]", "application/json", 400, "[] is not a JSON object."),
        ("null", "application/json", 400, "null is not a JSON object."),
        ('"x"', "application/json", 400, "'x' is not a JSON object."),
        ('{"simulation": {"duration": NaN}}', "application/json", 400, "NaN is not a JSON number"),
        ('{"simulation": {"duration": 1e999}}', "application/json", 400, "between 0 and 86400"),
        ('{"title": "a", "title": "b"}', "application/json", 400, "'title' occurs twice"),
        (b"\xff\xfe", "application/json", 400, "not JSON"),
        ("[" * 500_000, "application/json", 400, "nested too deeply"),
        ('{"simulation":' * 70_000, "application/json", 400, "nested too deeply"),
        ('{"seed": ' + "9" * 5000 + "}", "application/json", 400, "not JSON"),
        (b" " * 2_621_441, "application/json", 413, "2.5 MiB"),
    ],
)
def test_unreadable_body_is_refused(
    api: Api, body: str | bytes, content_type: str, status: int, detail: str
) -> None:
    response = api.client.post("/vid_trans_api/jobs", body, content_type=content_type)

    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert detail in response.json()["detail"]


def test_body_in_chunks_is_refused(api: Api) -> None:
    """WSGI would show it as empty."""
    response = api.client.post(
        "/vid_trans_api/jobs", headers={"Transfer-Encoding": "chunked"}, content_type="text/plain"
    )

    assert (response.status_code, response.json()["title"]) == (411, "Length Required")
