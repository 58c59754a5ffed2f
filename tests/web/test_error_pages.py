"""Error pages in production, for errors outside of the views."""

import pytest
from django.core.exceptions import SuspiciousOperation
from django.test import Client

from vid_trans_api.web.jobs import JobsPage

pytestmark = pytest.mark.django_db

PANEL = 'class="panel narrow"'


@pytest.fixture(autouse=True)
def production(settings):
    settings.DEBUG = False


@pytest.mark.parametrize("path", ["/nope", "/jobs/x/nope"])
def test_unknown_path_has_an_error_page(browser, path):
    response = browser.get(path)

    assert response.status_code == 404
    assert PANEL in response.text
    assert f"<p>There is nothing at {path}.</p>" in response.text
    assert '<a class="button" href="/">' in response.text


def test_unknown_path_is_escaped(browser):
    response = browser.get("/<b>")

    assert "There is nothing at /&lt;b&gt;." in response.text


def test_form_without_a_token_has_a_page_with_instructions():
    client = Client(enforce_csrf_checks=True, headers={"Accept": "text/html"})

    response = client.post("/", {})

    assert response.status_code == 403
    assert PANEL in response.text
    assert "Go back, reload the page" in response.text


def test_admin_without_permission_has_an_error_page(staff):
    response = staff.get("/admin/vid_trans_api/job/")

    assert response.status_code == 403
    assert PANEL in response.text
    assert "You do not have permission" in response.text


def test_server_error_has_a_page_without_database_queries(
    browser, monkeypatch, django_assert_num_queries
):
    def fail(*_):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(JobsPage, "get", fail)
    browser.raise_request_exception = False

    with django_assert_num_queries(0):
        response = browser.get("/")

    assert response.status_code == 500
    assert "<h1>Server error</h1>" in response.text
    assert "secret detail" not in response.text
    assert "/static/" not in response.text


@pytest.mark.parametrize("path", ["/", "/vid_trans_api/status", "/nope"])
def test_unknown_host_has_an_error_page(browser, settings, path):
    settings.ALLOWED_HOSTS = ["ours.test"]

    response = browser.get(path, headers={"Host": "other.test"})

    assert response.status_code == 400
    assert PANEL in response.text
    assert "its host name is not in this server's ALLOWED_HOSTS" in response.text
    assert "other.test" not in response.text


def test_unknown_host_is_a_problem_document_for_programs(client, settings):
    settings.ALLOWED_HOSTS = ["ours.test"]

    response = client.get("/", headers={"Host": "other.test"})

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


def test_malformed_request_has_an_error_page(browser, monkeypatch):
    def refuse(*_):
        raise SuspiciousOperation("secret detail")

    monkeypatch.setattr(JobsPage, "get", refuse)

    response = browser.get("/")

    assert response.status_code == 400
    assert PANEL in response.text
    assert "The request is malformed" in response.text
    assert "secret detail" not in response.text
