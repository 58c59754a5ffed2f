"""The pages in a browser with JavaScript turned off."""

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.waiting import text, wait_for_text
from tests.starting import page_of, start
from vid_trans_api.clock import now
from vid_trans_api.models import Job
from vid_trans_api.simulation.options import EstimateQuality

pytestmark = pytest.mark.django_db(transaction=True)

EACH_SECOND = EstimateQuality(noise=0, bias=0.001)
"""An estimate of less than a second left, so that the page reloads every second."""


@pytest.fixture
def plain_browser(browser: Chrome) -> Chrome:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    return browser


def test_job_page_reloads_itself(plain_browser, live_server):
    job = start(seconds=600, estimate=EACH_SECOND)
    plain_browser.get(live_server.url + page_of(job))
    before = text(plain_browser, ".badge")

    Job.objects.filter(pk=job.pk).update(finishes_at=now())

    wait_for_text(plain_browser, ".badge", "Completed")
    assert before == "Pending"


def test_form_creates_a_job(plain_browser, live_server):
    plain_browser.get(live_server.url)

    plain_browser.find_element(By.NAME, "title").send_keys("Plain", Keys.ENTER)

    wait_for_text(plain_browser, ".name", "Plain")


def test_jobs_page_offers_to_pause_its_reloads(plain_browser, live_server):
    start(seconds=600)
    plain_browser.get(live_server.url)

    plain_browser.find_element(By.LINK_TEXT, "Pause").click()

    assert plain_browser.find_elements(By.CSS_SELECTOR, "noscript meta") == []
    assert plain_browser.current_url.endswith("/?paused=1")
