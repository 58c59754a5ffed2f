"""The form that creates a job, in a browser."""

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.waiting import text, wait, wait_for_text
from tests.starting import start
from vid_trans_api.models import Job

pytestmark = pytest.mark.django_db(transaction=True)


def console(browser: Chrome) -> list[str]:
    """Return the messages in the browser's console, and clear it."""
    return [each["message"] for each in browser.get_log("browser")]


def test_form_can_be_used_with_the_keyboard_alone(browser, live_server):
    browser.get(live_server.url)

    browser.find_element(By.NAME, "video_url").send_keys(
        "https://example.com/talk.mp4", Keys.TAB, "My talk", Keys.TAB, "Fre", Keys.TAB, Keys.ENTER
    )

    wait_for_text(browser, ".name", "My talk")
    assert "French" in text(browser, ".job .meta")
    assert Job.objects.get().video_url == "https://example.com/talk.mp4"


def test_form_error_is_shown_beside_its_field_with_the_focus(browser, live_server):
    browser.get(live_server.url)
    browser.find_element(By.TAG_NAME, "summary").click()

    browser.find_element(By.NAME, "duration").send_keys("soon", Keys.ENTER)

    wait(browser, lambda _: browser.find_elements(By.ID, "id_duration_error"))
    field = browser.find_element(By.NAME, "duration")
    assert text(browser, "#id_duration_error") == "'soon' is not a number."
    assert field.get_attribute("value") == "soon"
    assert field.get_attribute("aria-invalid") == "true"
    assert "id_duration_error" in field.get_attribute("aria-describedby")
    assert browser.switch_to.active_element == field
    assert browser.title.startswith("Error: ")
    (message,) = console(browser)
    assert "400 (Bad Request)" in message


def test_form_error_is_visible_after_a_job_was_created(browser, live_server):
    for _ in range(20):
        start(seconds=60)
    browser.get(live_server.url)
    browser.find_element(By.CSS_SELECTOR, ".create .submit").click()
    wait(browser, lambda _: "#job-" in browser.current_url)

    browser.find_element(By.NAME, "video_url").send_keys("talk.mp4", Keys.ENTER)

    wait(browser, lambda _: browser.find_elements(By.ID, "id_video_url_error"))
    assert browser.switch_to.active_element.get_attribute("name") == "video_url"
    assert browser.execute_script(
        "return document.querySelector('[role=alert]').getBoundingClientRect().top >= 0"
    )
    (message,) = console(browser)
    assert "400 (Bad Request)" in message
