"""Pages of a workspace that has its own clock."""

from typing import Any

import pytest
from django.test import Client

from tests.conftest import Api, SetClock


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"freeze": True}, "The clock is frozen at"),
        ({"advance": 3600}, "The clock was changed; it is"),
        ({"speed": 60}, "The clock runs at 60 times normal speed; it is"),
    ],
)
def test_pages_show_a_clock_that_was_changed(
    api: Api, browser: Client, clock: SetClock, change: dict[str, Any], note: str
) -> None:
    api.create(duration=600)
    api.set_clock(**change)

    pages = [browser.get(path) for path in ("/", "/vid_trans_api/status")]

    assert [note in page.text for page in pages] == [True, True]


def test_pages_hide_the_servers_clock(api: Api, browser: Client) -> None:
    page = browser.get("/")

    assert 'id="clock" data-live hidden' in page.text


@pytest.mark.parametrize(
    ("change", "refresh"),
    [({"speed": 1}, "10"), ({"speed": 60}, "1"), ({"speed": 0.1}, "10"), ({"freeze": True}, "2")],
)
def test_pages_refresh_at_the_speed_of_the_clock(
    api: Api, browser: Client, clock: SetClock, change: dict[str, Any], refresh: str
) -> None:
    api.set_clock(**change)
    api.create(duration=60, estimate="exact")

    page = browser.get("/")

    assert page["Retry-After"] == refresh
