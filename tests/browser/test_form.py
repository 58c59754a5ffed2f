"""The form that creates a job, in a browser."""

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.waiting import is_marked, mark, text, wait, wait_for_text
from tests.starting import start
from vid_trans_api.models import Job

pytestmark = pytest.mark.django_db(transaction=True)


def console(browser: Chrome) -> list[str]:
    """Return the errors in the browser's console, and clear it."""
    return [each["message"] for each in browser.get_log("browser") if each["level"] == "SEVERE"]


def test_form_can_be_used_with_the_keyboard_alone(browser, live_server):
    browser.get(live_server.url)

    browser.find_element(By.NAME, "video_url").send_keys(
        *("https://example.com/talk.mp4", Keys.TAB, "My talk", Keys.TAB, "Fre"),
        *(Keys.TAB, Keys.TAB, Keys.ENTER),  # over "Simulation"
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
    assert ["400 (Bad Request)" in message for message in console(browser)] == [True]


def test_form_says_in_place_that_no_requests_are_left(browser, live_server):
    start().workspace.set_defaults(requests_left=0)
    browser.get(live_server.url)
    mark(browser)

    browser.find_element(By.NAME, "title").send_keys("My talk", Keys.ENTER)

    wait(browser, lambda _: "no requests left" in text(browser, ".create"))
    assert is_marked(browser)
    assert browser.find_element(By.NAME, "title").get_attribute("value") == "My talk"
    assert ["410 (Gone)" in message for message in console(browser)] == [True]


def test_form_keeps_its_values_and_its_place_after_start(browser, live_server):
    browser.get(live_server.url)
    mark(browser)
    browser.find_element(By.TAG_NAME, "summary").click()
    browser.find_element(By.NAME, "title").send_keys("My talk")
    browser.find_element(By.CSS_SELECTOR, "input[value=slow]").click()
    button = browser.find_element(By.CSS_SELECTOR, ".create .submit")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    place = browser.execute_script("return window.scrollY")

    button.click()
    wait_for_text(browser, "#started", "Started My talk.")
    button.click()

    wait(browser, lambda _: len(browser.find_elements(By.CSS_SELECTOR, ".job")) == 2)
    assert {job.title + job.scenario for job in Job.objects.all()} == {"My talkslow"}
    assert is_marked(browser)
    assert browser.execute_script("return window.scrollY") == place
    assert browser.find_element(By.NAME, "title").get_attribute("value") == "My talk"


def test_corrected_form_starts_a_job_and_shows_no_error(browser, live_server):
    browser.get(live_server.url)
    browser.find_element(By.NAME, "video_url").send_keys("talk.mp4", Keys.ENTER)
    wait(browser, lambda _: browser.find_elements(By.ID, "id_video_url_error"))

    field = browser.find_element(By.NAME, "video_url")
    field.clear()
    field.send_keys("https://example.com/talk.mp4", Keys.ENTER)

    wait(browser, lambda _: browser.find_elements(By.CSS_SELECTOR, "#started a"))
    assert browser.find_elements(By.CSS_SELECTOR, ".errorlist, [role=alert]") == []
    assert not browser.title.startswith("Error: ")
    assert ["400 (Bad Request)" in message for message in console(browser)] == [True]


def test_form_submits_itself_if_the_script_fails(browser, live_server):
    browser.get(live_server.url)
    mark(browser)
    browser.execute_script("window.fetch = () => Promise.reject(new TypeError('down'))")
    browser.find_element(By.NAME, "title").send_keys("My talk")

    browser.find_element(By.CSS_SELECTOR, ".create .submit").click()

    wait_for_text(browser, "#started", "Started My talk.")
    assert not is_marked(browser)
    assert browser.find_element(By.NAME, "title").get_attribute("value") == "My talk"


def test_form_error_is_in_view_with_many_jobs(browser, live_server):
    for _ in range(20):
        start(seconds=60)
    browser.get(live_server.url)

    browser.find_element(By.NAME, "video_url").send_keys("talk.mp4", Keys.ENTER)

    wait(browser, lambda _: browser.find_elements(By.ID, "id_video_url_error"))
    assert browser.switch_to.active_element.get_attribute("name") == "video_url"
    assert browser.execute_script(
        "return document.querySelector('[role=alert]').getBoundingClientRect().top >= 0"
    )
    assert ["400 (Bad Request)" in message for message in console(browser)] == [True]
