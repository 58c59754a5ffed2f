"""The wallet of a workspace: what creations cost, and what happens if it does not suffice."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.conftest import Api
from vid_trans_api.models import Job, Workspace

MINUTE: dict[str, Any] = {"duration": 10, "outcome": "completed"}


@pytest.fixture
def minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the video of each plan of 10 seconds last a minute."""
    monkeypatch.setattr(
        "vid_trans_api.engines.simulated.draw_video_duration", lambda plan, _: plan.duration * 6
    )


@pytest.fixture
def own(db: None, minutes: None) -> Api:
    api = Api()
    api.set_defaults(wallet=10)
    return api


def v3(**fields: Any) -> Any:
    body = {
        "video": {"type": "url", "url": "https://example.com/talk.mp4"},
        "output_languages": ["Spanish"],
        "simulation": MINUTE,
        **fields,
    }
    return Client(headers={"X-Api-Key": "test"}).post(
        "/v3/video-translations", body, content_type="application/json"
    )


def wallet(api: Api) -> Any:
    return api.get("/simulation/defaults").json()["wallet"]


@pytest.mark.parametrize(
    ("fields", "price"),
    [
        ({}, 0.0333),
        ({"mode": "speed"}, 0.0333),
        ({"mode": "precision"}, 0.0667),
        ({"translate_audio_only": True}, 0.0167),
        ({"translate_audio_only": True, "mode": "precision"}, 0.0167),
        ({"output_languages": ["Spanish", "French"]}, 2 * 0.0333),
    ],
)
def test_each_second_of_video_has_its_price(
    db: None, minutes: None, fields: dict[str, Any], price: float
) -> None:
    api = Api(api_key="test")
    api.set_defaults(wallet=10)

    assert v3(**fields).status_code == 200
    assert wallet(api) == pytest.approx(10 - 60 * price)


def test_own_api_charges_as_well(own: Api) -> None:
    own.create(**MINUTE)

    assert wallet(own) == pytest.approx(10 - 60 * 0.0333)


def test_creation_that_cannot_be_paid_changes_nothing(own: Api) -> None:
    own.set_defaults(wallet=1.9979)
    drawn = Workspace.objects.get().plan_count

    refused = own.post("/jobs", {"simulation": MINUTE})

    assert (refused.status_code, refused.json()["type"]) == (
        402,
        "urn:vid-trans-api:problem:payment-required",
    )
    assert refused.json()["detail"] == "This costs $1.9980, and $1.9979 are left."
    assert (Job.objects.count(), wallet(own)) == (0, 1.9979)
    assert Workspace.objects.get().plan_count == drawn


def test_all_languages_are_paid_or_none(db: None, minutes: None) -> None:
    api = Api(api_key="test")
    api.set_defaults(wallet=3)

    response = v3(output_languages=["Spanish", "French"])

    error = response.json()["error"]
    assert (response.status_code, error["code"], "param" in error) == (
        402,
        "insufficient_credit",
        False,
    )
    assert (Job.objects.count(), wallet(api)) == (0, 3)


def test_last_cent_can_be_spent(own: Api) -> None:
    own.set_defaults(wallet=1.998)

    own.create(**MINUTE)

    assert wallet(own) == 0
    assert own.post("/jobs", {"simulation": MINUTE}).status_code == 402


def test_nothing_is_refunded(own: Api) -> None:
    job_id = own.create(**MINUTE)["id"]
    left = wallet(own)
    own.post(f"/jobs/{job_id}/cancel")
    own.delete(f"/jobs/{job_id}")

    assert wallet(own) == left


def test_repeated_key_is_charged_once(own: Api) -> None:
    for _ in range(2):
        own.post("/jobs", {"simulation": MINUTE}, **{"Idempotency-Key": "k"})

    assert wallet(own) == pytest.approx(10 - 60 * 0.0333)


@pytest.mark.parametrize("act", ["clear", "reset"])
def test_wallet_can_be_removed(own: Api, act: str) -> None:
    if act == "clear":
        own.set_defaults(wallet=None)
    else:
        own.post("/simulation/reset", {})

    own.create(**MINUTE)

    assert wallet(own) is None


@pytest.mark.parametrize("amount", [-1, "5", True, 1_000_000_001])
def test_wrong_amount_is_refused(api: Api, amount: object) -> None:
    response = api.patch("/simulation/defaults", {"wallet": amount})

    assert response.json()["errors"][0]["field"] == "wallet"


def test_without_simulation_nothing_is_charged(own: Api, settings) -> None:
    settings.SIMULATION = False

    own.post("/jobs", {})

    assert Workspace.objects.get().wallet == Decimal(10)


def test_page_shows_the_wallet_and_what_it_refuses(own: Api, browser: Client) -> None:
    shown = browser.get("/").text
    own.set_defaults(wallet=0)

    refused = browser.post("/", {"duration": "10"})

    assert "<dt>Wallet</dt><dd>$10.0000</dd>" in shown
    assert (refused.status_code, "are left." in refused.text) == (400, True)
    assert Job.objects.count() == 0


def test_admin_says_that_the_wallet_does_not_suffice(own: Api, browser: Client) -> None:
    own.create(**MINUTE)
    own.set_defaults(wallet=0)
    browser.force_login(User.objects.create_superuser("ada"))
    selected = {"action": "run_again", "_selected_action": [str(Job.objects.get().pk)]}

    response = browser.post(reverse("admin:vid_trans_api_job_changelist"), selected, follow=True)

    assert "$0.0000 are left." in response.text
    assert Job.objects.count() == 1
