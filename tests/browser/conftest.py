"""A real browser: Chromium, driven by selenium."""

import shutil
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from tests.server_fixtures import databases, servers

__all__ = ["browser", "chrome", "databases", "servers"]

CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
# As root it must run without a sandbox. It must not connect to other machines.
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
    """An empty browser; the test fails if the browser's console has warnings at its end."""
    chrome.get_log("browser")
    yield chrome
    warnings = [
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
    assert warnings == []
