"""Pages of a real server, which lets their requests wait for a change."""

import time

from tests.browser.waiting import is_marked, mark, wait_for_text
from tests.server_fixtures import ServerPair

POLLS = 3
"""The time of so many polls in seconds, for a server that does not let requests wait."""


def test_page_waits_and_shows_a_change_of_another_process(browser, servers: ServerPair):
    job = servers.development.request("POST", "/jobs", {"simulation": {"duration": 86_400}})
    browser.get(f"{servers.development.url}/jobs/{job.document['id']}")
    mark(browser)
    time.sleep(POLLS)
    requests = browser.execute_script("return performance.getEntriesByType('resource')")
    polls = [each for each in requests if each["initiatorType"] == "fetch"]

    servers.production.request("POST", f"/jobs/{job.document['id']}/cancel", {})

    wait_for_text(browser, ".badge", "Canceled")
    assert is_marked(browser)
    assert polls == []  # none is over: they would be listed
