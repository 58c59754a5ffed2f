"""Pages that update themselves with JavaScript."""

import time
from zoneinfo import ZoneInfo

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.browser.waiting import is_marked, mark, refresh, text, wait, wait_for_text
from tests.starting import page_of, start, timeline_of
from vid_trans_api.clock import now
from vid_trans_api.models import Job
from vid_trans_api.simulation.options import EstimateQuality, Outcome
from vid_trans_api.snapshots import Estimate
from vid_trans_api.web import formatting

pytestmark = pytest.mark.django_db(transaction=True)

EACH_SECOND = EstimateQuality(noise=0, bias=0.001)
"""An estimate of less than a second left, so that the page refreshes every second."""


SLOWNESS = 5
"""How much longer everything may take on a busy machine."""

RECORD_STATUSES = """
  window.statuses = [];
  const realFetch = window.fetch;
  window.fetch = async (...all) => {
    const response = await realFetch(...all);
    window.statuses.push(response.status);
    return response;
  };
"""


def finish(job: Job) -> None:
    """Let the job's planned end be now."""
    Job.objects.filter(pk=job.pk).update(finishes_at=now())


def bar_value(browser: Chrome) -> float:
    return float(browser.execute_script("return document.querySelector('.bar').value"))


def test_job_page_follows_the_job_without_a_reload(browser, live_server):
    job = start(seconds=600)
    browser.get(live_server.url + page_of(job))
    mark(browser)
    first = bar_value(browser)
    wait(browser, lambda _: bar_value(browser) > first)

    finish(job)
    refresh(browser)

    wait_for_text(browser, ".badge", "Completed")
    assert is_marked(browser)
    assert bar_value(browser) == 1
    assert browser.title.startswith("Completed: Talk")
    assert browser.find_elements(By.TAG_NAME, "video")
    announcement = browser.find_element(By.ID, "announcement").get_attribute("textContent")
    assert announcement == "Talk, Completed"


@pytest.mark.parametrize(
    "path", [page_of, timeline_of, lambda _: "/"], ids=["job", "timeline", "list"]
)
def test_page_shows_a_change_within_two_seconds(browser, live_server, path):
    job = start(seconds=86_400)  # the API would say: ask again in a minute
    browser.get(live_server.url + path(job))
    mark(browser)

    finish(job)
    ended_at = time.monotonic()
    wait_for_text(browser, ".badge", "Completed")

    assert time.monotonic() - ended_at < 2 * SLOWNESS
    assert is_marked(browser)


def test_page_without_changes_is_not_sent_again(browser, live_server):
    browser.get(live_server.url + page_of(start(seconds=86_400)))
    browser.execute_script(RECORD_STATUSES)

    wait(browser, lambda _: len(browser.execute_script("return window.statuses")) >= 2)

    assert set(browser.execute_script("return window.statuses")) == {304}


def test_fold_stays_open_while_the_page_updates(browser, live_server):
    job = start(seconds=600)
    browser.get(live_server.url + page_of(job))
    browser.find_element(By.CSS_SELECTOR, "#plan summary").click()

    finish(job)
    refresh(browser)

    wait_for_text(browser, ".badge", "Completed")
    assert browser.find_element(By.ID, "plan").get_attribute("open") == "true"


def test_times_are_in_the_viewers_zone(browser, live_server):
    job = start(seconds=600)
    browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Kathmandu"})
    browser.get(live_server.url + page_of(job))

    shown = [text(browser, ".timeline time")]
    finish(job)
    refresh(browser)
    wait_for_text(browser, ".badge", "Completed")
    shown.append(text(browser, ".timeline time"))

    browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})
    local = job.created_at.astimezone(ZoneInfo("Asia/Kathmandu"))
    assert [f"{local:%M:%S}" in each and "GMT+5:45" in each for each in shown] == [True, True]


def test_cleared_defaults_disappear_without_a_reload(browser, live_server):
    start().workspace.set_defaults(defaults={"seed": 1})
    browser.get(live_server.url)
    mark(browser)

    browser.find_element(By.ID, "clear-defaults").click()

    wait(browser, lambda _: not browser.find_element(By.ID, "defaults").is_displayed())
    assert is_marked(browser)


def test_bar_never_moves_backwards(browser, live_server):
    browser.get(live_server.url + page_of(start(seconds=60)))
    browser.execute_script("document.querySelector('.bar').value = 0.9")
    age = text(browser, ".meta")

    refresh(browser)

    wait(browser, lambda _: text(browser, ".meta") != age)
    assert bar_value(browser) == 0.9
    assert text(browser, ".percent") == "90 %"


def test_job_page_plays_the_result(browser, live_server):
    browser.get(live_server.url + page_of(start(seconds=0)))

    wait(
        browser,
        lambda _: browser.execute_script("return document.querySelector('video').readyState") >= 1,
    )

    duration = browser.execute_script("return document.querySelector('video').duration")
    assert duration == pytest.approx(2, abs=0.1)


def test_video_can_be_played_from_any_place(browser, live_server):
    browser.get(live_server.url + page_of(start(seconds=0)))
    wait(
        browser,
        lambda _: browser.execute_script("return document.querySelector('video').readyState") >= 1,
    )

    browser.execute_script("document.querySelector('video').currentTime = 1.5")

    wait(
        browser,
        lambda _: not browser.execute_script("return document.querySelector('video').seeking"),
    )
    assert browser.execute_script("return document.querySelector('video').currentTime") == 1.5


def test_jobs_page_shows_jobs_created_elsewhere(browser, live_server):
    start(seconds=1, title="first")
    browser.get(live_server.url)
    mark(browser)

    start(seconds=60, title="second")

    wait(browser, lambda _: len(browser.find_elements(By.CSS_SELECTOR, ".job")) == 2)
    names = [each.text for each in browser.find_elements(By.CSS_SELECTOR, ".name")]
    assert names == ["second", "first"]
    assert is_marked(browser)


def test_update_keeps_typed_text_and_its_focus(browser, live_server):
    start(seconds=1)
    browser.get(live_server.url)
    title = browser.find_element(By.NAME, "title")
    title.send_keys("half a ti")

    wait_for_text(browser, ".badge", "Completed")

    title.send_keys("tle")
    assert browser.switch_to.active_element == title
    assert title.get_attribute("value") == "half a title"


def test_update_keeps_the_focus_on_a_button(browser, live_server):
    stuck = start(seconds=60, outcome=Outcome.STUCK)
    browser.get(live_server.url)
    button = browser.find_element(By.ID, f"cancel-{stuck.public_id}")
    browser.execute_script("arguments[0].focus()", button)

    start(seconds=60, title="another")
    refresh(browser)

    wait(browser, lambda _: len(browser.find_elements(By.CSS_SELECTOR, ".job")) == 2)
    assert browser.switch_to.active_element == button


def test_page_recovers_when_the_server_is_back(browser, live_server):
    job = start(seconds=600)
    browser.get(live_server.url + page_of(job))
    browser.execute_script(
        """
        window.realFetch = window.fetch;
        window.fetch = () => Promise.reject(new TypeError('down'));
        """
    )
    refresh(browser)
    wait(browser, lambda _: browser.find_element(By.ID, "offline").is_displayed())

    finish(job)
    browser.execute_script("window.fetch = window.realFetch")

    wait_for_text(browser, ".badge", "Completed")
    assert not browser.find_element(By.ID, "offline").is_displayed()


COUNT_FETCHES = """
  Object.defineProperty(document, "hidden", {get: () => window.isHidden, configurable: true});
  window.setHidden = (isHidden) => {
    window.isHidden = isHidden;
    document.dispatchEvent(new Event("visibilitychange"));
  };
  window.fetches = 0;
  const realFetch = window.fetch;
  window.fetch = (...all) => { window.fetches += 1; return realFetch(...all); };
  arguments[0].forEach(window.setHidden);
"""


@pytest.mark.parametrize("changes", [[True], [True, False, True]], ids=["idle", "while fetching"])
def test_hidden_page_does_not_refresh(browser, live_server, changes):
    job = start(seconds=600, estimate=EACH_SECOND)
    browser.get(live_server.url + page_of(job))

    browser.execute_script(COUNT_FETCHES, changes)

    time.sleep(1.5)
    assert browser.execute_script("return window.fetches") == changes.count(False)
    finish(job)
    browser.execute_script("window.setHidden(false)")
    wait_for_text(browser, ".badge", "Completed")


def test_script_formats_times_as_the_templates_do(browser, live_server):
    browser.get(live_server.url)
    seconds = [0, 0.4, 0.5, 1.49, 1.5, 2.5, 12.4, 99.4, 99.5, 150, 5969, 5971, 86_400, 400_000]
    pairs = [[low, high] for low in seconds for high in seconds if low <= high]

    formatted = browser.execute_async_script(
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

    assert formatted == [
        [formatting.duration(each) for each in seconds],
        [formatting.left(Estimate(remaining=each, low=0, high=0)) for each in seconds],
        [formatting.span(Estimate(remaining=0, low=low, high=high)) for low, high in pairs],
    ]
