"""What browsers see of errors outside of a page, in production."""

import pytest
from django.core.exceptions import SuspiciousOperation
from django.test import Client

from vid_trans_api.web import pages

pytestmark = pytest.mark.django_db

LOOK = 'class="panel narrow"'


@pytest.fixture(autouse=True)
def production(settings):
    settings.DEBUG = False


@pytest.mark.parametrize("path", ["/nope", "/jobs/x/nope"])
def test_path_that_leads_nowhere_has_a_page_that_says_so(browser, path):
    answer = browser.get(path)

    assert answer.status_code == 404
    assert LOOK in answer.text
    assert f"<p>There is nothing at {path}.</p>" in answer.text
    assert '<a class="button" href="/">' in answer.text


def test_path_that_leads_nowhere_is_shown_as_text(browser):
    assert "There is nothing at /&lt;b&gt;." in browser.get("/<b>").text


def test_form_without_a_token_has_a_page_that_says_what_to_do():
    stranger = Client(enforce_csrf_checks=True, headers={"Accept": "text/html"})

    answer = stranger.post("/", {})

    assert answer.status_code == 403
    assert LOOK in answer.text
    assert "Go back, load the page again" in answer.text


def test_admin_without_the_permission_has_a_page_that_says_so(staff):
    answer = staff.get("/admin/vid_trans_api/job/")

    assert answer.status_code == 403
    assert LOOK in answer.text
    assert "You may not do this" in answer.text


def test_failure_of_the_server_has_a_page_that_asks_nothing_of_the_database(
    browser, monkeypatch, django_assert_num_queries
):
    def fail(*_):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(pages.JobsPage, "get", fail)
    browser.raise_request_exception = False

    with django_assert_num_queries(0):
        answer = browser.get("/")

    assert answer.status_code == 500
    assert "<h1>Server error</h1>" in answer.text
    assert "secret detail" not in answer.text
    assert "/static/" not in answer.text


@pytest.mark.parametrize("path", ["/", "/vid_trans_api/status", "/nope"])
def test_host_that_is_not_ours_has_a_page_that_says_so(browser, settings, path):
    settings.ALLOWED_HOSTS = ["ours.test"]

    answer = browser.get(path, headers={"Host": "other.test"})

    assert answer.status_code == 400
    assert LOOK in answer.text
    assert "a host name that is not among this server's ALLOWED_HOSTS" in answer.text
    assert "other.test" not in answer.text


def test_host_that_is_not_ours_is_a_problem_for_programs(client, settings):
    settings.ALLOWED_HOSTS = ["ours.test"]

    answer = client.get("/", headers={"Host": "other.test"})

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_malformed_request_has_a_page_that_says_so(browser, monkeypatch):
    def refuse(*_):
        raise SuspiciousOperation("secret detail")

    monkeypatch.setattr(pages.JobsPage, "get", refuse)

    answer = browser.get("/")

    assert answer.status_code == 400
    assert LOOK in answer.text
    assert "The request is malformed" in answer.text
    assert "secret detail" not in answer.text
