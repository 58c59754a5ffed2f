"""The pages in a browser: they move by themselves, and work without JavaScript too."""

from datetime import timedelta
from typing import Any

import pytest
from selenium.common.exceptions import (
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.patience import PATIENCE, ever_longer
from tests.starting import page_of, start
from vid_trans_api.clock import now
from vid_trans_api.models import Job
from vid_trans_api.simulation.options import Outcome
from vid_trans_api.snapshots import Estimate
from vid_trans_api.web import formatting as showing

pytestmark = pytest.mark.django_db(transaction=True)


def text(browser: Chrome, selector: str) -> str:
    return browser.find_element(By.CSS_SELECTOR, selector).text


def wait(browser: Chrome, condition: Any, seconds: float = PATIENCE) -> Any:
    """Wait until it holds; in between the page may be on its way from one state to the next."""
    on_its_way = (NoSuchElementException, StaleElementReferenceException)
    return WebDriverWait(
        browser, seconds, poll_frequency=0.05, ignored_exceptions=on_its_way
    ).until(condition)


def mark(browser: Chrome) -> None:
    """Leave a mark that a reload would wipe out."""
    browser.execute_script("window.mark = true")


def is_marked(browser: Chrome) -> bool:
    return bool(browser.execute_script("return window.mark === true"))


def test_job_page_follows_the_job_to_its_end_without_a_reload(browser, live_server):
    def is_seen_moving(seconds: float) -> bool:
        """Look at a job that takes so long; tell whether its bar was seen to move."""
        job = start(now, seconds=seconds)
        browser.get(live_server.url + page_of(job))
        mark(browser)
        shares = []

        def is_over(_: Chrome) -> bool:
            is_over = text(browser, ".badge") == "Completed"
            shares.append(browser.execute_script("return document.querySelector('.bar').value"))
            return is_over

        wait(browser, is_over)

        assert is_marked(browser)
        assert shares == sorted(shares)
        assert shares[-1] == 1
        assert browser.title.startswith("Completed: Talk")
        assert browser.find_elements(By.TAG_NAME, "video")
        announced = browser.execute_script(
            "return document.getElementById('announcement').textContent"
        )
        return len(set(shares)) > 4 and announced == "Talk, Completed"

    assert any(map(is_seen_moving, ever_longer(2)))


def test_bar_that_ran_ahead_does_not_run_back(browser, live_server):
    browser.get(live_server.url + page_of(start(now, seconds=60)))
    browser.execute_script("document.querySelector('.bar').value = 0.9")
    mark = browser.find_element(By.CSS_SELECTOR, ".meta").text

    browser.execute_script("document.dispatchEvent(new Event('visibilitychange'))")  # asks anew

    wait(browser, lambda _: browser.find_element(By.CSS_SELECTOR, ".meta").text != mark)
    assert browser.execute_script("return document.querySelector('.bar').value") == 0.9
    assert text(browser, ".percent") == "90 %"


def test_job_page_plays_the_result(browser, live_server):
    browser.get(live_server.url + page_of(start(now, seconds=0)))

    wait(
        browser,
        lambda _: browser.execute_script("return document.querySelector('video').readyState") >= 1,
    )

    assert browser.execute_script(
        "return document.querySelector('video').duration"
    ) == pytest.approx(2, abs=0.1)


def test_jobs_page_shows_jobs_started_elsewhere(browser, live_server):
    start(now, seconds=1, title="first")
    browser.get(live_server.url)
    mark(browser)

    start(now, seconds=60, title="second")

    wait(browser, lambda _: len(browser.find_elements(By.CSS_SELECTOR, ".job")) == 2)
    assert [each.text for each in browser.find_elements(By.CSS_SELECTOR, ".name")] == [
        "second",
        "first",
    ]
    assert is_marked(browser)


def test_jobs_page_keeps_what_is_being_typed_and_where(browser, live_server):
    start(now, seconds=1)
    browser.get(live_server.url)
    title = browser.find_element(By.NAME, "title")
    title.send_keys("half a ti")

    wait(browser, lambda _: text(browser, ".badge") == "Completed")

    title.send_keys("tle")
    assert browser.switch_to.active_element == title
    assert title.get_attribute("value") == "half a title"


def test_jobs_page_keeps_the_focus_on_a_button_while_its_row_changes(browser, live_server):
    stuck = start(now, seconds=60, outcome=Outcome.STUCK)
    browser.get(live_server.url)
    button = browser.find_element(By.ID, f"cancel-{stuck.public_id}")
    browser.execute_script("arguments[0].focus()", button)

    start(now, seconds=60, title="another")

    wait(browser, lambda _: len(browser.find_elements(By.CSS_SELECTOR, ".job")) == 2)
    assert browser.switch_to.active_element == button


def test_cancel_button_cancels_without_a_reload(browser, live_server):
    start(now, seconds=60)
    browser.get(live_server.url)
    mark(browser)
    browser.find_element(By.NAME, "title").send_keys("being typed")

    browser.find_element(By.CSS_SELECTOR, ".cancel button").click()

    wait(browser, lambda _: text(browser, ".failure") == "The job was canceled.")
    assert is_marked(browser)
    assert browser.find_element(By.NAME, "title").get_attribute("value") == "being typed"


@pytest.mark.parametrize(
    "answer",
    ["Promise.resolve(new Response('', {status: 403}))", "Promise.reject(new TypeError('down'))"],
    ids=["refused", "not answered"],
)
def test_cancel_button_that_is_refused_in_the_background_is_sent_as_a_form(
    browser, live_server, answer
):
    start(now, seconds=60)
    browser.get(live_server.url)
    mark(browser)
    browser.execute_script(f"window.fetch = () => {answer}")

    browser.find_element(By.CSS_SELECTOR, ".cancel button").click()

    wait(browser, lambda _: text(browser, ".failure") == "The job was canceled.")
    assert not is_marked(browser)


def test_form_starts_a_job_by_keyboard_alone(browser, live_server):
    browser.get(live_server.url)

    browser.find_element(By.NAME, "video_url").send_keys(
        "https://example.com/talk.mp4", Keys.TAB, "My talk", Keys.TAB, "Fre", Keys.TAB, Keys.ENTER
    )

    wait(browser, lambda _: text(browser, ".name") == "My talk")
    assert "French" in text(browser, ".job .meta")
    assert Job.objects.get().video_url == "https://example.com/talk.mp4"


def test_form_with_errors_shows_them_and_keeps_what_was_typed(browser, live_server):
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
    (complaint,) = browser.get_log("browser")
    assert "400 (Bad Request)" in complaint["message"]


def test_form_with_errors_after_a_job_was_started_shows_them(browser, live_server):
    for _ in range(20):
        start(now, seconds=60)
    browser.get(live_server.url)
    browser.find_element(By.CSS_SELECTOR, ".start .go").click()
    wait(browser, lambda _: "#job-" in browser.current_url)

    browser.find_element(By.NAME, "video_url").send_keys("talk.mp4", Keys.ENTER)

    wait(browser, lambda _: browser.find_elements(By.ID, "id_video_url_error"))
    assert browser.switch_to.active_element.get_attribute("name") == "video_url"
    assert browser.execute_script(
        "return document.querySelector('[role=alert]').getBoundingClientRect().top >= 0"
    )
    (complaint,) = browser.get_log("browser")
    assert "400 (Bad Request)" in complaint["message"]


def test_page_outlives_a_restart_of_the_server(browser, live_server):
    job = start(now, seconds=600)
    browser.get(live_server.url + page_of(job))
    browser.execute_script(
        """
        window.real = window.fetch;
        window.fetch = () => Promise.reject(new TypeError('down'));
        document.dispatchEvent(new Event('visibilitychange')); // asks anew
        """
    )

    wait(browser, lambda _: browser.find_element(By.ID, "offline").is_displayed())
    job.cancel(now)
    browser.execute_script("window.fetch = window.real")

    wait(browser, lambda _: text(browser, ".badge") == "Error")
    assert not browser.find_element(By.ID, "offline").is_displayed()


TURN_AWAY = """
  Object.defineProperty(document, "hidden", {get: () => window.away, configurable: true});
  window.turn = (away) => {
    window.away = away;
    document.dispatchEvent(new Event("visibilitychange"));
  };
  window.asked = 0;
  const real = window.fetch;
  window.fetch = (...all) => { window.asked += 1; return real(...all); };
  const seen = document.querySelector(".badge").textContent;
  arguments[0].forEach(window.turn);
  return seen;
"""


@pytest.mark.parametrize("turns", [[True], [True, False, True]], ids=["at once", "while asking"])
def test_page_out_of_sight_asks_for_nothing(browser, live_server, turns):
    for seconds in ever_longer(1):
        job = start(now, seconds=seconds)
        browser.get(live_server.url + page_of(job))
        seen = browser.execute_script(TURN_AWAY, turns)
        if seen == "Pending":
            break
    assert seen == "Pending"
    wait(browser, lambda _: job.at(now() - timedelta(seconds=0.5)).status.is_terminal)
    assert browser.execute_script("return window.asked") == turns.count(False)

    browser.execute_script("window.turn(false)")

    wait(browser, lambda _: text(browser, ".badge") == "Completed")


def test_script_writes_times_as_the_templates_do(browser, live_server):
    browser.get(live_server.url)
    seconds = [0, 0.4, 0.5, 1.49, 1.5, 2.5, 12.4, 99.4, 99.5, 150, 5969, 5971, 86_400, 400_000]
    pairs = [[low, high] for low in seconds for high in seconds if low <= high]

    written = browser.execute_async_script(
        """
        const [seconds, pairs, done] = arguments;
        import(document.querySelector("script[type=module]").src).then((live) => done([
          seconds.map(live.duration),
          seconds.map(live.left),
          pairs.map((ends) => live.span(...ends)),
        ]));
        """,
        seconds,
        pairs,
    )

    assert written == [
        [showing.duration(each) for each in seconds],
        [showing.left(Estimate(remaining=each, low=0, high=0)) for each in seconds],
        [showing.span(Estimate(remaining=0, low=low, high=high)) for low, high in pairs],
    ]


def test_without_javascript_the_page_reloads_itself_to_the_end(browser, live_server):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})

    def is_seen_pending(seconds: float) -> bool:
        browser.get(live_server.url + page_of(start(now, seconds=seconds)))
        return text(browser, ".badge") == "Pending"

    assert any(map(is_seen_pending, ever_longer(1)))
    wait(browser, lambda _: text(browser, ".badge") == "Completed")


def test_without_javascript_the_form_starts_a_job(browser, live_server):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(live_server.url)

    browser.find_element(By.NAME, "title").send_keys("Plain", Keys.ENTER)

    wait(browser, lambda _: text(browser, ".name") == "Plain")
    assert "Hold it still" in text(browser, "main noscript")
