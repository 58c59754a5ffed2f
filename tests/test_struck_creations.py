"""Faults on creations: which tries are one creation, and what meets each."""

from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job

HEADER = "Simulated-Fault"


def test_a_creation_fails_as_often_as_it_asks_for(api: Api) -> None:
    document = {"simulation": {"faults": [{"on": "create", "fault": 503, "times": 2}]}}

    actual = [api.post("/jobs", document).status_code for _ in range(4)]

    assert actual == [503, 503, 202, 503]
    assert Job.objects.count() == 1


def test_the_tries_of_a_creation_are_told_apart_by_its_key(api: Api) -> None:
    document = {"simulation": {"faults": [{"on": "create", "fault": 503, "times": 1}]}}

    actual = [
        api.post("/jobs", document, **{"Idempotency-Key": key}).status_code
        for key in ("a", "b", "a", "b", "a")
    ]

    assert actual == [503, 503, 202, 202, 202]


def test_a_creation_by_chance_is_drawn_from_the_seed_that_it_asks_for(api: Api) -> None:
    def actual(seed: int, key: str) -> list[int]:
        rules = [{"on": "create", "fault": 503, "probability": 0.5}]
        document = {"simulation": {"faults": rules, "seed": seed}}
        headers = {"X-Api-Key": key, "Idempotency-Key": str(seed)}
        return [api.post("/jobs", document, **headers).status_code for _ in range(4)]

    first = [actual(seed, "ada") for seed in range(20)]

    assert [actual(seed, "bob") for seed in range(20)] == first
    assert 3 < [tries[0] for tries in first].count(503) < 17


def test_creations_by_chance_differ_and_are_the_same_again_whatever_their_keys(api: Api) -> None:
    def actual() -> list[int]:
        api.post("/simulation/reset", {"seed": 3})
        rules = [{"on": "create", "fault": 503, "probability": 0.5}]
        document = {"simulation": {"faults": rules}}
        return [
            api.post("/jobs", document, **{"Idempotency-Key": str(uuid4())}).status_code
            for _ in range(30)
        ]

    first = actual()

    assert actual() == first
    assert 3 < first.count(503) < 27


def test_a_replay_tells_the_truth_that_the_first_answer_did_not(api: Api) -> None:
    rules = [{"on": "create", "fault": "unknown-status", "times": 1}]
    document = {"simulation": {"faults": rules}}

    first, replayed = (api.post("/jobs", document, **{"Idempotency-Key": "k"}) for _ in range(2))

    assert (first.json()["status"], replayed.json()["status"]) == ("processing", "pending")
    assert (first.has_header(HEADER), replayed.has_header(HEADER)) == (
        True,
        False,
    )


def created(api: Api, *faults: dict[str, Any], key: str = "k") -> int:
    answer = api.post("/jobs", {"simulation": {"faults": faults}}, **{"Idempotency-Key": key})
    code: int = answer.status_code
    return code


def test_another_body_with_the_key_of_a_failed_creation_meets_its_own_rules(
    api: Api, clock: SetClock
) -> None:
    once = {"on": "create", "fault": 503, "times": 1}

    actual = [
        created(api, once),
        created(api, {"on": "status", "fault": 500}, {**once, "fault": 429}),
        created(api, {"on": "status", "fault": 500}, {**once, "fault": 429}),
    ]

    assert actual == [503, 429, 202]


def test_a_key_that_has_lapsed_stands_for_another_creation(api: Api, clock: SetClock) -> None:
    once = {"on": "create", "fault": 503, "times": 1}
    actual = [created(api, once) for _ in range(3)]

    clock.advance(24 * 3600)

    assert actual + [created(api, once) for _ in range(2)] == [503, 202, 202, 503, 202]


def test_creations_without_a_key_begin_anew_with_other_defaults(
    api: Api, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vid_trans_api.native.base.can_inject", lambda environ: True)
    struck = []
    for scenario in ("slowpoke", "amnesia", "ok", "amnesia"):
        api.patch("/simulation/defaults", {"scenario": scenario})
        struck.append(api.post("/jobs", {}).headers.get(HEADER))

    assert struck == ["dribble", "lost-response", None, "lost-response"]


def test_a_creation_that_is_answered_again_may_meet_a_word_for_a_status(
    api: Api, clock: SetClock
) -> None:
    api.patch(
        "/simulation/defaults",
        {"faults": [{"on": "create", "fault": "unknown-status", "times": 2}]},
    )

    actual = [api.post("/jobs", {}, **{"Idempotency-Key": "k"}) for _ in range(3)]

    assert [answer.json()["status"] for answer in actual] == ["processing", "processing", "pending"]
    assert [answer.headers.get(HEADER) for answer in actual] == ["unknown-status"] * 2 + [None]
    assert [answer.json()["id"] for answer in actual] == [actual[0].json()["id"]] * 3
