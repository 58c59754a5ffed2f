"""The form that creates a job."""

import pytest

from tests.starting import found
from vid_trans_api.models import Job, Workspace
from vid_trans_api.simulation.options import Outcome
from vid_trans_api.snapshots import Failure

pytestmark = pytest.mark.django_db


def test_empty_form_creates_a_job(browser, clock):
    response = browser.post("/", {})

    job = Job.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/#job-{job.public_id}")
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
