"""What protects the pages: CSRF tokens and the content security policy."""

import re

import pytest
from django.test import Client

from tests.starting import page_of, start

pytestmark = pytest.mark.django_db

FOREIGN_CODE = re.compile(r"<style|<script(?! type=\"module\" src)|\sstyle=|\son\w+=")


@pytest.mark.parametrize("path", ["/", "/key", "/jobs/x/cancel"])
def test_form_of_another_site_is_rejected(path):
    client = Client(enforce_csrf_checks=True)

    response = client.post(path, {})

    assert response.status_code == 403


@pytest.mark.parametrize("path", ["/", "job", "/key", "/vid_trans_api/status?job_id=none"])
def test_page_allows_only_its_own_scripts_and_styles(browser, clock, path):
    job = start()

    response = browser.get(page_of(job) if path == "job" else path)

    policy = response["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert not FOREIGN_CODE.search(response.text)
    assert response["Cache-Control"] == "no-store"
