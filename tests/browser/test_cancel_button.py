"""The cancel button with JavaScript."""

import pytest
from selenium.webdriver.common.by import By

from tests.browser.waiting import is_marked, mark, wait_for_text
from tests.starting import start

pytestmark = pytest.mark.django_db(transaction=True)


def test_cancel_button_works_without_a_reload(browser, live_server):
    start(seconds=60)
    browser.get(live_server.url)
    mark(browser)
    browser.find_element(By.NAME, "title").send_keys("typed")

    browser.find_element(By.CSS_SELECTOR, ".cancel button").click()

    wait_for_text(browser, ".badge", "Canceled")
    assert is_marked(browser)
    assert browser.find_element(By.NAME, "title").get_attribute("value") == "typed"


@pytest.mark.parametrize(
    "response",
    ["Promise.resolve(new Response('', {status: 403}))", "Promise.reject(new TypeError('down'))"],
    ids=["refused", "no response"],
)
def test_cancel_button_submits_its_form_if_the_script_fails(browser, live_server, response):
    start(seconds=60)
    browser.get(live_server.url)
    mark(browser)
    browser.execute_script(f"window.fetch = () => {response}")

    browser.find_element(By.CSS_SELECTOR, ".cancel button").click()

    wait_for_text(browser, ".badge", "Canceled")
    assert not is_marked(browser)
