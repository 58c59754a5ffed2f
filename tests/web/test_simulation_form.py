"""Whether the page offers simulation options."""

import pytest
from django.test import Client

from tests.conftest import SetClock
from vid_trans_api.models import Job
from vid_trans_api.simulation.options import Outcome

pytestmark = pytest.mark.django_db


def test_page_offers_simulation(browser: Client, clock: SetClock) -> None:
    assert "Simulation" in browser.get("/").text


def test_magic_url_works_from_the_page(browser: Client, clock: SetClock) -> None:
    browser.post("/", {"video_url": "https://sim.test/stuck.mp4"})

    assert Job.objects.get().plan.outcome is Outcome.STUCK


def test_page_offers_no_simulation_if_it_is_off(browser: Client, clock: SetClock, settings) -> None:
    settings.SIMULATION = False

    assert "Simulation" not in browser.get("/").text


def test_page_ignores_simulation_options_if_it_is_off(
    browser: Client, clock: SetClock, settings
) -> None:
    settings.SIMULATION = False

    browser.post("/", {"title": "x", "duration": "3", "outcome": "stuck"})

    assert Job.objects.get().plan.outcome is not Outcome.STUCK
