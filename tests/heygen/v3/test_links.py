"""The signed URLs of completed translations."""

from urllib.parse import urlsplit

import pytest

from tests.conftest import SetClock
from tests.heygen.v3.conftest import TRANSLATIONS, V3, simulated
from vid_trans_api.signatures import read_token

WEEK = 7 * 86_400


def completed(v3: V3, clock: SetClock, **fields: object) -> str:
    """Return the path of a completed translation."""
    job_id = v3.create({**simulated(outcome="completed", duration=10), **fields})
    clock.advance(10)
    return f"{TRANSLATIONS}/{job_id}"


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({}, {"video_url", "audio_url"}),
        ({"translate_audio_only": True}, {"audio_url"}),
        (
            {"enable_caption": True},
            {"video_url", "audio_url", "srt_caption_url", "vtt_caption_url"},
        ),
    ],
)
def test_completed_translation_has_the_urls_of_its_files(
    v3: V3, clock: SetClock, fields: dict[str, object], names: set[str]
) -> None:
    translation = v3.data(completed(v3, clock, **fields))

    urls = {name: url for name, url in translation.items() if name.endswith("_url")}

    assert set(urls) == names
    for url in urls.values():
        assert v3.get(url).status_code == 200


def test_url_expires_a_week_after_its_response(v3: V3, clock: SetClock) -> None:
    path = completed(v3, clock)

    first = v3.data(path)["video_url"]
    clock.advance(1)
    second = v3.data(path)["video_url"]

    expirations = [read_token(url.split("/")[-2]) for url in (first, second)]
    assert [each and each.expires_at - int(clock().timestamp()) for each in expirations] == [
        WEEK - 1,
        WEEK,
    ]


def test_expired_url_is_forbidden(v3: V3, clock: SetClock) -> None:
    path = completed(v3, clock)
    url = v3.data(path)["video_url"]

    clock.advance(WEEK)

    assert v3.get(url).status_code == 403
    assert v3.get(v3.data(path)["video_url"]).status_code == 200


@pytest.mark.parametrize("scenario", ["stuck", "fail"])
def test_other_translations_have_no_urls(v3: V3, clock: SetClock, scenario: str) -> None:
    path = completed(v3, clock, simulation={"scenario": scenario}, enable_caption=True)

    assert [name for name in v3.data(path) if name.endswith("_url")] == []


def test_late_url_is_missing_for_30_seconds(v3: V3, clock: SetClock) -> None:
    path = completed(v3, clock, simulation={"scenario": "late-url", "duration": 10})
    late = v3.data(path)
    clock.advance(30)

    assert (late["status"], "video_url" in late) == ("completed", False)
    assert "video_url" in v3.data(path)


def test_only_the_video_of_a_late_url_job_comes_late(v3: V3, clock: SetClock) -> None:
    job_id = v3.create(
        {**simulated("French", scenario="late-url", duration=10), "enable_caption": True}
    )
    clock.advance(10)
    at_end = v3.data(f"{TRANSLATIONS}/{job_id}")
    clock.advance(30)
    later = v3.data(f"{TRANSLATIONS}/{job_id}")

    assert at_end.keys() == later.keys() - {"video_url"}
    for name in ("audio_url", "srt_caption_url", "vtt_caption_url"):
        assert v3.get(urlsplit(at_end[name]).path).status_code == 200
