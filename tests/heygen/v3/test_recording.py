"""What the journal says about clients of v3."""

from typing import Any

import pytest

from tests.conftest import Api, SetClock
from tests.heygen.v3.conftest import BATCHES, PROOFREADS, TRANSLATIONS, V3, simulated, video


def report(v3_api: Api) -> Any:
    return v3_api.get("/simulation/report").json()


def kinds(v3_api: Api) -> list[tuple[str, str | None]]:
    """Return the kinds of violations, and the jobs that they concern."""
    return [(each["kind"], each["job"]) for each in report(v3_api)["verdict"]["violations"]]


def test_polls_report_statuses_without_estimates(v3: V3, v3_api: Api, clock: SetClock) -> None:
    job_id = v3.create(simulated(duration=10, outcome="completed"))
    v3.get(f"{TRANSLATIONS}/{job_id}")
    clock.advance(12)
    v3.get(f"{TRANSLATIONS}/{job_id}")

    polls = v3_api.get(f"/simulation/jobs/{job_id}").json()

    assert [
        (each["reported"], each["estimated_time_remaining"], each["lateness"])
        for each in polls["polls"]
    ] == [("pending", None, -10), ("completed", None, 2)]
    assert (polls["verdict"]["noticed_after"], polls["verdict"]["clean"]) == (2, True)


def test_operations_are_those_of_all_dialects(v3: V3, v3_api: Api) -> None:
    job_id = v3.create(video())
    v3.get(TRANSLATIONS)
    v3.client.patch(f"{TRANSLATIONS}/{job_id}", {"title": "x"}, content_type="application/json")
    v3.delete(f"{TRANSLATIONS}/{job_id}")
    v3.get(f"{TRANSLATIONS}/languages")

    operations = [each["operation"] for each in report(v3_api)["requests"]]

    assert operations == ["create", "list", "update", "delete"]


def test_creation_names_its_jobs_and_reports_no_status(v3: V3, v3_api: Api) -> None:
    response = v3.post(TRANSLATIONS, video("Spanish", "French"))

    (creation,) = report(v3_api)["requests"]
    ids = [each[:32] for each in response.json()["data"]["video_translation_ids"]]
    assert creation["jobs"] == ids
    assert creation["reported"] == []


@pytest.mark.parametrize("path", [TRANSLATIONS, BATCHES, PROOFREADS])
def test_unknown_id_is_recorded_as_the_subject(v3: V3, v3_api: Api, path: str) -> None:
    v3.create(video())
    v3.get(f"{path}/{'a' * 32}")

    requests = report(v3_api)["requests"]

    assert [each["jobs"] for each in requests if each["operation"] == "status"] == [["a" * 32]]


def test_first_poll_of_an_instant_job_is_necessary(v3: V3, v3_api: Api, clock: SetClock) -> None:
    job_id = v3.create(simulated(scenario="instant"))
    v3.get(f"{TRANSLATIONS}/{job_id}")
    clean = report(v3_api)["verdict"]["clean"]

    v3.get(f"{TRANSLATIONS}/{job_id}")

    assert clean is True
    assert kinds(v3_api) == [("asked-after-end", job_id[:32])]


@pytest.mark.parametrize("dialect", ["v3", "own"])
def test_polls_for_a_late_url_are_necessary(
    v3: V3, v3_api: Api, clock: SetClock, dialect: str
) -> None:
    job_id = v3.create(simulated(scenario="late-url", duration=10))

    def poll() -> None:
        if dialect == "v3":
            v3.get(f"{TRANSLATIONS}/{job_id}")
        else:
            v3_api.job(job_id)

    for seconds in (11, 10, 20):
        clock.advance(seconds)
        poll()
    verdict = report(v3_api)["verdict"]
    clock.advance(1)
    poll()

    assert (verdict["clean"], verdict["noticed_after"]["worst"]) == (True, 1)
    assert kinds(v3_api) == [("asked-after-end", job_id[:32])]


@pytest.mark.parametrize("outcome", ["completed", "error"])
def test_poll_for_the_url_after_a_poll_of_statuses_is_necessary(
    v3: V3, v3_api: Api, clock: SetClock, outcome: str
) -> None:
    job_id = v3.create(simulated(duration=10, outcome=outcome))
    clock.advance(10)
    v3.get(f"{TRANSLATIONS}/statuses?video_translation_ids={job_id}")
    clock.advance(1)
    v3.get(f"{TRANSLATIONS}/{job_id}")
    necessary = kinds(v3_api)

    clock.advance(1)
    v3.get(f"{TRANSLATIONS}/statuses?video_translation_ids={job_id}")

    after_end = [("asked-after-end", job_id[:32])]
    assert necessary == ([] if outcome == "completed" else after_end)
    assert kinds(v3_api) == necessary + after_end


def test_statuses_are_not_polled_after_the_end(v3: V3, v3_api: Api, clock: SetClock) -> None:
    job_id = v3.create(simulated(scenario="instant"))

    for _ in range(2):
        v3.get(f"{TRANSLATIONS}/statuses?video_translation_ids={job_id}")
        clock.advance(1)

    assert kinds(v3_api) == [("asked-after-end", job_id[:32])]


def test_creation_repeated_without_its_key_is_flagged(v3: V3, v3_api: Api, clock: SetClock) -> None:
    rule = {"on": "create", "fault": "garbage", "times": 1}
    body = simulated("Spanish", "French", faults=[rule])

    v3.post(TRANSLATIONS, body)
    clock.advance(5)
    ids = v3.post(TRANSLATIONS, body).json()["data"]["video_translation_ids"]

    assert kinds(v3_api) == [("created-twice", each[:32]) for each in ids]
    for each in ids:
        of_job = v3_api.get(f"/simulation/jobs/{each}").json()["verdict"]["violations"]
        assert [violation["kind"] for violation in of_job] == ["created-twice"]


@pytest.mark.parametrize("fault", ["garbage", 503])
def test_creation_repeated_with_its_key_is_clean(
    v3: V3, v3_api: Api, clock: SetClock, fault: object
) -> None:
    v3_api.set_defaults(faults=[{"on": "create", "fault": fault, "times": 2}])

    for _ in range(3):
        v3.post(TRANSLATIONS, video(), **{"Idempotency-Key": "k"})
        clock.advance(5)
    v3.post(TRANSLATIONS, video(title="another"), **{"Idempotency-Key": "other"})

    verdict = report(v3_api)["verdict"]
    assert (verdict["violations"], verdict["clean"]) == ([], True)


def test_creation_repeated_after_its_key_is_flagged(v3: V3, v3_api: Api, clock: SetClock) -> None:
    v3_api.set_defaults(faults=[{"on": "create", "fault": "garbage", "times": 2}])

    for headers in ({"Idempotency-Key": "k"}, {"Idempotency-Key": "k"}, {}):
        v3.post(TRANSLATIONS, video(), **headers)
        clock.advance(5)

    assert [kind for kind, _ in kinds(v3_api)] == ["created-twice"]


def test_refused_creations_are_recorded(v3: V3, v3_api: Api, settings) -> None:
    settings.HEYGEN_MAX_CONCURRENT_JOBS = 1
    v3.create(video())

    v3.post(TRANSLATIONS, video())
    v3.post(TRANSLATIONS, {})

    assert [each["status"] for each in report(v3_api)["requests"]] == [200, 429, 400]


def test_retry_before_the_limits_retry_after_is_flagged(
    v3: V3, v3_api: Api, clock: SetClock, settings
) -> None:
    settings.HEYGEN_MAX_CONCURRENT_JOBS = 1
    v3.create(simulated(duration=20))
    v3.post(TRANSLATIONS, video())
    clock.advance(5)
    v3.post(TRANSLATIONS, video())

    assert [kind for kind, _ in kinds(v3_api)] == ["asked-too-soon"]
