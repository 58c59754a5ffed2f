"""The form that starts a job: what it takes, and what it says of the rest."""

import pytest

from tests.starting import found
from vid_trans_api.models import Job
from vid_trans_api.simulation.options import Outcome
from vid_trans_api.snapshots import Failure

pytestmark = pytest.mark.django_db


def test_form_left_empty_starts_a_job(browser, clock):
    answer = browser.post("/", {})

    job = Job.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/#job-{job.public_id}")
    assert job.workspace.key_digest == ""
    assert job.target_language == "Spanish"


def test_form_filled_in_starts_the_job_it_describes(browser, clock):
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
def test_form_reads_a_duration_as_people_write_it(browser, clock, typed, seconds):
    browser.post("/", {"duration": typed, "outcome": "completed"})

    assert Job.objects.get().plan.duration == seconds


@pytest.mark.parametrize(("typed", "silent"), [("exact", False), ("none", True)])
def test_form_takes_the_quality_of_estimates(browser, clock, typed, silent):
    browser.post("/", {"estimate": typed})

    estimate_model = Job.objects.get().plan.estimate_model
    assert estimate_model is None if silent else estimate_model.noise == 0


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
def test_form_with_something_wrong_says_so_beside_it_and_keeps_it(
    browser, clock, field, typed, error
):
    answer = browser.post("/", {field: typed})

    assert answer.status_code == 400
    assert not Job.objects.exists()
    named = "error_code" if field == "error_message" else field
    errors = found(rf'<ul class="errorlist" id="id_{named}_error"><li>(.*?)</li></ul>', answer)
    assert errors == error
    assert typed in answer.text


def test_form_with_a_nul_byte_starts_nothing(browser, clock):
    answer = browser.post("/", {"title": "a\0b"})

    assert (answer.status_code, Job.objects.exists()) == (400, False)


def test_form_with_noise_for_exact_estimates_is_refused(browser, clock):
    answer = browser.post("/", {"estimate": "exact", "noise": "0.2"})

    assert answer.status_code == 400
    assert "Only noisy estimates have one." in answer.text
