"""The form that creates a job."""

import re
from html import escape

import pytest

from tests.starting import found
from vid_trans_api.models import Job, Workspace
from vid_trans_api.simulation.options import Outcome
from vid_trans_api.simulation.scenarios import SCENARIOS
from vid_trans_api.snapshots import Failure

pytestmark = pytest.mark.django_db


def test_empty_form_creates_a_job(browser, clock):
    response = browser.post("/", {})

    job = Job.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"/?started={job.public_id}#start"
    assert job.workspace.key_digest == ""
    assert job.target_language == "Spanish"


def test_complete_form_creates_the_described_job(browser, clock):
    browser.post(
        "/",
        {
            "video_url": "https://example.com/talk.mp4",
            "title": "Talk",
            "target_language": "French",
            "duration": "20 - 30.5",
            "outcome": "error",
            "error_code": "no_luck",
            "error_message": "No luck.",
            "error_retryable": "on",
            "queued": "0.25",
            "fails_at": "0.5",
            "noise": "0.5",
            "bias": "2",
            "seed": "7",
        },
    )

    job = Job.objects.get()
    assert (job.video_url, job.title) == ("https://example.com/talk.mp4", "Talk")
    assert job.target_language == "French"
    assert 20 <= job.plan.duration <= 30.5
    assert job.plan.outcome is Outcome.ERROR
    assert (job.plan.queued, job.plan.fails_at) == (0.25, 0.5)
    assert job.plan.failure == Failure(code="no_luck", message="No luck.", retryable=True)
    assert (job.plan.estimate_model.noise, job.plan.estimate_model.bias) == (0.5, 2)
    assert job.plan.seed == 7


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [("12", 12), ("2.5", 2.5), ("1-1", 1), ("3 to 3", 3), ("4, 4", 4), ("5..5", 5)],
)
def test_duration_may_be_a_number_or_a_range(browser, clock, typed, seconds):
    browser.post("/", {"duration": typed, "outcome": "completed"})

    assert Job.objects.get().plan.duration == seconds


def test_exact_estimates_have_no_noise(browser, clock):
    browser.post("/", {"estimate": "exact"})

    assert Job.objects.get().plan.estimate_model.noise == 0


def test_job_without_estimates_has_no_estimate_model(browser, clock):
    browser.post("/", {"estimate": "none"})

    assert Job.objects.get().plan.estimate_model is None


@pytest.mark.parametrize(
    ("field", "typed", "error"),
    [
        ("video_url", "ftp://x", "'ftp://x' is not an http or https URL."),
        ("title", "x" * 201, "Ensure this field has no more than 200 characters."),
        (
            "target_language",
            "Frensh",
            "'Frensh' is not a valid choice; did you mean French?",
        ),
        ("duration", "soon", "'soon' is not a number."),
        ("duration", "20-10", "[20, 10] has its lowest after its highest."),
        ("duration", "-5", "-5 is not between 0 and 86400."),
        (
            "outcome",
            "fine",
            "'fine' is not a valid choice; choose from completed, error, stuck.",
        ),
        ("error_probability", "2", "2 is not between 0 and 1."),
        ("error_message", "no code", "This field is required."),
        ("queued", "2", "2 is not between 0 and 1."),
        ("fails_at", "-1", "-1 is not between 0 and 1."),
        ("noise", "nan", "'nan' is not a number."),
        ("bias", "0", "0 is not between 0.001 and 1000."),
        ("seed", "1.5", "1.5 is not a whole number."),
    ],
)
def test_invalid_field_shows_the_error_and_keeps_its_text(browser, clock, field, typed, error):
    response = browser.post("/", {field: typed})

    assert response.status_code == 400
    assert not Job.objects.exists()
    shown_at = "error_code" if field == "error_message" else field
    errors = found(rf'<ul class="errorlist" id="id_{shown_at}_error"><li>(.*?)</li></ul>', response)
    assert errors == error
    assert typed in response.text


def test_nul_byte_is_an_error(browser, clock):
    response = browser.post("/", {"title": "a\0b"})

    assert (response.status_code, Job.objects.exists()) == (400, False)


@pytest.mark.parametrize("name", ["noise", "bias"])
def test_exact_estimates_with_noise_or_bias_are_an_error(browser, clock, name):
    response = browser.post("/", {"estimate": "exact", name: "0.2"})

    assert response.status_code == 400
    assert f"Only noisy estimates have {name}." in response.text


def test_scenario_without_access_to_the_socket_is_an_error(browser, clock):
    response = browser.post("/", {"scenario": "broken"})

    assert response.status_code == 400
    assert not Job.objects.exists()
    error = found(r'<ul class="errorlist" id="id_scenario_error"><li>(.*?)</li></ul>', response)
    assert error is not None
    assert "reset, truncate" in error


def test_default_scenario_without_access_to_the_socket_is_an_error(browser, clock):
    workspace = Workspace.objects.stored("")
    workspace.set_defaults(defaults={"scenario": "broken"})

    response = browser.post("/", {})

    assert response.status_code == 400
    error = found(r'<ul class="errorlist nonfield"[^>]*><li>(.*?)</li></ul>', response)
    assert error is not None
    assert "reset, truncate" in error


def test_form_names_the_started_job_and_keeps_its_values(browser, clock):
    response = browser.post(
        "/",
        {"title": "A & B", "scenario": "flaky", "queued": "0.5", "error_code": "x"},
        follow=True,
    )

    job = Job.objects.get()
    link = f'Started <a href="/jobs/{job.public_id}">A &amp; B</a>.'
    assert link in response.text
    assert 'name="title" value="A &amp; B"' in response.text
    assert 'name="scenario" value="flaky" id="id_scenario_15" checked>' in response.text
    assert 'name="queued" value="0.5"' in response.text
    assert '<details id="simulation" open>' in response.text


def test_links_keep_the_forms_values(browser, clock):
    response = browser.post("/", {"title": "Talk"}, follow=True)

    assert 'href="/?form=title%3DTalk&amp;status=pending"' in response.text


def test_values_too_long_for_an_address_are_dropped(browser, clock):
    response = browser.post("/", {"video_url": "https://example.com/" + "x" * 1900})

    assert response["Location"] == f"/?started={Job.objects.get().public_id}#start"


@pytest.mark.parametrize(
    "query", ["title=%00", "title=" + "x" * 5000, "%", "nothing=1", "scenario=x"]
)
def test_any_values_in_the_address_are_shown_or_ignored(browser, query):
    response = browser.get("/", {"form": query})

    assert response.status_code == 200


def test_unknown_started_job_is_ignored(browser, clock):
    response = browser.get("/", {"started": "<b>", "fault": "<b>"})

    assert response.status_code == 200
    assert "Started" not in response.text


def test_start_is_the_last_field(browser):
    response = browser.get("/")

    names = re.findall(
        r'<(?:input|select|button) [^>]*?(?:name="(\w+)"|class="submit")', response.text
    )
    assert names[-1] == ""
    assert "fails_at" in names


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario_is_shown_with_its_description(browser, scenario):
    response = browser.get("/")

    description = escape(scenario.description)
    assert f"<b>{scenario.name}</b> <span>{description}</span>" in response.text


def test_very_long_number_is_an_error_at_once(browser, clock):
    response = browser.post("/", {"duration": "1" + " " * 30_000 + "x"})

    assert response.status_code == 400
    assert "Ensure this value has at most 60 characters" in response.text
