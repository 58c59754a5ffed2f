"""The page of webhooks, with and without JavaScript."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.waiting import is_marked, mark, text, wait_for_text
from vid_trans_api.models import Endpoint, PayloadFormat
from vid_trans_api.operations.endpoints import EndpointRequest, register_endpoint

pytestmark = pytest.mark.django_db(transaction=True)

URL = "https://receiver.test/hook"


def test_endpoint_is_registered_with_the_keyboard_without_javascript(browser, live_server):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(f"{live_server.url}/webhooks")

    browser.find_element(By.NAME, "url").send_keys(URL, Keys.ENTER)

    wait_for_text(browser, "h1", "The secret")
    assert text(browser, "pre") == Endpoint.objects.get().secret


def test_test_event_appears_without_a_reload(browser, live_server):
    register_endpoint("", PayloadFormat.STANDARD, EndpointRequest(url=URL))
    browser.get(f"{live_server.url}/webhooks")
    mark(browser)
    browser.find_element(By.CSS_SELECTOR, "#register > summary").click()
    browser.find_element(By.NAME, "url").send_keys("typed")

    browser.find_element(By.XPATH, "//button[text()='Send a test event']").click()

    wait_for_text(browser, ".delivery .name", "test")
    assert is_marked(browser)
    assert browser.find_element(By.NAME, "url").get_attribute("value") == "typed"
