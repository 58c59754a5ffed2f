"""What `receive` makes of webhooks, and which of them it refuses."""

import logging

import pytest

from heygen_video_translation.client import InvalidWebhook, TranslationClient, WebhookEvent
from tests.client.webhooks import NOW, OTHER_SECRET, SECRET, heygen, job_completed, standard
from vid_trans_api.webhooks.signing import heygen_headers

URL = "http://127.0.0.1:1"


def receive(webhook, *, secret=SECRET, now=NOW):
    headers, body = webhook
    with TranslationClient(URL, wall_clock=lambda: now) as client:
        return client.receive(headers, body, secret=secret)


def test_event_of_standard_webhooks_says_which_job_has_ended():
    assert receive(job_completed("a")) == WebhookEvent(
        id="evt_1",
        type="job.completed",
        job_ids=("a",),
        is_end=True,
        data={"id": "a", "status": "completed"},
    )


@pytest.mark.parametrize(
    "kind",
    [
        "video_translate.success",
        "video_translate.fail",
        "video_translate.preflight.validation_failed",
        "video_translate.preflight.download_failed",
    ],
)
@pytest.mark.parametrize(
    "ids",
    [
        {"video_translate_id": "a"},
        {"video_translation_id": "a"},
        {"video_translate_id": "a", "video_translation_id": "a"},
    ],
)
def test_event_of_heygen_says_which_job_has_ended(kind, ids):
    event = receive(heygen({"event_type": kind, "event_data": ids}))
    assert (event.type, event.job_ids, event.is_end) == (kind, ("a",), True)


def test_event_of_a_proofread_says_which_has_ended():
    data = {"proofread_id": "p", "callback_id": None}
    event = receive(heygen({"event_type": "proofread_creation.fail", "event_data": data}))
    assert (event.job_ids, event.is_end) == (("p",), True)


@pytest.mark.parametrize("kind", ["avatar_video.success", "test"])
def test_event_of_something_else_is_no_end(kind):
    event = receive(standard({"type": kind, "data": {"id": "a"}}))
    assert (event.job_ids, event.is_end) == ((), False)


@pytest.mark.parametrize("document", [[], "text", {}, {"type": 1}, {"type": "x", "data": [1]}])
def test_body_that_is_no_event_is_refused(document):
    with pytest.raises(InvalidWebhook, match="the body of the webhook is not an event"):
        receive(standard(document))


def test_body_that_is_cut_off_is_refused():
    half = job_completed()[1][:20]
    headers = heygen_headers(event_id="evt_1", timestamp=NOW, body=half, secret=SECRET)
    with pytest.raises(InvalidWebhook, match="the body of the webhook is not JSON"):
        receive((headers, half))


def test_refused_webhook_is_logged(caplog):
    with caplog.at_level(logging.WARNING), pytest.raises(InvalidWebhook):
        receive(job_completed(secret=OTHER_SECRET))
    assert caplog.messages == ["ignored a webhook: the signature of the webhook is wrong"]


def test_body_as_text_is_a_mistake():
    headers, body = job_completed()
    with pytest.raises(TypeError, match="body must be the bytes that arrived, not a str"):
        receive((headers, body.decode()))
