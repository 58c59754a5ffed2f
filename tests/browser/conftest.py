"""A real browser: Debian's chromium, driven by selenium."""

import shutil
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
# As root it runs without a sandbox, and it is not to look for anything outside of this machine.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    if not CHROMIUM or not DRIVER:
        pytest.skip("chromium and chromedriver are not installed: apt-get install chromium-driver")
    options = ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def browser(chrome: Chrome) -> Iterator[Chrome]:
    """A browser with nothing in it, that must not complain of anything by the end of the test."""
    chrome.get_log("browser")
    yield chrome
    complaints = [
        each["message"]
        for each in chrome.get_log("browser")
        if each["level"] in {"WARNING", "SEVERE"}
    ]
    chrome.get("about:blank")
    chrome.delete_all_cookies()
    for command, parameters in (
        ("Emulation.setEmulatedMedia", {"features": []}),
        ("Emulation.setScriptExecutionDisabled", {"value": False}),
        ("Emulation.clearDeviceMetricsOverride", {}),
    ):
        chrome.execute_cdp_cmd(command, parameters)
    assert complaints == []
