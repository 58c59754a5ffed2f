"""The webhooks of a simulator: received in the test's process, registered, and signed."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import requests
from standardwebhooks import Webhook, WebhookVerificationError

from heygen_video_translation.testing import RefusedError, TranslationSimulator
from heygen_video_translation.testing.server_process import ServerProcess
from vid_trans_api.webhooks.signing import heygen_headers, standard_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"type": "job.completed", "data": {"title": "Café"}}'


@pytest.fixture
def simulator(shared_server: ServerProcess) -> Iterator[TranslationSimulator]:
    with TranslationSimulator(shared_server.url, seed=1) as simulator:
        yield simulator


def create(
    simulator: TranslationSimulator, path: str = "/vid_trans_api/jobs", **fields: Any
) -> str:
    options = {"duration": 60, "outcome": "completed", **fields.pop("simulation", {})}
    response = requests.post(
        simulator.url + path,
        json={**fields, "simulation": options},
        headers={"X-Api-Key": simulator.api_key},
        timeout=10,
    )
    assert response.ok, response.text
    return response.text


def test_receiver_gets_events_as_the_clock_moves(simulator: TranslationSimulator) -> None:
    with simulator.webhooks.receiver() as receiver:
        job = json.loads(create(simulator))

        simulator.advance(59, settle=True)
        before = len(receiver.events)
        simulator.advance(1, settle=True)

        (event,) = receiver.events
    assert (before, event.type, event.data["id"]) == (0, "job.completed", job["id"])
    assert Webhook(receiver.secret).verify(event.body, dict(event.headers))["data"] == event.data


def test_status_of_the_handler_is_the_response(simulator: TranslationSimulator) -> None:
    statuses = iter([503, None, 200])

    with simulator.webhooks.receiver(lambda headers, body: next(statuses)) as receiver:
        create(simulator)
        create(simulator, simulation={"duration": 61})
        simulator.advance(86_400, settle=True)

    first, second, again = receiver.events
    assert [event.status for event in receiver.events] == [503, 204, 200]
    assert first.id == again.id != second.id


def test_handler_that_raises_is_logged(
    simulator: TranslationSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    def handler(headers: Mapping[str, str], body: bytes) -> None:
        raise ValueError("no such job")

    with simulator.webhooks.receiver(handler) as receiver:
        create(simulator)
        simulator.advance(60, settle=True)

    assert [event.status for event in receiver.events] == [500]
    assert "ValueError: no such job" in caplog.text


def test_handler_may_use_the_simulator(simulator: TranslationSimulator) -> None:
    with simulator.webhooks.receiver(lambda headers, body: simulator.advance(5)) as receiver:
        create(simulator)
        simulator.advance(60, settle=True)

    assert [event.status for event in receiver.events] == [204]
    assert simulator.clock() == 65


def test_extra_events_of_faults_are_received_too(simulator: TranslationSimulator) -> None:
    def handler(headers: Mapping[str, str], body: bytes) -> int:
        try:
            Webhook(receiver.secret).verify(body, dict(headers))
        except (WebhookVerificationError, ValueError):
            return 400
        return 200

    with simulator.webhooks.receiver(handler) as receiver:
        faults = [{"fault": "malformed"}, {"fault": "forged"}, {"fault": "duplicate"}]
        create(simulator, simulation={"webhooks": faults})
        simulator.advance(60, settle=True)

    assert sorted((event.type, event.status) for event in receiver.events) == [
        ("", 400),
        ("job.completed", 200),
        ("job.completed", 200),
        ("job.completed", 400),
    ]
    assert simulator.verdict()["verdict"]["clean"]


def test_receiver_of_heygens_events(simulator: TranslationSimulator) -> None:
    with simulator.webhooks.receiver(events=["video_translate.success"], kind="heygen") as receiver:
        create(
            simulator,
            "/v3/video-translations",
            video={"type": "url", "url": "https://example.com/talk.mp4"},
            output_languages=["Spanish"],
        )
        simulator.advance(60, settle=True)

    (event,) = receiver.events
    signed = simulator.webhooks.sign(event.body, secret=receiver.secret, kind="heygen")
    assert event.type == "video_translate.success"
    assert event.id.startswith("evt_")
    assert event.data["video_translate_id"]
    assert event.headers["Signature"] == signed["Signature"]


@pytest.mark.parametrize("kind", ["standard", "heygen"])
def test_what_ends_after_the_block_is_not_sent(simulator: TranslationSimulator, kind: Any) -> None:
    with simulator.webhooks.receiver(kind=kind):
        create(simulator)

    simulator.advance(86_400, settle=True)

    assert simulator.verdict()["verdict"]["violations"] == []


def test_what_ends_after_a_failed_block_is_not_sent(simulator: TranslationSimulator) -> None:
    create(simulator)
    with pytest.raises(ZeroDivisionError), simulator.webhooks.receiver():
        raise ZeroDivisionError

    simulator.advance(86_400, settle=True)

    assert simulator.verdict()["verdict"]["violations"] == []


def test_block_may_reset_the_workspace(simulator: TranslationSimulator) -> None:
    with simulator.webhooks.receiver() as receiver:
        simulator.reset(2)

    assert receiver.events == []


def test_callbacks_are_signed_with_the_secret(simulator: TranslationSimulator) -> None:
    with simulator.webhooks.receiver(register=False) as receiver:
        create(simulator, callback_url=receiver.url)
        simulator.advance(60, settle=True)

    (event,) = receiver.events
    assert receiver.secret == simulator.webhooks.secret
    assert Webhook(receiver.secret).verify(event.body, dict(event.headers))


def test_what_all_receivers_got_is_known_afterwards(simulator: TranslationSimulator) -> None:
    with simulator.webhooks.receiver() as one, simulator.webhooks.receiver(register=False) as other:
        create(simulator, callback_url=other.url)
        simulator.advance(60, settle=True)

    delivered = simulator.webhooks.delivered
    assert sorted(event.id for event in delivered) == sorted(
        event.id for event in [*one.events, *other.events]
    )
    assert len(delivered) == 2
    simulator.reset(1)
    assert simulator.webhooks.delivered == ()


def test_program_for_heygens_api_has_a_base_url(simulator: TranslationSimulator) -> None:
    response = requests.get(
        f"{simulator.heygen_url}/v3/video-translations",
        headers={"X-Api-Key": simulator.api_key},
        timeout=10,
    )

    assert response.json()["data"] == []


def test_reset_makes_the_secret_a_new_one(simulator: TranslationSimulator) -> None:
    before = simulator.webhooks.secret

    simulator.reset(2)

    assert simulator.webhooks.secret != before


def test_another_kind_is_a_value_error(simulator: TranslationSimulator) -> None:
    kind: Any = "Heygen"
    message = r"^kind must be one of standard, heygen, not 'Heygen'\.$"

    with pytest.raises(ValueError, match=message), simulator.webhooks.receiver(kind=kind):
        pass
    with pytest.raises(ValueError, match=message):
        simulator.webhooks.sign(BODY, kind=kind)


def test_url_is_registered_once(simulator: TranslationSimulator) -> None:
    endpoint = simulator.webhooks.register("http://127.0.0.1:1/hook")

    assert endpoint.secret.startswith("whsec_")
    assert endpoint.secret not in repr(endpoint)
    with pytest.raises(RefusedError, match=r"/vid_trans_api/webhooks .*409"):
        simulator.webhooks.register("http://127.0.0.1:1/hook")


@pytest.mark.parametrize(
    ("kind", "server_signs"), [("standard", standard_headers), ("heygen", heygen_headers)]
)
def test_signature_is_the_servers(
    simulator: TranslationSimulator, kind: Any, server_signs: Callable[..., dict[str, str]]
) -> None:
    signed = simulator.webhooks.sign(
        BODY, event_id="evt_1", timestamp=1614265330.9, secret=SECRET, kind=kind
    )

    expected = server_signs(
        event_id="evt_1", timestamp=1614265330, body=BODY.encode(), secret=SECRET
    )
    assert signed == {"Content-Type": "application/json", **expected}


def test_signature_is_by_default_of_now_and_with_the_secret(
    simulator: TranslationSimulator,
) -> None:
    signed = simulator.webhooks.sign(BODY)

    assert Webhook(simulator.webhooks.secret).verify(BODY, signed) == json.loads(BODY)
    old = simulator.webhooks.sign(BODY, timestamp=time.time() - 3600)
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(simulator.webhooks.secret).verify(BODY, old)
