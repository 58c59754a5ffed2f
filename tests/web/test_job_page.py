"""The page of one job."""

import re

import pytest

from tests.starting import found, page_of, start
from vid_trans_api.simulation.faults import Rule
from vid_trans_api.simulation.options import EstimateQuality, Outcome
from vid_trans_api.snapshots import Failure, Operation

pytestmark = pytest.mark.django_db

STATUS = "/vid_trans_api/status"


def test_pending_job_shows_progress_and_time_left(browser, clock):
    job = start(estimate=EstimateQuality(noise=0.2), seed=1)
    clock.advance(4)
    snapshot = job.at(clock())
    estimate = snapshot.estimate
    assert estimate

    response = browser.get(page_of(job))

    assert response.status_code == 200
    assert f'value="{snapshot.progress}"' in response.text
    assert f"about {estimate.remaining:.0f} s left" in response.text
    assert f"{estimate.low:.0f}–{estimate.high:.0f} s" in response.text  # noqa: RUF001 (an en dash)


def test_time_left_and_its_range_are_separated(browser, clock):
    job = start(seconds=60, estimate=EstimateQuality(noise=0.2), seed=1)

    response = browser.get(page_of(job))

    assert 'left</span> <span class="range">' in response.text


def test_pending_job_reveals_its_planned_end_in_the_fold_only(browser, clock):
    job = start(seconds=4321.5, estimate=EstimateQuality(noise=0.2), seed=1)

    response = browser.get(page_of(job))

    without_plan = re.sub(r"(?s)<details class=.plan.*?</details>", "", response.text)
    assert "4321" not in without_plan
    assert f"{job.finishes_at:%H:%M}" not in without_plan


@pytest.mark.parametrize(("seconds", "status"), [(9.999, "pending"), (10, "completed")])
def test_status_changes_at_the_instant_of_the_end(browser, clock, seconds, status):
    job = start(seconds=10)
    clock.advance(seconds)

    response = browser.get(page_of(job))

    assert f'data-status="{status}"' in response.text


def test_completed_job_shows_its_video_and_duration(browser, clock):
    job = start(seconds=10)
    clock.advance(60)

    response = browser.get(page_of(job))

    assert f'src="/jobs/{job.public_id}/result"' in response.text
    assert "after 10 s" in response.text


def test_failed_job_shows_its_error(browser, clock):
    failure = Failure(code="no_luck", message="No <luck>.", retryable=True)
    job = start(outcome=Outcome.ERROR, failure=failure)
    clock.advance(10)

    response = browser.get(page_of(job))

    assert "No &lt;luck&gt;." in response.text
    assert "<code>no_luck</code>" in response.text


def test_stuck_job_has_no_known_time_left(browser, clock):
    job = start(outcome=Outcome.STUCK)
    clock.advance(50)

    response = browser.get(page_of(job))

    assert "time left unknown" in response.text


def test_page_without_an_id_shows_the_newest_job(browser, clock):
    start(title="first")
    start(title="second")

    response = browser.get(STATUS)

    assert "<h1>second</h1>" in response.text


@pytest.mark.parametrize("path", [f"{STATUS}?job_id=<b>", "/jobs/<b>"])
def test_unknown_job_is_an_error_page(browser, path):
    newest, other = browser.get(STATUS), browser.get(path)

    assert (newest.status_code, other.status_code) == (404, 404)
    assert "There is no job yet." in newest.text
    assert "There is no job &#x27;&lt;b&gt;&#x27; in this workspace." in other.text


def test_status_with_an_id_shows_the_job(browser, clock):
    job = start(title="first")
    start(title="second")

    response = browser.get(f"{STATUS}?job_id={job.public_id}")

    assert "<h1>first</h1>" in response.text


def test_scenario_and_plan_are_shown_behind_a_fold(browser, clock):
    rule = Rule(on=Operation.STATUS, fault=503, every=3, times=1, retry_after=2)
    job = start(scenario="flaky", seconds=30, queued=0.25, seed=7, faults=(rule,))

    response = browser.get(page_of(job))

    assert "<dt>Scenario</dt><dd>flaky</dd>" in response.text
    fold = found(r'(?s)<details class="plan" id="plan">(.*?)</details>', response)
    assert fold is not None
    assert re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", fold) == [
        ("Outcome", "completed"),
        ("Duration", "30.0 s"),
        ("Queued", "for 25% of the duration"),
        ("Estimates", "converging, noise 0, bias 1; first estimate 30.0 s"),
        ("Fault", "503 on status requests, every 3rd, once, Retry-After 2 s"),
        ("Seed", "7"),
    ]


def test_plan_is_not_shown_without_simulation(browser, clock, settings):
    settings.SIMULATION = False
    job = start()

    response = browser.get(page_of(job))

    assert 'id="plan"' not in response.text


def test_player_shows_the_language_and_the_id(browser, clock):
    job = start(seconds=0)

    response = browser.get(page_of(job))

    caption = found(r"<figcaption>(.*?)</figcaption>", response)
    assert caption == f"Spanish <code>{job.public_id}</code>"


def test_unknown_parameter_is_an_error_page(browser, clock):
    start()

    response = browser.get(f"{STATUS}?id=1")

    assert response.status_code == 400
    assert "id: Unknown query parameter; known query parameters: job_id." in response.text
