"""Read a page in the browser, and wait for it to change."""

from typing import Any

from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.patience import PATIENCE


def text(browser: Chrome, selector: str) -> str:
    return browser.find_element(By.CSS_SELECTOR, selector).text


def wait(browser: Chrome, condition: Any) -> Any:
    """Wait until the condition is true.

    The driver has several errors, some without a class, for an element that disappears meanwhile.
    """
    return WebDriverWait(
        browser, PATIENCE, poll_frequency=0.05, ignored_exceptions=(WebDriverException,)
    ).until(condition)


def wait_for_text(browser: Chrome, selector: str, expected: str) -> None:
    wait(browser, lambda _: text(browser, selector) == expected)


def refresh(browser: Chrome) -> None:
    """Make the page refresh itself now, as it does when its tab becomes visible."""
    browser.execute_script("document.dispatchEvent(new Event('visibilitychange'))")


def mark(browser: Chrome) -> None:
    """Set a variable that a reload deletes."""
    browser.execute_script("window.mark = true")


def is_marked(browser: Chrome) -> bool:
    return bool(browser.execute_script("return window.mark === true"))
