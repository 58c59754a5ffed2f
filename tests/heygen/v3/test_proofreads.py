"""Proofreads: created and read."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from rest_framework.request import Request

from tests.conftest import NEW_YEAR, Api, SetClock
from tests.heygen.v3.conftest import PROOFREADS, V3, error_of, simulated, video
from tests.heygen.v3.proofreads import by_id, completed, create
from vid_trans_api.heygen.v3.proofreads import ProofreadsView
from vid_trans_api.journal.recorder import journal
from vid_trans_api.models import Job, LoggedRequest, Proofread


def test_each_language_is_a_proofread(v3: V3, clock: SetClock) -> None:
    ids = create(v3, video("Spanish", "French", input_language="English"))

    documents = [v3.data(f"{PROOFREADS}/{each}") for each in ids]

    assert documents == [
        {
            "id": proofread_id,
            "status": "processing",
            "title": "Talk",
            "input_language": "English",
            "output_language": language,
            "created_at": int(NEW_YEAR.timestamp()),
            "submitted_for_review": False,
        }
        for proofread_id, language in zip(ids, ("Spanish", "French"), strict=True)
    ]
    assert Job.objects.count() == 0


def test_languages_of_one_video_have_the_same_duration(v3: V3) -> None:
    create(v3, video("Spanish", "French"))

    durations = {proofread.video_duration for proofread in Proofread.objects.all()}

    assert len(durations) == 1


def test_proofread_takes_a_third_of_the_time_of_a_job(v3: V3, clock: SetClock) -> None:
    (proofread_id,) = create(v3, simulated(outcome="completed", duration=30))
    statuses = []
    for seconds in (9.9, 0.1):
        clock.advance(seconds)
        statuses.append(v3.data(f"{PROOFREADS}/{proofread_id}")["status"])

    assert statuses == ["processing", "completed"]


def test_time_of_a_proofread_is_that_of_its_workspace(v3: V3, v3_api: Api) -> None:
    (proofread_id,) = create(v3, simulated(outcome="completed", duration=30))
    v3_api.set_clock(advance=10)

    assert v3.data(f"{PROOFREADS}/{proofread_id}")["status"] == "completed"


def test_clock_advances_to_the_end_of_a_proofread(v3: V3, v3_api: Api, clock: SetClock) -> None:
    v3.create(simulated(outcome="completed", duration=30))
    (proofread_id,) = create(v3, simulated(outcome="completed", duration=30))

    v3_api.set_clock(advance="next")

    assert v3.data(f"{PROOFREADS}/{proofread_id}")["status"] == "completed"


@pytest.mark.parametrize(
    "document",
    [video(url="https://sim.test/bad-url.mp4"), simulated(scenario="bad-url")],
)
def test_scenario_lets_a_proofread_fail(v3: V3, clock: SetClock, document: Any) -> None:
    (proofread_id,) = create(v3, document)
    clock.advance(1)

    proofread = v3.data(f"{PROOFREADS}/{proofread_id}")

    assert proofread["status"] == "failed"
    assert proofread["failure_message"].startswith("Failed to download video from url")


def test_scenario_of_the_workspace_counts(v3: V3, v3_api: Api, clock: SetClock) -> None:
    v3_api.set_defaults(scenario="stuck")
    (proofread_id,) = create(v3, video())
    clock.advance(1_000_000)

    assert v3.data(f"{PROOFREADS}/{proofread_id}")["status"] == "processing"


@pytest.mark.parametrize(
    ("scenario", "error"),
    [
        ("moderated", (400, "content_policy_violation")),
        ("unreachable", (400, "download_failed")),
        ("no-credit", (402, "insufficient_credit")),
        ("quota", (429, "quota_exceeded")),
    ],
)
def test_scenario_can_refuse_the_creation(v3: V3, scenario: str, error: tuple[int, str]) -> None:
    document = video(url=f"https://sim.test/{scenario}.mp4", title="Talk")

    response = v3.post(PROOFREADS, document)

    assert error_of(response)[:2] == error
    assert Proofread.objects.count() == 0


def test_fault_of_the_scenario_applies_to_the_creation(v3: V3) -> None:
    document = simulated(faults=[{"on": "create", "fault": 503, "times": 1}]) | {"title": "Talk"}

    statuses = [v3.post(PROOFREADS, document).status_code for _ in range(2)]

    assert (statuses, Proofread.objects.count()) == ([503, 200], 1)


def test_faults_of_the_workspace_apply_to_polls(v3: V3, v3_api: Api) -> None:
    (proofread_id,) = create(v3, video())
    v3_api.set_defaults(faults=[{"on": "status", "fault": 500, "times": 1}])

    statuses = [v3.get(f"{PROOFREADS}/{proofread_id}").status_code for _ in range(2)]

    assert statuses == [500, 200]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"title": None}, "title"),
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"video": None}, "video"),
        ({"video": {"type": "url"}}, "video.url"),
        ({"output_languages": []}, "output_languages"),
        ({"output_languages": ["Klingon"]}, "output_languages.0"),
        ({"mode": "fast"}, "mode"),
        ({"speaker_num": -1}, "speaker_num"),
        ({"enable_video_stretching": "yes"}, "enable_video_stretching"),
    ],
)
def test_wrong_field_is_refused(v3: V3, fields: dict[str, Any], param: str) -> None:
    response = v3.post(PROOFREADS, {**video(), "title": "Talk", **fields})

    assert error_of(response) == (400, "invalid_parameter", param)
    assert Proofread.objects.count() == 0


def test_proofreads_count_for_neither_wallet_nor_concurrency(v3: V3, v3_api: Api) -> None:
    v3_api.set_defaults(wallet=0.01, max_concurrent_jobs=1)
    ids = create(v3, video("Spanish", "French"))

    v3_api.set_defaults(wallet=100)

    assert len(ids) == 2
    assert v3.create(video())


def test_repeated_key_creates_no_second_proofread(v3: V3) -> None:
    first, second = (
        v3.post(PROOFREADS, {**video(), "title": title}, **{"Idempotency-Key": "k"})
        for title in ("One", "Two")
    )

    assert (first.status_code, first.content) == (200, second.content)
    assert Proofread.objects.count() == 1


def test_crash_after_the_creation_leaves_its_response(
    v3: V3, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the process had died before it could respond."""
    v3.client.raise_request_exception = False
    post, body = ProofreadsView.post, {**video(), "title": "Talk"}

    def crash(self: ProofreadsView, request: Request) -> HttpResponse:
        post(self, request)
        raise SystemError

    with monkeypatch.context() as patch:
        patch.setattr(ProofreadsView, "post", crash)
        crashed = v3.post(PROOFREADS, body, **{"Idempotency-Key": "k"})
    retried = v3.post(PROOFREADS, body, **{"Idempotency-Key": "k"})

    assert crashed.status_code == 500
    assert retried.json()["data"]["proofread_ids"] == [Proofread.objects.get().public_id]


def test_number_of_proofreads_is_limited_as_that_of_jobs(v3: V3, settings: LazySettings) -> None:
    settings.MAX_JOBS = 2
    create(v3, video("Spanish", "French"))

    response = v3.post(PROOFREADS, {**video(), "title": "Talk"})

    assert error_of(response)[:2] == (400, "resource_limit_reached")


@pytest.mark.parametrize("path", ["", "/srt"])
@pytest.mark.parametrize("proofread_id", ["nope", "%00", "x" * 3000])
def test_unknown_proofread_is_not_found(v3: V3, proofread_id: str, path: str) -> None:
    response = v3.get(f"{PROOFREADS}/{proofread_id}{path}")

    assert error_of(response) == (404, "not_found", None)


def test_proofread_of_another_key_is_not_found(v3: V3, clock: SetClock) -> None:
    proofread_id = completed(v3, clock)
    path = f"{PROOFREADS}/{proofread_id}"
    other = V3("another")

    responses = [
        other.get(path),
        other.get(f"{path}/srt"),
        other.put(f"{path}/srt", by_id("x")),
        other.post(f"{path}/generate"),
    ]

    assert {error_of(each)[:2] for each in responses} == {(404, "not_found")}


def test_get_writes_nothing(v3: V3, clock: SetClock, django_assert_num_queries) -> None:
    (proofread_id,) = create(v3, video())

    with django_assert_num_queries(2) as queries:
        v3.data(f"{PROOFREADS}/{proofread_id}")

    assert {query["sql"].split()[0] for query in queries.captured_queries} == {"SELECT"}


def test_requests_are_recorded_under_the_proofreads_id(v3: V3, clock: SetClock) -> None:
    proofread_id = completed(v3, clock)
    v3.data(f"{PROOFREADS}/{proofread_id}")
    journal.flush()

    logged = LoggedRequest.objects.order_by("number").values_list("operation", "reported")

    assert list(logged) == [("create", "{}"), ("status", f'{{"{proofread_id}":null}}')]


def test_reset_deletes_proofreads(v3: V3, v3_api: Api) -> None:
    create(v3, video())

    v3_api.post("/simulation/reset")

    assert Proofread.objects.count() == 0
