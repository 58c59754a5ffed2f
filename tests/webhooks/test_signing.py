"""Receivers can verify what is signed, with the libraries and the code that they use."""

import base64
import json
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from vid_trans_api.webhooks.signing import heygen_headers, new_secret, standard_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_secret_is_a_random_key_of_32_bytes() -> None:
    first, second = new_secret(), new_secret()

    assert first != second
    assert first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"), validate=True)) == 32


def test_standard_signature_is_that_of_the_specification() -> None:
    headers = standard_headers(
        event_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
        secret=SECRET,
    )

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_standard_signature_is_verified_by_the_library() -> None:
    secret, now = new_secret(), int(time.time())
    body = json.dumps({"type": "job.completed", "data": {"title": "Café"}}).encode()

    headers = standard_headers(event_id="evt_1", timestamp=now, body=body, secret=secret)

    assert Webhook(secret).verify(body, headers) == json.loads(body)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers)


def test_heygen_signature_is_that_of_openssl() -> None:
    headers = heygen_headers(
        event_id="evt_1",
        timestamp=1614265330,
        body=b'{"event_type":"video_translate.success"}',
        secret=SECRET,
    )

    # printf '%s' BODY | openssl dgst -sha256 -hmac SECRET
    signature = "40d066ddc465bf300d9ff405a1467cec95850c3cebe650d96b1ceae79e7cd926"
    assert headers == {
        "Signature": signature,
        "Heygen-Signature": signature,
        "Heygen-Timestamp": "1614265330",
        "Heygen-Event-Id": "evt_1",
    }
