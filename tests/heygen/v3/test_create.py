"""POST /v3/video-translations: one job for each language."""

import re
from typing import Any

import pytest

from tests.conftest import Api
from tests.heygen.v3.conftest import TRANSLATIONS, V3, error_of, simulated, video
from vid_trans_api.http.fields import LONGEST_URL
from vid_trans_api.models import Job, JobDetails, Mode


def ids_of(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    ids: list[str] = response.json()["data"]["video_translation_ids"]
    return ids


def test_each_language_is_a_job(v3: V3) -> None:
    response = v3.post(TRANSLATIONS, video("Spanish", "Japanese (Japan)", "Spanish"))

    ids = ids_of(response)
    jobs = Job.objects.order_by("number")
    assert list(response.json()) == ["data"]
    assert [job.target_language for job in jobs] == ["Spanish", "Japanese (Japan)", "Spanish"]
    assert [each[:32] for each in ids] == [job.public_id for job in jobs]
    assert [each[32:] for each in ids] == ["-es", "-ja-JP", "-es"]
    assert all(re.fullmatch(r"[0-9a-f]{32}", job.public_id) for job in jobs)


def test_fields_are_stored_with_each_job(v3: V3) -> None:
    fields: dict[str, Any] = {
        "mode": "precision",
        "input_language": "English",
        "translate_audio_only": True,
        "enable_caption": True,
        "callback_id": "c",
        "callback_url": "https://example.com/hook",
    }

    v3.post(TRANSLATIONS, video("Spanish", "French", title="A talk", **fields))

    for job in Job.objects.all():
        assert (job.title, job.video_url) == ("A talk", "https://example.com/talk.mp4")
        assert job.details == JobDetails(
            mode=Mode.PRECISION,
            input_language="English",
            is_audio_only=True,
            has_captions=True,
            callback_id="c",
            callback_url="https://example.com/hook",
            address="http://testserver",
        )


def test_fields_without_effect_are_accepted(v3: V3) -> None:
    file = {"type": "url", "url": "https://example.com/x.srt"}
    fields: dict[str, Any] = {
        "speaker_num": 2,
        "enable_dynamic_duration": True,
        "disable_music_track": True,
        "enable_speech_enhancement": False,
        "enable_watermark": False,
        "keep_the_same_format": True,
        "start_time": 1,
        "end_time": 2.5,
        "audio": file,
        "srt": file,
        "srt_role": "output",
        "fps_mode": "passthrough",
        "brand_glossary_id": "b",
        "brand_voice_id": "b",
        "stock_voice_config": {"use_stock_voice": True, "preferred_stock_voice_ids": ["v"]},
        "folder_id": "f",
    }

    assert len(ids_of(v3.post(TRANSLATIONS, video(**fields)))) == 1


def test_unknown_fields_are_ignored_and_null_means_left_out(v3: V3) -> None:
    file = {"type": "url", "url": "https://example.com/talk.mp4", "asset_id": None, "x": 1}
    body = {"video": file, "output_languages": ["Spanish"], "title": None, "mode": None, "x": {}}

    assert len(ids_of(v3.post(f"{TRANSLATIONS}?x=1", body))) == 1
    assert Job.objects.get().title == ""


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"video": None}, "video"),
        ({"video": "https://example.com/talk.mp4"}, "video"),
        ({"video": {}}, "video.type"),
        ({"video": {"type": "file"}}, "video.type"),
        ({"video": {"type": "url"}}, "video.url"),
        ({"video": {"type": "url", "url": None}}, "video.url"),
        ({"video": {"type": "url", "url": "talk.mp4"}}, "video.url"),
        ({"video": {"type": "url", "url": "http://x/" + "x" * LONGEST_URL}}, "video.url"),
        ({"video": {"type": "url", "url": "https://sim.test/flakey.mp4"}}, "video.url"),
        ({"video": {"type": "asset_id", "url": "https://example.com"}}, "video.asset_id"),
        ({"output_languages": None}, "output_languages"),
        ({"output_languages": []}, "output_languages"),
        ({"output_languages": "Spanish"}, "output_languages"),
        ({"output_languages": ["Spanish", "spanish"]}, "output_languages.1"),
        ({"output_languages": ["Spanish"] * 101}, "output_languages"),
        ({"title": 5}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"mode": "fast"}, "mode"),
        ({"translate_audio_only": "yes"}, "translate_audio_only"),
        ({"speaker_num": -1}, "speaker_num"),
        ({"start_time": -1}, "start_time"),
        ({"srt": {"type": "url"}}, "srt.url"),
        ({"srt_role": "both"}, "srt_role"),
        ({"fps_mode": "30"}, "fps_mode"),
        ({"callback_url": "mailto:a@example.com"}, "callback_url"),
        ({"stock_voice_config": {"use_stock_voice": 1}}, "stock_voice_config.use_stock_voice"),
        ({"simulation": {"duration": -1}}, "simulation.duration"),
    ],
)
def test_wrong_field_is_named(v3: V3, fields: dict[str, Any], param: str) -> None:
    response = v3.post(TRANSLATIONS, {**video(), **fields})

    assert error_of(response) == (400, "invalid_parameter", param)
    assert Job.objects.count() == 0


def test_url_of_v2_is_refused_as_video_is_missing(v3: V3) -> None:
    body = {"video_url": "https://example.com/talk.mp4", "output_languages": ["Spanish"]}

    assert error_of(v3.post(TRANSLATIONS, body)) == (400, "invalid_parameter", "video")


def test_unknown_asset_is_not_found(v3: V3) -> None:
    body = {**video(), "video": {"type": "asset_id", "asset_id": "a"}}

    assert error_of(v3.post(TRANSLATIONS, body)) == (404, "resource_not_found", None)


def test_fault_that_needs_the_socket_is_a_wrong_parameter(v3: V3) -> None:
    responses = [
        v3.post(TRANSLATIONS, simulated(scenario="amnesia")),
        v3.post(TRANSLATIONS, video(url="https://sim.test/amnesia.mp4")),
    ]

    assert [error_of(each) for each in responses] == [
        (400, "invalid_parameter", "simulation"),
        (400, "invalid_parameter", "video.url"),
    ]


def test_job_is_queued_for_a_tenth_of_its_duration_unless_told_otherwise(
    v3: V3, v3_api: Api
) -> None:
    v3.create(video())
    v3.create(simulated(queued=0.5))
    v3_api.set_defaults(queued=0.3)
    v3.create(video())

    assert [job.plan.queued for job in Job.objects.order_by("number")] == [0.1, 0.5, 0.3]


def test_options_have_their_usual_precedence(v3: V3, v3_api: Api) -> None:
    v3_api.set_defaults(duration=30, scenario="fail")

    v3.create(video(url="https://sim.test/slow.mp4", simulation={"seed": 4}))

    plan = Job.objects.get().plan
    assert (plan.seed, plan.scenario, plan.duration) == (4, "slow", 300)


def test_without_simulation_its_options_are_unknown(v3: V3, settings) -> None:
    settings.SIMULATION = False

    v3.create(video(url="https://sim.test/stuck.mp4", simulation={"duration": "x"}))

    assert Job.objects.get().plan.scenario is None


def test_too_many_jobs_of_a_workspace_are_refused(v3: V3, settings) -> None:
    settings.MAX_JOBS = 2

    response = v3.post(TRANSLATIONS, video("Spanish", "French", "German"))

    assert error_of(response) == (400, "resource_limit_reached", None)
    assert Job.objects.count() == 0


@pytest.mark.parametrize("times", [{"start_time": 5, "end_time": 2}, {"end_time": 0}])
def test_end_that_is_not_after_the_start_is_named(v3: V3, times: Any) -> None:
    response = v3.post(TRANSLATIONS, video(**times))

    assert error_of(response) == (400, "invalid_parameter", "end_time")
