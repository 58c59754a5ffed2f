"""Scenarios that HeyGen's API needs, in v3, in our own API and on the pages."""

from typing import Any

import pytest
from django.test import Client

from tests.conftest import Api, SetClock
from tests.heygen.v3.conftest import TRANSLATIONS, V3, error_of, simulated, video
from tests.starting import found
from vid_trans_api.models import Job

REFUSALS = {
    "moderated": ((400, "content_policy_violation"), (422, "content-policy-violation")),
    "no-credit": ((402, "insufficient_credit"), (402, "payment-required")),
    "quota": ((429, "quota_exceeded"), (429, "quota-exceeded")),
    "unreachable": ((400, "download_failed"), (400, "download-failed")),
}
"""Statuses and codes in v3 and in our own API."""


@pytest.mark.parametrize("scenario", REFUSALS)
@pytest.mark.parametrize("level", ["simulation", "url", "defaults"])
def test_creation_is_refused(v3: V3, v3_api: Api, scenario: str, level: str) -> None:
    url = f"https://sim.test/{scenario}.mp4" if level == "url" else "https://example.com/a.mp4"
    options: dict[str, Any] = {"scenario": scenario} if level == "simulation" else {}
    if level == "defaults":
        v3_api.set_defaults(scenario=scenario)

    heygen = v3.post(TRANSLATIONS, video("Spanish", "French", url=url, simulation=options))
    own = v3_api.post("/jobs", {"video_url": url, "simulation": options})

    in_v3, in_own = REFUSALS[scenario]
    assert error_of(heygen) == (*in_v3, None)
    assert (own.status_code, own.json()["type"].rpartition(":")[2]) == in_own
    assert ("Retry-After" in heygen, "Retry-After" in own) == (False, False)
    assert Job.objects.count() == 0


def test_unreachable_video_is_named(v3: V3) -> None:
    url = "https://sim.test/unreachable.mp4"

    message = v3.post(TRANSLATIONS, video(url=url)).json()["error"]["message"]

    assert message == f"The video could not be downloaded from {url}: the host does not respond."


@pytest.mark.parametrize("scenario", REFUSALS)
def test_form_says_why_a_job_is_refused(db: None, browser: Client, scenario: str) -> None:
    response: Any = browser.post("/", {"scenario": scenario})

    assert response.status_code == 400
    assert found(r'<ul class="errorlist nonfield"[^>]*>(.*?)</ul>', response) != ""
    assert Job.objects.count() == 0


@pytest.mark.parametrize("scenario", REFUSALS)
def test_without_simulation_nothing_is_refused(
    v3: V3, v3_api: Api, settings, scenario: str
) -> None:
    v3_api.set_defaults(scenario=scenario)
    settings.SIMULATION = False

    response = v3.post(TRANSLATIONS, video(url=f"https://sim.test/{scenario}.mp4"))

    assert response.status_code == 200


def seen(v3: V3, v3_api: Api, job_id: str) -> tuple[str, bool, str, bool, int]:
    """Return what v3 and our own API say of a job: statuses, URLs, and that of its result."""
    heygen, own = v3.data(f"{TRANSLATIONS}/{job_id}"), v3_api.job(job_id)
    result = v3_api.get(f"/jobs/{job_id}/result")
    return (
        heygen["status"],
        "video_url" in heygen,
        own["status"],
        own["result_url"] is not None,
        result.status_code,
    )


def test_late_url_comes_30_seconds_after_the_end(v3: V3, v3_api: Api, clock: SetClock) -> None:
    job_id = v3.create(simulated(scenario="late-url", duration=10))

    reported = []
    for seconds in (10, 29.9, 0.1):
        clock.advance(seconds)
        reported.append(seen(v3, v3_api, job_id))

    assert reported == [
        ("completed", False, "completed", False, 409),
        ("completed", False, "completed", False, 409),
        ("completed", True, "completed", True, 200),
    ]


@pytest.mark.parametrize(
    ("update", "ends_after"), [({"duration": 4}, 4), ({"finish": "now"}, 1), ({"duration": 20}, 20)]
)
def test_update_moves_the_late_url(
    v3: V3, v3_api: Api, clock: SetClock, update: dict[str, Any], ends_after: float
) -> None:
    job_id = v3.create(simulated(scenario="late-url", duration=10))
    clock.advance(1)
    v3_api.patch(f"/simulation/jobs/{job_id}", update)

    clock.advance(ends_after - 1 + 29.9)
    before = seen(v3, v3_api, job_id)
    clock.advance(0.1)

    assert (before[0], before[1]) == ("completed", False)
    assert seen(v3, v3_api, job_id)[1] is True


def test_page_shows_when_the_late_url_comes(
    v3: V3, v3_api: Api, clock: SetClock, api: Api, browser: Client
) -> None:
    job_id = api.create(scenario="late-url", duration=10)["id"]
    clock.advance(20)
    early, early_list = browser.get(f"/jobs/{job_id}"), browser.get("/")
    clock.advance(20)

    late = browser.get(f"/jobs/{job_id}", headers={"If-None-Match": early["ETag"]})

    assert ("<video" in early.text, "<b>Result</b>" in early.text) == (False, True)
    assert 'http-equiv="refresh"' in early.text
    assert f"/jobs/{job_id}/result" not in early_list.text
    assert "<dd>30 s after the end</dd>" in early.text
    assert (late.status_code, "<video" in late.text) == (200, True)
    assert 'http-equiv="refresh"' not in late.text
    assert f"/jobs/{job_id}/result" in browser.get("/").text


def test_canceled_job_has_no_late_url(v3: V3, v3_api: Api, clock: SetClock) -> None:
    job_id = v3.create(simulated(scenario="late-url", duration=10))
    v3_api.post(f"/jobs/{job_id}/cancel")
    clock.advance(100)

    assert seen(v3, v3_api, job_id) == ("failed", False, "error", False, 409)


@pytest.mark.parametrize(
    ("scenario", "duration", "fails_after", "message"),
    [
        ("bad-url", 600, 1, "Failed to download video from url, please check the url is valid"),
        ("bad-url", 0.5, 0.5, "Failed to download video from url, please check the url is valid"),
        ("bad-audio", 600, 30, "Your video's audio is missing or corrupted, please try with"),
        ("bad-audio", 40, 20, "Your video's audio is missing or corrupted, please try with"),
    ],
)
def test_bad_videos_fail_early(
    v3: V3, clock: SetClock, scenario: str, duration: float, fails_after: float, message: str
) -> None:
    job_id = v3.create(simulated(scenario=scenario, duration=duration))

    clock.advance(fails_after - 0.01)
    before = v3.data(f"{TRANSLATIONS}/{job_id}")
    clock.advance(0.01)
    after = v3.data(f"{TRANSLATIONS}/{job_id}")

    assert (before["status"] in {"pending", "running"}, after["status"]) == (True, "failed")
    assert after["failure_message"].startswith(message)


def test_masked_error_is_a_500_on_the_second_poll(v3: V3, v3_api: Api) -> None:
    job_ids = [v3.create(simulated(scenario="masked-error")) for _ in range(2)]

    heygen = [v3.get(f"{TRANSLATIONS}/{job_ids[0]}") for _ in range(3)]
    own = v3_api.statuses(f"/jobs/{job_ids[1]}", 3)

    assert [each.status_code for each in heygen] == own == [200, 500, 200]
    assert error_of(heygen[1]) == (500, "internal_error", None)
