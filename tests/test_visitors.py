"""Whose jobs the pages show: the key that opens a workspace, and what staff may open."""

import pytest

from tests.starting import page_of, shown_titles, start
from vid_trans_api.models import Job, digest_of

pytestmark = pytest.mark.django_db

STATUS = "/vid_trans_api/status"


def test_key_opens_its_workspace_and_no_other(browser, clock):
    start(clock, title="mine", key="secret")
    start(clock, title="anybody's")

    answer = browser.post("/key", {"key": " secret "})

    assert answer["Location"] == "/"
    assert shown_titles(browser.get("/")) == ["mine"]


def test_key_is_kept_as_a_signed_digest(browser):
    browser.post("/key", {"key": "secret"})

    cookie = browser.cookies["workspace"]
    assert cookie.value.startswith(digest_of("secret") + ":")
    assert "secret" not in cookie.value
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_key_cookie_that_was_tampered_with_opens_nothing(browser, clock):
    start(clock, title="mine", key="secret")
    browser.cookies["workspace"] = f"{digest_of('secret')}:1abcde:forged"

    assert shown_titles(browser.get("/")) == []


def test_key_forgotten_leads_back_to_the_default_workspace(browser, clock):
    start(clock, title="mine", key="secret")
    browser.post("/key", {"key": "secret"})

    browser.post("/key", {"forget": "1"})

    assert shown_titles(browser.get("/")) == []


def test_jobs_of_another_workspace_are_no_jobs(browser, clock):
    job = start(clock, key="secret")

    assert browser.get(page_of(job)).status_code == 404
    assert browser.get(f"/jobs/{job.public_id}/result").status_code == 404
    assert browser.post(f"/jobs/{job.public_id}/cancel").status_code == 404


def test_form_starts_the_job_in_the_workspace_of_the_key(browser, clock):
    browser.post("/key", {"key": "secret"})

    browser.post("/", {})

    assert Job.objects.get().workspace.key_digest == digest_of("secret")


def test_pages_ask_for_a_key_where_one_is_needed(browser, clock, settings):
    settings.API_KEYS = ["secret"]

    assert browser.get("/?status=pending")["Location"] == "/key?next=%2F%3Fstatus%3Dpending"
    assert browser.post("/", {})["Location"] == "/key?next=%2F"
    assert browser.get(STATUS)["Location"] == "/key?next=%2Fvid_trans_api%2Fstatus"
    assert not Job.objects.exists()


def test_key_page_takes_a_known_key_alone(browser, clock, settings):
    settings.API_KEYS = ["secret"]

    wrong = browser.post("/key", {"key": "guess"})
    right = browser.post("/key", {"key": "secret", "next": STATUS})

    assert wrong.status_code == 400
    assert "is not one that the server knows" in wrong.text
    assert "workspace" not in wrong.cookies
    assert right["Location"] == STATUS
    assert browser.get("/").status_code == 200


def test_key_taken_back_closes_the_pages(browser, clock, settings):
    settings.API_KEYS = ["secret"]
    browser.post("/key", {"key": "secret"})
    assert browser.get("/").status_code == 200

    settings.API_KEYS = ["another"]

    assert browser.get("/")["Location"] == "/key?next=%2F"


def test_staff_open_any_workspace(staff, clock, settings):
    settings.API_KEYS = ["secret"]
    job = start(clock, title="theirs", key="secret")

    answer = staff.get(f"/?workspace={job.workspace_id}")

    assert shown_titles(answer) == ["theirs"]
    assert "<h1>theirs</h1>" in staff.get(page_of(job)).text
    assert shown_titles(staff.get("/")) == []


@pytest.mark.parametrize("number", ["0", "99999999999999999999", "x", "²"])
def test_staff_open_no_workspace_that_there_is_not(staff, number):
    assert staff.get("/", {"workspace": number}).status_code == 404


def test_workspaces_by_number_are_closed_to_others(browser, clock):
    job = start(clock, key="secret")

    assert browser.get(f"/?workspace={job.workspace_id}").status_code == 404
