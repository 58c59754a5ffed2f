"""Whose jobs a browser sees: the workspace of its key, and any workspace for staff."""

import pytest
from django.contrib.sessions.models import Session

from heygen_video_translation.testing import TranslationServer
from tests.starting import page_of, shown_titles, start
from vid_trans_api.http.authentication import is_accepted
from vid_trans_api.models import Job, digest_of

pytestmark = pytest.mark.django_db

STATUS = "/vid_trans_api/status"


def test_key_opens_its_workspace(browser, clock):
    start(title="mine", key="secret")
    start(title="default")

    response = browser.post("/key", {"key": " secret "})

    assert response["Location"] == "/"
    assert shown_titles(browser.get("/")) == ["mine"]


def test_cookie_says_nothing_about_the_key(browser):
    browser.post("/key", {"key": "secret"})

    cookie = browser.cookies["sessionid"]
    assert digest_of("secret")[:8] not in cookie.value
    assert len(cookie.value) == 32
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_each_opening_has_a_new_cookie(browser):
    cookies = []
    for _ in range(2):
        browser.post("/key", {"key": "secret"})
        cookies.append(browser.cookies["sessionid"].value)

    assert cookies[0] != cookies[1]


def test_forged_cookie_opens_the_default_workspace(browser, clock):
    start(title="mine", key="secret")
    browser.cookies["sessionid"] = "a" * 32

    response = browser.get("/")

    assert shown_titles(response) == []


def test_cookie_of_a_closed_workspace_opens_nothing(browser, clock):
    start(title="mine", key="secret")
    browser.post("/key", {"key": "secret"})
    copied = browser.cookies["sessionid"].value
    browser.post("/key", {"close": "1"})

    browser.cookies["sessionid"] = copied
    response = browser.get("/")

    assert shown_titles(response) == []
    assert not Session.objects.exists()


def test_closing_a_workspace_keeps_staff_logged_in(staff, clock):
    staff.post("/key", {"key": "secret"})
    copied = staff.cookies["sessionid"].value

    staff.post("/key", {"close": "1"})

    assert staff.cookies["sessionid"].value != copied
    assert staff.get("/admin/").status_code == 200


def test_browser_without_a_key_has_no_session(browser, clock):
    browser.get("/")
    browser.post("/", {})

    assert not Session.objects.exists()


def test_closing_a_workspace_opens_the_default_one(browser, clock):
    start(title="mine", key="secret")
    browser.post("/key", {"key": "secret"})

    browser.post("/key", {"close": "1"})

    assert shown_titles(browser.get("/")) == []


def test_job_of_another_workspace_is_not_found(browser, clock):
    job = start(key="secret")

    responses = [
        browser.get(page_of(job)),
        browser.get(f"/jobs/{job.public_id}/result"),
        browser.post(f"/jobs/{job.public_id}/cancel"),
    ]

    assert [response.status_code for response in responses] == [404, 404, 404]


def test_form_creates_the_job_in_the_workspace_of_the_key(browser, clock):
    browser.post("/key", {"key": "secret"})

    browser.post("/", {})

    assert Job.objects.get().workspace.key_digest == digest_of("secret")


def test_pages_redirect_to_the_key_page_if_a_key_is_required(browser, clock, settings):
    settings.API_KEYS = ["secret"]

    responses = [browser.get("/?status=pending"), browser.post("/", {}), browser.get(STATUS)]

    assert [response["Location"] for response in responses] == [
        "/key?next=%2F%3Fstatus%3Dpending",
        "/key?next=%2F",
        "/key?next=%2Fvid_trans_api%2Fstatus",
    ]
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("key", "error"),
    [("guess", "This server does not know this API key."), ("", "Enter an API key.")],
)
def test_unknown_key_is_an_error(browser, settings, key, error):
    settings.API_KEYS = ["secret"]

    response = browser.post("/key", {"key": key})

    assert response.status_code == 400
    assert error in response.text
    assert "sessionid" not in response.cookies


def test_known_key_redirects_to_the_requested_page(browser, clock, settings):
    settings.API_KEYS = ["secret"]

    response = browser.post("/key", {"key": "secret", "next": STATUS})

    assert response["Location"] == STATUS
    assert browser.get("/").status_code == 200


def test_revoked_key_closes_the_pages(browser, clock, settings):
    settings.API_KEYS = ["secret"]
    browser.post("/key", {"key": "secret"})
    before = browser.get("/")

    settings.API_KEYS = ["another"]
    after = browser.get("/")

    assert before.status_code == 200
    assert after["Location"] == "/key?next=%2F"


def key_with_mac(settings, secret):
    settings.API_KEY_SECRET = secret
    return TranslationServer(url="", api_key_secret=secret).new_api_key()


def test_key_with_a_mac_opens_the_pages(browser, clock, settings):
    key = key_with_mac(settings, "s1")
    start(title="mine", key=key)

    browser.post("/key", {"key": key})

    assert shown_titles(browser.get("/")) == ["mine"]


def test_removed_key_closes_the_pages_beside_keys_with_a_mac(browser, clock, settings):
    settings.API_KEYS, settings.API_KEY_SECRET = ["leaked"], "s1"
    browser.post("/key", {"key": "leaked"})
    before = browser.get("/")

    settings.API_KEYS = []
    after = browser.get("/")

    assert before.status_code == 200
    assert after["Location"] == "/key?next=%2F"


@pytest.mark.parametrize("secret", ["s2", ""])
def test_another_secret_closes_the_pages(browser, clock, settings, secret):
    settings.API_KEYS = ["another"]
    browser.post("/key", {"key": key_with_mac(settings, "s1")})
    before = browser.get("/")

    settings.API_KEY_SECRET = secret
    after = browser.get("/")

    assert before.status_code == 200
    assert after["Location"] == "/key?next=%2F"


def test_workspace_opened_without_a_check_closes_with_the_first_secret(browser, clock, settings):
    browser.post("/key", {"key": "guess"})

    settings.API_KEY_SECRET = "s1"

    assert browser.get("/")["Location"] == "/key?next=%2F"


def test_session_contains_no_valid_key(browser, clock, settings):
    browser.post("/key", {"key": key_with_mac(settings, "s1")})

    digest, proof = (browser.session[name] for name in ("key_digest", "key_proof"))

    assert not is_accepted(f"{digest}-{proof}")


def test_closing_a_workspace_of_a_key_with_a_mac_deletes_the_session(browser, clock, settings):
    browser.post("/key", {"key": key_with_mac(settings, "s1")})

    browser.post("/key", {"close": "1"})

    assert not Session.objects.exists()


def test_staff_open_any_workspace(staff, clock, settings):
    settings.API_KEYS = ["secret"]
    job = start(title="theirs", key="secret")

    response = staff.get(f"/?workspace={job.workspace_id}")

    assert shown_titles(response) == ["theirs"]
    assert "<h1>theirs</h1>" in staff.get(page_of(job)).text
    assert shown_titles(staff.get("/")) == []


@pytest.mark.parametrize("number", ["0", "9" * 20, "9" * 5_000, "x", "²"])
def test_unknown_workspace_is_not_found(staff, number):
    response = staff.get("/", {"workspace": number})

    assert response.status_code == 404


def test_workspace_number_is_not_found_without_staff_rights(browser, clock):
    job = start(key="secret")

    response = browser.get(f"/?workspace={job.workspace_id}")

    assert response.status_code == 404
