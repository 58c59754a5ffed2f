"""Which signatures of webhooks are genuine: a pure function of headers, body, secret and time."""

import base64
import hmac
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from heygen_video_translation.client import InvalidWebhook
from heygen_video_translation.client.webhook_signatures import TOLERANCE, verified_id
from tests.client.webhooks import NOW, OTHER_SECRET, SECRET, heygen, standard

BOTH_KINDS = pytest.mark.parametrize("signed", [standard, heygen])
EXAMPLE = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
"""The example of Standard Webhooks."""


def refusal(headers, body, *, secret=SECRET, now=NOW):
    with pytest.raises(InvalidWebhook) as caught:
        verified_id(headers, body, secret=secret, now=now)
    return str(caught.value)


def test_example_of_standard_webhooks_is_genuine():
    event_id = verified_id(EXAMPLE, b'{"test": 2432232314}', secret=SECRET, now=1614265330)
    assert event_id == "msg_p5jXN8AQM9LWM0D4loKWxJek"


@given(body=st.text(), at=st.integers(0, 2**36), padding=st.booleans())
def test_signature_of_the_reference_library_is_genuine(body, at, padding):
    secret = OTHER_SECRET if padding else OTHER_SECRET.rstrip("=")
    headers = {
        "Webhook-Id": "evt_1",
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": Webhook(secret).sign("evt_1", datetime.fromtimestamp(at, UTC), body),
    }
    assert verified_id(headers, body.encode(), secret=secret, now=at) == "evt_1"


@pytest.mark.parametrize("name", ["Signature", "Heygen-Signature"])
def test_signature_of_heygen_is_genuine_in_either_header_and_identifies_the_event(name):
    headers, body = heygen({})
    sent_again, _ = heygen({}, event_id="evt_2", at=NOW + 3600)
    assert verified_id({name: headers[name]}, body, secret=SECRET, now=NOW) == headers[name]
    assert verified_id(sent_again, body, secret=SECRET, now=NOW) == headers[name]


@BOTH_KINDS
def test_another_secret_or_body_is_refused(signed):
    headers, body = signed({"a": 1})
    assert refusal(headers, body, secret=OTHER_SECRET) == "the signature of the webhook is wrong"
    assert refusal(headers, body + b" ") == "the signature of the webhook is wrong"
    assert refusal({}, body).startswith("the webhook is not signed")


@BOTH_KINDS
@given(text=st.text(), name=st.sampled_from(["webhook-signature", "Signature", "webhook-id"]))
def test_any_other_header_is_refused(signed, text, name):
    headers, body = signed({})
    for other in ("Signature", "Heygen-Signature", "webhook-signature"):
        headers.pop(other, None)
    refusal({**headers, name: text}, body)


def test_one_of_several_signatures_is_enough():
    headers, body = standard({})
    other, _ = standard({}, secret=OTHER_SECRET)
    both = f"v1a,x {other['webhook-signature']} {headers['webhook-signature']}"
    assert verified_id({**headers, "webhook-signature": both}, body, secret=SECRET, now=NOW)


def test_id_and_time_of_standard_webhooks_are_signed():
    headers, body = standard({})
    assert "wrong" in refusal({**headers, "webhook-id": "evt_2"}, body)
    assert "wrong" in refusal({**headers, "webhook-timestamp": str(NOW + 1)}, body)


def test_signed_time_is_at_most_five_minutes_off():
    headers, body = standard({})
    for now in (NOW - TOLERANCE, NOW + TOLERANCE):
        assert verified_id(headers, body, secret=SECRET, now=now) == "evt_1"
    assert refusal(headers, body, now=NOW + 301) == (
        "the webhook is 301 s old, which is more than 300 s"
    )
    assert "301 s in the future" in refusal(headers, body, now=NOW - 301)


def test_time_that_is_no_number_is_refused():
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, b"evt_1.nan.{}", "sha256")).decode()
    headers = {"webhook-id": "evt_1", "webhook-timestamp": "nan"}
    headers["webhook-signature"] = f"v1,{signature}"
    assert refusal(headers, b"{}") == "the time of the webhook is 'nan', not a number"


def test_secret_of_another_format_verifies_heygens_webhooks_only():
    headers, body = heygen({}, secret="any text")
    assert verified_id(headers, body, secret="any text", now=NOW)
    assert "secret is not one of these" in refusal(*standard({}), secret="any text")


@pytest.mark.parametrize("secret", ["", "whsec_"])
def test_empty_secret_is_a_mistake(secret):
    with pytest.raises(ValueError, match="secret must not be empty"):
        verified_id(*heygen({}), secret=secret, now=NOW)
