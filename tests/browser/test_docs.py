"""The docs in a browser: the console shows no violation of their policy."""

import pytest
from selenium.webdriver.common.by import By

from tests.browser.waiting import wait

pytestmark = pytest.mark.django_db(transaction=True)


def test_docs_send_a_request(browser, live_server):
    browser.get(f"{live_server.url}/vid_trans_api/docs")

    summary = "#operations-health-get_health .opblock-summary-control"
    wait(browser, lambda _: browser.find_element(By.CSS_SELECTOR, summary)).click()
    wait(browser, lambda _: browser.find_element(By.CSS_SELECTOR, ".try-out__btn")).click()
    wait(browser, lambda _: browser.find_element(By.CSS_SELECTOR, ".execute")).click()

    wait(
        browser,
        lambda _: (
            '"status": "ok"' in browser.find_element(By.CSS_SELECTOR, ".live-responses-table").text
        ),
    )


@pytest.mark.parametrize(
    ("operation", "status"),
    [("jobs-create_job", "202"), ("simulation-set_clock", "200"), ("jobs-list_jobs", "200")],
)
def test_docs_send_what_they_show_at_first(browser, live_server, operation: str, status: str):
    browser.get(f"{live_server.url}/vid_trans_api/docs")

    block = f"#operations-{operation}"
    for button in (".opblock-summary-control", ".try-out__btn", ".execute"):
        selector = f"{block} {button}"
        wait(browser, lambda _, at=selector: browser.find_element(By.CSS_SELECTOR, at)).click()

    shown = f"{block} .live-responses-table .response-col_status"
    wait(
        browser,
        lambda _: (
            [each.text for each in browser.find_elements(By.CSS_SELECTOR, shown)][-1:] == [status]
        ),
    )
