"""The page of the API's docs."""

import re

import pytest

pytestmark = pytest.mark.django_db

DOCS = "/vid_trans_api/docs"


def test_docs_run_no_inline_script(browser):
    response = browser.get(DOCS)

    policy = response["Content-Security-Policy"]
    assert "script-src 'self'; style-src 'self'; " in policy
    assert re.findall(r"<script(?! defer src=)|<style|\sstyle=|\son\w+=", response.text) == []
    assert 'data-schema="/vid_trans_api/schema"' in response.text


@pytest.mark.parametrize("path", ["/vid_trans_api", "/vid_trans_api/"])
def test_path_of_the_api_leads_browsers_to_the_docs(browser, path):
    response = browser.get(path)

    assert (response.status_code, response["Location"]) == (302, DOCS)


@pytest.mark.parametrize("path", ["/vid_trans_api", "/vid_trans_api/"])
def test_path_of_the_api_is_a_problem_for_programs(client, path):
    response = client.get(path)

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["detail"] == f"There is nothing at {path}; see {DOCS}."
