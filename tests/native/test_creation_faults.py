"""Faults of creations: which requests are attempts of one creation, and what each gets."""

from typing import Any
from uuid import uuid4

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job

HEADER = "Simulated-Fault"
ONCE: dict[str, Any] = {"on": "create", "fault": 503, "times": 1}
BY_CHANCE: dict[str, Any] = {"on": "create", "fault": 503, "probability": 0.5}


def attempt(api: Api, *faults: dict[str, Any], key: str = "k", **options: Any) -> int:
    """Try to create a job with these rules; return the status code."""
    document = {"simulation": {"faults": faults, **options}}
    response = api.post("/jobs", document, **({"Idempotency-Key": key} if key else {}))
    return int(response.status_code)


def test_attempts_without_a_key_are_recognised_by_their_body(api: Api) -> None:
    """The fourth request has the body of a creation that succeeded, so it is a new one."""
    statuses = [attempt(api, {**ONCE, "times": 2}, key="") for _ in range(4)]

    assert statuses == [503, 503, 202, 503]
    assert Job.objects.count() == 1


def test_attempts_are_recognised_by_their_key(api: Api) -> None:
    statuses = [attempt(api, ONCE, key=key) for key in ("a", "b", "a", "b", "a")]

    assert statuses == [503, 503, 202, 202, 202]


def test_workspace_rule_applies_after_the_rule_of_the_job(api: Api) -> None:
    api.set_defaults(faults=[{**ONCE, "fault": 500}])

    statuses = [attempt(api, ONCE, key="") for _ in range(3)]

    assert statuses == [503, 500, 202]


def test_other_rules_with_the_key_of_a_failed_creation_are_counted_anew(
    api: Api, clock: SetClock
) -> None:
    other_rules = [{"on": "status", "fault": 500}, {**ONCE, "fault": 429}]

    statuses = [attempt(api, ONCE), attempt(api, *other_rules), attempt(api, *other_rules)]

    assert statuses == [503, 429, 202]


def test_expired_key_belongs_to_another_creation(api: Api, clock: SetClock) -> None:
    statuses = [attempt(api, ONCE) for _ in range(3)]
    clock.advance(24 * 3600)
    statuses += [attempt(api, ONCE) for _ in range(2)]

    assert statuses == [503, 202, 202, 503, 202]


def test_other_defaults_start_another_creation(db: None, clock: SetClock) -> None:
    api = Api(has_socket=True)

    faults = []
    for scenario in ("slowpoke", "amnesia", "ok", "amnesia"):
        api.set_defaults(scenario=scenario)
        faults.append(api.post("/jobs", {}).headers.get(HEADER))

    assert faults == ["dribble", "lost-response", None, "lost-response"]


def test_probability_is_drawn_from_the_seed_of_the_options(api: Api) -> None:
    def statuses(client: Api) -> list[list[int]]:
        return [
            [attempt(client, BY_CHANCE, key=str(seed), seed=seed) for _ in range(4)]
            for seed in range(20)
        ]

    first, second = statuses(Api(api_key="ada")), statuses(Api(api_key="bob"))

    assert first == second
    assert 3 < [attempts[0] for attempts in first].count(503) < 17


def test_probability_is_drawn_from_the_workspaces_seed(api: Api) -> None:
    def statuses() -> list[int]:
        api.post("/simulation/reset", {"seed": 3})
        return [attempt(api, BY_CHANCE, key=str(uuid4())) for _ in range(30)]

    first, second = statuses(), statuses()

    assert first == second
    assert 3 < first.count(503) < 27


def test_replay_reports_the_status_that_a_fault_hid(api: Api) -> None:
    rules = [{"on": "create", "fault": "unknown-status", "times": 1}]
    document = {"simulation": {"faults": rules}}

    first, replayed = (api.post("/jobs", document, **{"Idempotency-Key": "k"}) for _ in range(2))

    assert (first.json()["status"], replayed.json()["status"]) == ("reviewing", "pending")
    assert (HEADER in first, HEADER in replayed) == (True, False)


def test_workspace_rule_can_change_a_replay(api: Api) -> None:
    api.set_defaults(faults=[{"on": "create", "fault": "unknown-status", "times": 2}])

    responses = [api.post("/jobs", {}, **{"Idempotency-Key": "k"}) for _ in range(3)]

    jobs = [response.json() for response in responses]
    assert [job["status"] for job in jobs] == ["reviewing", "reviewing", "pending"]
    assert [HEADER in response for response in responses] == [True, True, False]
    assert {job["id"] for job in jobs} == {jobs[0]["id"]}


def test_fault_changes_the_refusal_of_a_reused_key(api: Api) -> None:
    api.post("/jobs", {"title": "One"}, **{"Idempotency-Key": "k"})
    api.set_defaults(faults=[{"on": "create", "fault": "empty"}])

    response = api.post("/jobs", {"title": "Two"}, **{"Idempotency-Key": "k"})

    assert (response.status_code, response.content, response[HEADER]) == (422, b"", "empty")


def test_refused_key_is_counted(api: Api, clock: SetClock) -> None:
    api.set_defaults(rate_limit="3/h", faults=[{"on": "create", "fault": 503, "after": 2}])

    statuses = [attempt(api, duration=1), attempt(api, duration=2), attempt(api, key="new")]

    assert statuses == [202, 422, 503]
    assert api.statuses("/jobs") == [429]
