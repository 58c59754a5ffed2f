"""One request, carried out once: Idempotency-Key."""

import pytest

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job


def test_the_same_key_and_body_get_the_first_answer_to_the_letter(
    api: Api, clock: SetClock
) -> None:
    first = api.post("/jobs", {"title": "One"}, **{"Idempotency-Key": "k"})
    clock.advance(86_399)

    again = api.post("/jobs", {"title": "One"}, **{"Idempotency-Key": "k"})

    assert (again.status_code, again.content) == (202, first.content)
    for name in ("Location", "Retry-After", "Content-Type", "Cache-Control"):
        assert again[name] == first[name]
    assert (again["Idempotent-Replayed"], "Idempotent-Replayed" in first) == ("true", False)
    assert Job.objects.count() == 1


def test_the_first_answer_comes_again_even_after_the_job_is_gone(api: Api) -> None:
    first = api.post("/jobs", **{"Idempotency-Key": "k"})
    api.delete(f"/jobs/{first.json()['id']}")

    again = api.post("/jobs", **{"Idempotency-Key": "k"})

    assert again.content == first.content


def test_a_key_is_forgotten_after_a_day(api: Api, clock: SetClock) -> None:
    first = api.post("/jobs", {"title": "One"}, **{"Idempotency-Key": "k"})
    clock.advance(86_400)

    second = api.post("/jobs", {"title": "Two"}, **{"Idempotency-Key": "k"})
    again = api.post("/jobs", {"title": "Two"}, **{"Idempotency-Key": "k"})

    assert second.json()["id"] != first.json()["id"]
    assert again.content == second.content


def test_the_same_key_with_another_body_is_refused(api: Api) -> None:
    api.post("/jobs", {"title": "One"}, **{"Idempotency-Key": "k"})

    answer = api.post("/jobs", {"title": "Two"}, **{"Idempotency-Key": "k"})

    assert (answer.status_code, answer.json()["title"]) == (422, "Unprocessable Entity")
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "other", "status"),
    [
        (
            b'{"title":"x","simulation":{"seed":1}}',
            b'{"simulation": {"seed":1.0},"title":"x"}',
            202,
        ),
        (b"", b"{}", 202),
        (b'{"title":"\\u00e9"}', '{"title":"é"}'.encode(), 202),
        (b'{"simulation":{"duration":1}}', b'{"simulation":{"duration":[1,1]}}', 422),
        (b"{}", b'{"title":""}', 422),
    ],
)
def test_bodies_compare_as_parsed_json(api: Api, body: bytes, other: bytes, status: int) -> None:
    def post(sent: bytes) -> int:
        answer = api.client.post(
            "/vid_trans_api/jobs",
            sent,
            content_type="application/json",
            headers={"Idempotency-Key": "k"},
        )
        return int(answer.status_code)

    assert (post(body), post(other)) == (202, status)


def test_a_refused_request_is_not_remembered(api: Api) -> None:
    refused = api.post("/jobs", {"title": 5}, **{"Idempotency-Key": "k"})
    accepted = api.post("/jobs", {"title": "5"}, **{"Idempotency-Key": "k"})

    assert (refused.status_code, accepted.status_code) == (400, 202)


def test_keys_belong_to_their_workspace(api: Api) -> None:
    first = api.post("/jobs", **{"Idempotency-Key": "k", "X-Api-Key": "alice"})
    second = api.post("/jobs", **{"Idempotency-Key": "k", "X-Api-Key": "bob"})

    assert first.json()["id"] != second.json()["id"]


@pytest.mark.parametrize(
    ("key", "same"),
    [('"k"', "k"), ('"a\\"b\\\\c"', 'a"b\\c'), (" k ", "k"), ("x" * 255, "x" * 255)],
)
def test_a_key_is_the_same_quoted_or_bare(api: Api, key: str, same: str) -> None:
    first = api.post("/jobs", **{"Idempotency-Key": key})
    again = api.post("/jobs", **{"Idempotency-Key": same})

    assert again.content == first.content


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "é", "a\tb", "a\x00b"])
def test_a_key_that_is_none_is_refused(api: Api, key: str) -> None:
    answer = api.post("/jobs", **{"Idempotency-Key": key})

    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
