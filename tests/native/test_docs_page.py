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


@pytest.mark.parametrize(
    ("document", "schema", "title"),
    [
        ("own", "/vid_trans_api/schema", "This server&#x27;s own API"),
        ("v3", "/vid_trans_api/schema/v3", "HeyGen&#x27;s v3"),
        ("v2", "/vid_trans_api/schema/v2", "HeyGen&#x27;s v2"),
        ("v1", "/vid_trans_api/schema/v1", "HeyGen&#x27;s v1"),
    ],
)
def test_docs_show_the_chosen_document(browser, document, schema, title):
    response = browser.get(f"{DOCS}?document={document}")

    links = re.findall(r'href="\?document=(\w+)"( aria-current="page")?', response.text)
    assert f'data-schema="{schema}"' in response.text
    assert f"<title>{title} " in response.text
    assert [name for name, _ in links] == ["own", "v3", "v2", "v1"]
    assert [name for name, current in links if current] == [document]


def test_docs_of_an_unknown_document_are_a_problem(browser):
    response = browser.get(f"{DOCS}?document=v4")

    assert response.status_code == 400
    assert response.json()["detail"] == (
        "document: 'v4' is not a valid choice; choose from own, v3, v2, v1."
    )


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
