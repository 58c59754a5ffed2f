"""The pictures of the pages in the README and the docs.

    make pictures

It starts a server with a database of its own, starts jobs, follows one of them, and takes the
pictures with Chromium. It needs half a minute, chromium and chromedriver.
"""

import base64
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from benchmarks.development import run_server
from benchmarks.serving import ROOT
from heygen_video_translation.client import TranslationClient

WIDTH: Final = 1280
DOCS: Final = ROOT / "docs"

JOBS: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    ("Webinar", "Hindi", {"duration": 60, "outcome": "stuck"}),
    ("Interview", "German", {"duration": 3, "outcome": "error", "seed": 4}),
    ("Keynote", "French", {"duration": 45, "outcome": "completed", "seed": 1}),
    ("Feature film", "Japanese", {"scenario": "optimist", "duration": 600, "seed": 2}),
)
"""Titles, languages and options, the oldest job first."""

FOLLOWED: Final = ("Product tour", "Spanish", {"scenario": "flaky", "duration": 8, "seed": 3})
"""The job that is followed until its end."""


def main() -> int:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        print("chromium and chromedriver are missing: apt-get install chromium-driver")
        return 1
    with tempfile.TemporaryDirectory() as folder, run_server(Path(folder)) as server:
        followed = create_jobs(server.root)
        with browser(chromium, driver) as chrome:
            take(chrome, server.root, DOCS / "jobs.png")
            take(chrome, f"{server.root}/jobs/{followed}/timeline", DOCS / "timeline.png")
    return 0


def create_jobs(root: str) -> str:
    """Start the jobs; follow one and return its id."""
    with TranslationClient(root, long_poll=0, max_polling_interval=1) as client:  # more to see
        canceled = client.create_job(title="Draft", simulation={"duration": 60})
        for title, language, options in JOBS:
            client.create_job(title=title, target_language=language, simulation=options)
        title, language, options = FOLLOWED
        followed = client.create_job(title=title, target_language=language, simulation=options)
        time.sleep(2)
        client.cancel(canceled)
        client.wait_for_completion(followed)
    return followed.id


@contextmanager
def browser(chromium: str, driver: str) -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = chromium
    for flag in ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(flag)
    chrome = Chrome(options=options, service=ChromeService(driver))
    try:
        yield chrome
    finally:
        chrome.quit()


def take(chrome: Chrome, url: str, picture: Path) -> None:
    """Take a picture of the whole page."""
    view = {"width": WIDTH, "height": 600, "deviceScaleFactor": 1, "mobile": False}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", view)
    chrome.get(url)
    height = chrome.execute_script("return document.body.scrollHeight")
    time.sleep(1)  # until the bars have moved to their places
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1}
    shot = chrome.execute_cdp_cmd(
        "Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True}
    )
    picture.write_bytes(base64.b64decode(shot["data"]))
    print(f"{picture.relative_to(ROOT)}: {WIDTH} x {height}")


if __name__ == "__main__":
    sys.exit(main())
