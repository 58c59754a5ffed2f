"""Idempotency-Key: repeated requests create one job."""

import pytest

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job

DAY = 86_400


def test_repeated_request_gets_the_first_response(api: Api, clock: SetClock) -> None:
    first = api.post("/jobs", {"title": "One"}, **{"Idempotency-Key": "k"})
    clock.advance(DAY - 1)

    repeated = api.post("/jobs", {"title": "One"}, **{"Idempotency-Key": "k"})

    headers = ("Location", "Retry-After", "Content-Type", "Cache-Control")
    assert (repeated.status_code, repeated.content) == (202, first.content)
    assert [repeated[name] for name in headers] == [first[name] for name in headers]
    assert (repeated["Idempotent-Replayed"], "Idempotent-Replayed" in first) == ("true", False)
    assert Job.objects.count() == 1


def test_response_is_repeated_after_the_job_was_deleted(api: Api) -> None:
    first = api.post("/jobs", **{"Idempotency-Key": "k"})
    api.delete(f"/jobs/{first.json()['id']}")

    repeated = api.post("/jobs", **{"Idempotency-Key": "k"})

    assert repeated.content == first.content


def test_key_expires_after_a_day(api: Api, clock: SetClock) -> None:
    first = api.post("/jobs", {"title": "One"}, **{"Idempotency-Key": "k"})
    clock.advance(DAY)

    second = api.post("/jobs", {"title": "Two"}, **{"Idempotency-Key": "k"})
    repeated = api.post("/jobs", {"title": "Two"}, **{"Idempotency-Key": "k"})

    assert second.json()["id"] != first.json()["id"]
    assert repeated.content == second.content


def test_key_expires_by_the_workspaces_clock(api: Api, clock: SetClock) -> None:
    replayed = []
    for seconds in (0, DAY - 1, 1):
        api.set_clock(advance=seconds)
        response = api.post("/jobs", **{"Idempotency-Key": "k"})
        replayed.append("Idempotent-Replayed" in response)

    assert replayed == [False, True, False]


def test_key_with_another_body_is_refused(api: Api) -> None:
    api.post("/jobs", {"title": "One"}, **{"Idempotency-Key": "k"})

    response = api.post("/jobs", {"title": "Two"}, **{"Idempotency-Key": "k"})

    assert (response.status_code, response.json()["title"]) == (422, "Unprocessable Entity")
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
def test_bodies_are_compared_as_json(api: Api, body: bytes, other: bytes, status: int) -> None:
    first, second = (
        api.client.post(
            "/vid_trans_api/jobs",
            each,
            content_type="application/json",
            headers={"Idempotency-Key": "k"},
        )
        for each in (body, other)
    )

    assert (first.status_code, second.status_code) == (202, status)


def test_refused_request_does_not_use_the_key(api: Api) -> None:
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
def test_key_is_the_same_with_and_without_quotes(api: Api, key: str, same: str) -> None:
    first = api.post("/jobs", **{"Idempotency-Key": key})
    repeated = api.post("/jobs", **{"Idempotency-Key": same})

    assert repeated.content == first.content


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "é", "a\tb", "a\x00b"])
def test_invalid_key_is_refused(api: Api, key: str) -> None:
    response = api.post("/jobs", **{"Idempotency-Key": key})

    assert response.json()["errors"][0]["field"] == "Idempotency-Key"
