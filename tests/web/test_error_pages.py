"""Error pages for errors outside of the views, in production and in development."""

import re
from base64 import b64encode
from hashlib import sha256

import pytest
from django.core.exceptions import SuspiciousOperation
from django.test import Client

from vid_trans_api.web.jobs import JobsPage
from vid_trans_api.web.security import POLICY

pytestmark = pytest.mark.django_db

PANEL = 'class="panel narrow"'


@pytest.fixture(autouse=True, params=[False, True], ids=["production", "development"])
def debug(request, settings):
    settings.DEBUG = request.param


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


def test_error_page_runs_no_foreign_code(browser, settings):
    settings.ALLOWED_HOSTS = ["testserver"]

    responses = [browser.get("/nope"), browser.get("/", headers={"Host": "other.test"})]

    assert [each["Content-Security-Policy"] for each in responses] == [POLICY, POLICY]


def test_server_error_has_a_policy_for_its_own_styles(browser, monkeypatch):
    def fail(*_):
        raise RuntimeError

    monkeypatch.setattr(JobsPage, "get", fail)
    browser.raise_request_exception = False

    response = browser.get("/")

    (style,) = re.findall(r"<style>(.*?)</style>", response.text, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = response["Content-Security-Policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; ")
