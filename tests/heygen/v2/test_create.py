"""Translations are created by v2."""

import re
from typing import Any

import pytest

from tests.conftest import SetClock
from tests.heygen.versions import KEY, V2, V3, Heygen, assert_error
from vid_trans_api.journal.recorder import journal
from vid_trans_api.languages import LANGUAGES
from vid_trans_api.models import Job, JobDetails, LoggedRequest, Mode, Workspace, digest_of
from vid_trans_api.operations import concurrency

URL = "https://example.com/talk.mp4"


def refused(v2: Heygen, **fields: Any) -> str:
    """Send a creation with these fields that is refused, and return the message."""
    response = v2.post({**V2.creation, **fields})
    assert response.status_code == 400, response.content
    assert_error(V2, response.json(), "invalid_parameter")
    return str(response.json()["error"]["message"])


def test_one_language_gives_one_id(v2: Heygen) -> None:
    response = v2.post(V2.creation)

    job = Job.objects.get()
    expected = {"error": None, "data": {"video_translate_id": f"{job.public_id}-es"}}
    assert (response.status_code, response.json()) == (200, expected)
    assert (job.video_url, job.target_language) == (URL, "Spanish")


def test_several_languages_give_a_list_of_ids(v2: Heygen) -> None:
    response = v2.post({"video_url": URL, "output_languages": ["Spanish", "Japanese (Japan)"]})

    data = response.json()["data"]
    ids = [f"{job.public_id}-{LANGUAGES[job.target_language]}" for job in Job.objects.all()]
    assert data == {"video_translate_id": None, "video_translate_ids": data["video_translate_ids"]}
    assert sorted(data["video_translate_ids"]) == sorted(ids)
    assert data["video_translate_ids"][0].endswith("-es")


def test_list_of_one_language_gives_the_id_alone_and_in_a_list(v2: Heygen) -> None:
    body = {"video_url": URL, "output_languages": ["Spanish"], "output_language": None}

    data = v2.post(body).json()["data"]

    assert data["video_translate_ids"] == [data["video_translate_id"]]
    assert re.fullmatch("[0-9a-f]{32}-es", data["video_translate_id"])


def test_list_of_languages_precedes_a_single_one(v2: Heygen) -> None:
    v2.post({**V2.creation, "output_languages": ["French", "German"]})

    languages = Job.objects.values_list("target_language", flat=True)
    assert sorted(languages) == ["French", "German"]


def test_fields_are_stored_with_the_job(v2: Heygen) -> None:
    v2.create(
        {
            "title": "Talk",
            "translate_audio_only": "true",
            "speaker_num": 2,
            "callback_id": "mine",
            "callback_url": "https://example.com/hook",
            "enable_dynamic_duration": "true",
            "keep_the_same_format": "false",
            "mode": "quality",
            "folder_id": "f",
            "unknown": 1,
        }
    )

    job = Job.objects.get()
    assert job.title == "Talk"
    assert job.details == JobDetails(
        mode=Mode.PRECISION,
        is_audio_only=True,
        callback_id="mine",
        callback_url="https://example.com/hook",
        address="http://testserver",
    )


@pytest.mark.parametrize(("value", "expected"), [(True, True), ("true", True), ("false", False)])
def test_boolean_may_be_a_string(v2: Heygen, value: object, expected: bool) -> None:
    v2.create({"translate_audio_only": value})

    details = Job.objects.get().details
    assert (details is not None and details.is_audio_only) == expected


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"video_url": None}, "video_url: This field is required."),
        ({"output_language": None}, "output_language: This field is required."),
        ({"output_languages": []}, "output_languages: Ensure this field has at least 1 elements."),
        ({"output_languages": "Spanish"}, "output_languages: 'Spanish' is not a list."),
        ({"output_language": "Klingon"}, "output_language: 'Klingon' is not a valid choice"),
        ({"video_url": "talk.mp4"}, "video_url: 'talk.mp4' is not an http or https URL."),
        ({"enable_dynamic_duration": "yes"}, "enable_dynamic_duration: 'yes' is neither"),
        ({"translate_audio_only": [1]}, "translate_audio_only: [1] is neither true nor false."),
        ({"speaker_num": "2"}, "speaker_num: '2' is not a whole number."),
        ({"mode": "speed"}, "mode: 'speed' is not a valid choice; choose from fast, quality."),
        ({"simulation": {"scenario": "x"}}, "simulation.scenario: 'x' is not a valid choice"),
    ],
)
def test_wrong_field_is_named(v2: Heygen, fields: dict[str, Any], message: str) -> None:
    assert refused(v2, **fields).startswith(message)
    assert Job.objects.count() == 0


@pytest.mark.parametrize(
    ("scenario", "status", "code"),
    [
        ("quota", 429, "trial_video_limit_exceeded"),
        ("moderated", 400, "content_policy_violation"),
        ("no-credit", 402, "insufficient_credit"),
        ("unreachable", 400, "download_failed"),
    ],
)
def test_scenario_refuses_the_creation(v2: Heygen, scenario: str, status: int, code: str) -> None:
    response = v2.post({**V2.creation, "simulation": {"scenario": scenario}})

    assert (response.status_code, "Retry-After" in response) == (status, False)
    assert_error(V2, response.json(), code)
    assert Job.objects.count() == 0


def test_used_quota_has_heygens_sentence(v2: Heygen) -> None:
    response = v2.post({**V2.creation, "simulation": {"scenario": "quota"}})

    message = response.json()["error"]["message"]
    assert message == "You have reached your daily api trial limit 5."


def test_videos_url_may_name_a_scenario(v2: Heygen, clock: SetClock) -> None:
    v2.create({"video_url": "https://sim.test/fail.mp4?duration=10"})

    job = Job.objects.get()
    assert (job.scenario, job.finishes_at) == ("fail", clock.at.replace(second=1))


def test_video_url_is_refused_if_its_options_are_wrong(v2: Heygen) -> None:
    message = refused(v2, video_url="https://sim.test/fail.mp4?duration=x")

    assert message.startswith("video_url: duration:")


def test_jobs_beyond_the_limit_wait_for_their_turn(v2: Heygen, clock: SetClock, settings) -> None:
    settings.HEYGEN_MAX_CONCURRENT_JOBS = 1
    first = v2.create(duration=10, outcome="completed")
    second = v2.create(duration=10, outcome="completed")

    clock.advance(9)
    before = [v2.job(each)["status"] for each in (first, second)]
    clock.advance(2)
    after = [v2.job(each)["status"] for each in (first, second)]
    clock.advance(9)

    assert (before, after) == (["running", "pending"], ["success", "running"])
    assert v2.job(second)["status"] == "success"


def test_one_request_may_create_more_jobs_than_run_at_once(v2: Heygen, settings) -> None:
    settings.HEYGEN_MAX_CONCURRENT_JOBS = 2
    languages = ["Spanish", "French", "German", "Italian"]

    response = v2.post({"video_url": URL, "output_languages": languages})

    assert len(response.json()["data"]["video_translate_ids"]) == 4
    assert Job.objects.filter(is_queued=True).count() == 2
    assert concurrency.limit_of(Workspace.objects.of_key(digest_of(KEY))) == 2


def test_key_repeats_the_first_response_whatever_the_body(v2: Heygen) -> None:
    first = v2.post(V2.creation, **{"Idempotency-Key": "a"})

    second = v2.post({"video_url": "other"}, **{"Idempotency-Key": "a"})

    assert (second.status_code, second.content) == (200, first.content)
    assert (Job.objects.count(), second["Deprecation"]) == (1, first["Deprecation"])


@pytest.mark.parametrize(
    ("version", "fields", "note"),
    [
        (V2, {"video": {"type": "url", "url": URL}}, "video: v2 takes video_url, a string."),
        (V2, {"mode": "speed"}, "mode: v2 says fast."),
        (V2, {"mode": "precision"}, "mode: v2 says quality."),
        (V2, {"mode": ["speed"]}, ""),
        (V2, {}, ""),
        (
            V3,
            {"output_language": "Spanish"},
            "output_language: v3 takes the list output_languages.",
        ),
        (V3, {"mode": "fast"}, "mode: v3 says speed."),
        (V3, {}, ""),
    ],
)
def test_known_mistake_is_noted(db: None, version: Any, fields: dict[str, Any], note: str) -> None:
    heygen = Heygen(version)
    heygen.create()  # so that there is a workspace
    heygen.post({**version.creation, **fields})

    journal.flush()
    assert [each.notes for each in LoggedRequest.objects.order_by("number")] == ["", note]
