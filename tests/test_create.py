"""Starting a job: what may be asked for, and what is refused."""

from typing import Any

import pytest

from tests.conftest import Api, SetClock
from vid_trans_api.languages import LANGUAGES
from vid_trans_api.models import Job


def test_a_body_that_is_empty_starts_a_job(api: Api) -> None:
    answer = api.client.post("/vid_trans_api/jobs", content_type="text/plain", data="")

    assert answer.status_code == 202
    assert answer["Location"] == f"http://testserver/vid_trans_api/jobs/{answer.json()['id']}"


def test_the_location_leads_to_the_job(api: Api, clock: SetClock) -> None:
    answer = api.post("/jobs")

    found = api.client.get(answer["Location"])

    assert found.json() == answer.json()


def test_what_was_asked_for_is_what_is_told(api: Api) -> None:
    asked = {
        "video_url": "http://minio:9000/talks/one.mp4?part=1",
        "title": "  Ein Vortrag — 讲座 ",
        "target_language": "Norwegian Bokmål (Norway)",
    }

    job = api.create(asked)

    assert {name: job[name] for name in asked} == asked


def test_every_language_is_taken(api: Api) -> None:
    taken = [api.create({"target_language": each})["target_language"] for each in LANGUAGES]

    assert taken == list(LANGUAGES)


def test_there_are_as_many_languages_as_the_service_has() -> None:
    assert (len(LANGUAGES), len(set(LANGUAGES)), LANGUAGES[1]) == (178, 178, "Spanish")


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
        ({"simulation": {"duration": [9, 5]}}, "simulation.duration", "after its highest"),
        ({"simulation": {"duration": [1, "2"]}}, "simulation.duration", "'2' is not a number."),
        ({"simulation": {"outcome": "fine"}}, "simulation.outcome", "completed, error, stuck"),
        ({"simulation": {"error_probability": 1.1}}, "simulation.error_probability", "0 and 1"),
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
def test_a_field_that_is_wrong_is_named_with_what_would_be_right(
    api: Api, document: dict[str, Any], field: str, detail: str
) -> None:
    answer = api.post("/jobs", document)

    problem = answer.json()
    assert (answer.status_code, problem["errors"][0]["field"]) == (400, field)
    assert detail in problem["errors"][0]["detail"]
    assert Job.objects.count() == 0


def test_every_wrong_field_is_named_at_once(api: Api) -> None:
    answer = api.post("/jobs", {"a": 1, "title": 5, "simulation": {"b": 1, "seed": "x"}})

    fields = [error["field"] for error in answer.json()["errors"]]
    assert fields == ["a", "title", "simulation.b", "simulation.seed"]


@pytest.mark.parametrize(
    "simulation",
    [
        {"duration": 0},
        {"duration": 86_400},
        {"duration": [5, 5]},
        {"error_probability": 0},
        {"error_probability": 1},
        {"estimate": {}},
        {"estimate": {"noise": 0, "bias": 0.5}},
        {"seed": 0},
        {"seed": 2**63 - 1},
        {"seed": -(2**63 - 1)},
        {"seed": 3.0},
        {},
    ],
)
def test_a_value_at_its_bound_is_taken(api: Api, simulation: dict[str, Any]) -> None:
    assert api.post("/jobs", {"simulation": simulation}).status_code == 202


def test_the_environments_odds_count_where_the_request_is_silent(
    api: Api, clock: SetClock, settings
) -> None:
    settings.MIN_DELAY, settings.MAX_DELAY = 100, 100
    settings.ERROR_PROBABILITY, settings.ESTIMATE_NOISE = 1, 0

    job = api.create()
    clock.advance(100)

    assert (job["estimated_time_remaining"], api.job(job["id"])["status"]) == (100, "error")


def test_the_same_seed_gets_the_same_job_but_for_its_id(api: Api, clock: SetClock) -> None:
    first, second = api.create(seed=11), api.create(seed=11)

    assert first.pop("id") != second.pop("id")
    assert first == second


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
        ('{"title": "a", "title": "b"}', "application/json", 400, "'title' stands twice"),
        (b"\xff\xfe", "application/json", 400, "not JSON"),
        ("[" * 500_000, "application/json", 400, "nested too deeply"),
        ('{"simulation":' * 70_000, "application/json", 400, "nested too deeply"),
        ('{"seed": ' + "9" * 5000 + "}", "application/json", 400, "not JSON"),
        (b" " * 2_621_441, "application/json", 413, "2.5 MiB"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    api: Api, body: str | bytes, content_type: str, status: int, detail: str
) -> None:
    answer = api.client.post("/vid_trans_api/jobs", body, content_type=content_type)

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert detail in answer.json()["detail"]


def test_a_body_as_large_as_allowed_is_read(api: Api) -> None:
    body = b'{"title": "x"}'.ljust(2_621_440)

    answer = api.client.post("/vid_trans_api/jobs", body, content_type="application/json")

    assert answer.status_code == 202


def test_a_body_in_chunks_is_refused_as_it_would_look_empty(api: Api) -> None:
    answer = api.client.post(
        "/vid_trans_api/jobs", headers={"Transfer-Encoding": "chunked"}, content_type="text/plain"
    )

    assert (answer.status_code, answer.json()["title"]) == (411, "Length Required")
