"""The limit of concurrent jobs, which v3 refuses to exceed."""

from typing import Any

import pytest

from tests.conftest import Api, SetClock
from tests.heygen.v3.conftest import KEY, TRANSLATIONS, V3, error_of, simulated, video
from tests.operations.test_concurrency import in_threads
from vid_trans_api.models import Job, Workspace, digest_of


@pytest.fixture(autouse=True)
def two_at_once(settings) -> None:
    settings.HEYGEN_MAX_CONCURRENT_JOBS = 2


def create(v3: V3, *languages: str, **simulation: Any) -> Any:
    return v3.post(TRANSLATIONS, simulated(*languages, **simulation))


def test_job_beyond_the_limit_is_refused_until_one_has_ended(v3: V3, clock: SetClock) -> None:
    responses = [create(v3, duration=seconds) for seconds in (20.5, 30, 30)]
    clock.advance(20.5)
    accepted = create(v3, duration=30)

    assert [each.status_code for each in responses] == [200, 200, 429]
    assert error_of(responses[2]) == (429, "rate_limit_exceeded", None)
    assert responses[2]["Retry-After"] == "21"
    assert accepted.status_code == 200


@pytest.mark.parametrize(
    ("simulation", "seconds"),
    [
        ({"duration": 0.2}, "1"),
        ({"duration": 59.5}, "60"),
        ({"duration": 500}, "60"),
        ({"outcome": "stuck"}, "60"),
    ],
)
def test_retry_after_is_the_earliest_known_end_and_at_most_a_minute(
    v3: V3, clock: SetClock, simulation: Any, seconds: str
) -> None:
    v3.create(simulated(outcome="stuck"))
    v3.create(simulated(**simulation))

    assert create(v3)["Retry-After"] == seconds


def test_languages_count_one_by_one(v3: V3, clock: SetClock) -> None:
    v3.create(simulated(duration=10))

    both = create(v3, "Spanish", "French")
    one = create(v3, "Spanish", duration=10)

    assert (error_of(both), one.status_code) == ((429, "rate_limit_exceeded", None), 200)
    assert Job.objects.count() == 2


def test_request_that_can_never_fit_is_refused_for_good(v3: V3) -> None:
    response = create(v3, "Spanish", "French", "German")

    assert error_of(response) == (400, "resource_limit_reached", None)
    assert "Retry-After" not in response
    assert Job.objects.count() == 0


def test_jobs_of_all_dialects_count_and_the_own_api_has_no_limit(
    v3: V3, v3_api: Api, clock: SetClock
) -> None:
    jobs = [v3_api.create(duration=10) for _ in range(3)]
    refused = create(v3)
    for job in jobs[:2]:
        v3_api.post(f"/jobs/{job['id']}/cancel")

    assert (refused.status_code, create(v3).status_code) == (429, 200)


def test_limit_belongs_to_a_key(v3: V3) -> None:
    create(v3, "Spanish", "French")

    assert create(V3(api_key="other")).status_code == 200


def test_workspace_has_a_limit_of_its_own(v3: V3, v3_api: Api, clock: SetClock) -> None:
    statuses = []
    for limit in (1, 3, 0, None):
        v3_api.set_defaults(max_concurrent_jobs=limit)
        statuses.append([create(v3, duration=10).status_code for _ in range(2)])

    assert statuses == [[200, 429], [200, 200], [200, 200], [429, 429]]


@pytest.mark.parametrize("limit", [-1, 1.5, "2", 1_000_001])
def test_wrong_limit_is_refused(v3_api: Api, limit: object) -> None:
    response = v3_api.patch("/simulation/defaults", {"max_concurrent_jobs": limit})

    assert response.json()["errors"][0]["field"] == "max_concurrent_jobs"


def test_without_simulation_the_workspaces_limit_has_no_effect(
    v3: V3, v3_api: Api, settings
) -> None:
    v3_api.set_defaults(max_concurrent_jobs=1)
    settings.SIMULATION = False

    assert create(v3, "Spanish", "French").status_code == 200


def test_refused_creation_is_not_kept_for_its_key(v3: V3, v3_api: Api, clock: SetClock) -> None:
    headers = {"Idempotency-Key": "k"}
    v3_api.create(duration=10)
    v3_api.create(duration=10)

    refused = v3.post(TRANSLATIONS, video(), **headers)
    clock.advance(10)
    accepted = v3.post(TRANSLATIONS, video(), **headers)

    assert (refused.status_code, accepted.status_code) == (429, 200)


@pytest.mark.django_db(transaction=True)
def test_creations_at_the_same_time_do_not_exceed_the_limit(clock: SetClock) -> None:
    Workspace.objects.stored(digest_of(KEY))

    statuses = in_threads(lambda: create(V3(), duration=10).status_code, count=6)

    assert sorted(statuses) == [200, 200, 429, 429, 429, 429]
    assert Job.objects.count() == 2
