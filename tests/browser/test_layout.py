"""Colors with enough contrast, and boxes at the right place."""

import re

import pytest
from django.contrib.auth.models import User
from selenium.webdriver import Chrome

from tests.starting import page_of, start, timeline_of
from vid_trans_api.models import PayloadFormat
from vid_trans_api.operations import cancel_job
from vid_trans_api.operations.endpoints import (
    EndpointRequest,
    register_endpoint,
    send_test_event,
)
from vid_trans_api.simulation.options import EstimateQuality, Outcome
from vid_trans_api.web.links import delivery_path

pytestmark = pytest.mark.django_db(transaction=True)

AA = 4.5
"""The smallest contrast of text by WCAG 2.2, 1.4.3 (the largest possible is 21)."""


def luminance(color: str) -> float:
    """Return the relative luminance of a computed color by WCAG 2.2."""
    channels = [int(each) / 255 for each in re.findall(r"\d+", color)[:3]]
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels
    ]
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


COLORS = """
  const opaque = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return color === "rgba(0, 0, 0, 0)" ? opaque(element.parentElement) : color;
  };
  return arguments[0].flatMap((selector) => [...document.querySelectorAll(selector)].map(
    (element) => [selector, getComputedStyle(element).color, opaque(element)]
  ));
"""


def colors(browser: Chrome, theme: str, selectors: list[str]) -> list[tuple[str, str, str]]:
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": theme}]},
    )
    return [tuple(each) for each in browser.execute_script(COLORS, selectors)]


def test_text_has_enough_contrast_in_both_themes(browser, live_server):
    start(seconds=0, title="done")
    start(seconds=0, title="failed", outcome=Outcome.ERROR)
    start(seconds=60, title="pending")
    canceled = start(seconds=60, title="canceled")
    cancel_job(canceled)
    canceled.workspace.set_defaults(defaults={"seed": 1})
    browser.get(f"{live_server.url}/?started={canceled.public_id}&form=seed%3D1")
    selectors = [
        *(
            "h2",
            "label",
            ".note",
            ".submit",
            ".home",
            "summary",
            ".filters a",
            "footer a",
            "footer",
        ),
        *(".badge-pending", ".badge-completed", ".badge-error", ".badge-canceled"),
        *(".name", ".meta", ".button", ".defaults dt", ".scenarios span span", "#started a"),
        *(".left", ".failure", ".percent", ".workspace a"),
    ]

    light, dark = (colors(browser, theme, selectors) for theme in ("light", "dark"))

    assert {selector for selector, _, _ in light} == set(selectors)
    assert all(one != other for one, other in zip(light, dark, strict=True))
    assert [each for each in light + dark if contrast(*each[1:]) < AA] == []


def start_delivery(*, url: str = "https://receiver.test/hook") -> str:
    """Register an endpoint, have an attempt to send a test event fail; return its page's path."""
    endpoint = register_endpoint("", PayloadFormat.STANDARD, EndpointRequest(url=url))
    delivery = send_test_event(endpoint)
    delivery.attempts.create(
        at=delivery.event.created_at,
        headers=[("webhook-signature", "s" * 300)],
        status=500,
        response="x" * 300,
        milliseconds=1,
    )
    return delivery_path(delivery)


@pytest.mark.parametrize("width", [360, 1280])
def test_page_does_not_scroll_sideways(browser, live_server, width):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True},
    )
    job = start(seconds=60, title="x" * 200, video_url="https://example.com/" + "y" * 500)

    widths = []
    delivery = start_delivery(url="https://receiver.test/" + "z" * 500)
    for path in ("/", page_of(job), timeline_of(job), "/key", "/webhooks", delivery):
        browser.get(live_server.url + path)
        browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
        widths.append(browser.execute_script("return document.documentElement.scrollWidth"))

    assert widths == [width] * 6


EDGES = """
  return arguments[0].map((selector) => {
    const {top, bottom, left, right} = document.querySelector(selector).getBoundingClientRect();
    return {middle: (top + bottom) / 2, left, right};
  });
"""


def edges(browser: Chrome, *selectors: str) -> list[dict[str, float]]:
    return list(browser.execute_script(EDGES, selectors))


def test_bar_of_a_failed_job_has_the_full_width(browser, live_server):
    browser.get(live_server.url + page_of(start(seconds=0, outcome=Outcome.ERROR)))

    bar, run = edges(browser, ".bar", ".run")

    assert (bar["left"], bar["right"]) == (run["left"], run["right"])


def test_admin_aligns_bars_with_their_badges(browser, live_server, client):
    client.force_login(User.objects.create_superuser("ada"))
    start(seconds=0, title="failed", outcome=Outcome.ERROR)
    start(seconds=60, title="pending")
    browser.get(live_server.url)
    browser.add_cookie({"name": "sessionid", "value": client.cookies["sessionid"].value})

    browser.get(f"{live_server.url}/admin/vid_trans_api/job/")

    for status in ("error", "pending"):
        badge, bar = edges(browser, f".badge-{status}", f".bar-{status}")
        assert bar["middle"] == pytest.approx(badge["middle"], abs=2)


def test_admins_list_fits_a_laptops_screen(browser, live_server, client):
    client.force_login(User.objects.create_superuser("ada"))
    for seconds in (1, 30_000):
        start(
            seconds=seconds,
            title="x" * 200,
            key="secret",
            target_language="Chinese (Southwestern Mandarin, Simplified)",
            estimate=EstimateQuality(noise=0.5),
        )
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": False},
    )
    browser.get(live_server.url)
    browser.add_cookie({"name": "sessionid", "value": client.cookies["sessionid"].value})

    browser.get(f"{live_server.url}/admin/vid_trans_api/job/")

    shown, needed = browser.execute_script(
        "const list = document.querySelector('.results');"
        "return [list.clientWidth, list.scrollWidth]"
    )
    assert needed == shown


NAMELESS = """
  const usable = "a, button, input:not([type=hidden]), select, video, summary";
  return [...document.querySelectorAll(usable)]
    .filter((each) => !(
      each.textContent.trim() || each.labels?.length || each.getAttribute("aria-label")
    ))
    .map((each) => each.outerHTML);
"""


def test_everything_that_can_be_used_has_a_name(browser, live_server):
    job = start(seconds=0)
    start(seconds=600)

    for path in ("/", page_of(job), timeline_of(job), "/key", "/webhooks", start_delivery()):
        browser.get(live_server.url + path)

        assert browser.execute_script(NAMELESS) == []
