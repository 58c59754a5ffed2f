"""What the methods of both clients are called, and which arguments they take."""

import inspect

import pytest

from heygen_video_translation.client import AsyncTranslationClient, TranslationClient
from heygen_video_translation.client.asynchronous_groups import AsyncBatches, AsyncProofreads
from heygen_video_translation.client.blocking_groups import Batches, Proofreads
from tests.client.documents import completed, replies

OPTIONS = (
    "base_url * api_key dialect min_polling_interval max_polling_interval max_retries"
    " timeout request_timeout long_poll webhooks session sleep clock wall_clock random experience"
    " store"
)
SIGNATURES = {
    "__init__": OPTIONS,
    "create_job": (
        "* video_url asset title target_language simulation options video_duration"
        " idempotency_key timeout"
    ),
    "start": (
        "* video_url asset title target_language simulation options video_duration"
        " idempotency_key timeout"
    ),
    "create_jobs": (
        "* target_languages video_url asset title simulation options video_duration"
        " idempotency_key timeout"
    ),
    "upload": "path",
    "get_status": "job_id",
    "get_newest_job": "",
    "wait_for_completion": "job * on_update timeout stop",
    "watch": "job * timeout stop",
    "wait_for_all": "jobs * on_update timeout stop return_exceptions",
    "as_completed": "jobs * timeout stop",
    "translate": (
        "path * to video_url save_as title simulation options video_duration idempotency_key"
        " on_update timeout stop"
    ),
    "notify": "job",
    "receive": "headers body * secret",
    "with_options": "* timeout request_timeout max_retries headers",
    "list_jobs": "* status target_language limit cursor",
    "cancel": "job",
    "rename": "job title",
    "delete": "job",
    "download": "job path on_progress * kind",
    "close": "",
}


def arguments(method):
    """Return the names of a method's arguments; those after a star are keyword-only."""
    names = []
    for parameter in list(inspect.signature(method).parameters.values())[1:]:
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in names:
            names.append("*")
        names.append(parameter.name)
    return " ".join(names)


def signatures(kind):
    """Return the arguments of each public method, and of the constructor."""
    methods = dict(inspect.getmembers(kind, inspect.isfunction))
    public = {name: arguments(method) for name, method in methods.items() if name[0] != "_"}
    return {"__init__": arguments(methods["__init__"]), **public}


def test_methods_and_arguments_are_those_documented():
    assert signatures(TranslationClient) == SIGNATURES


def test_awaiting_client_has_a_driver_and_no_stop_events():
    without_stop = {name: words.replace(" stop", "") for name, words in SIGNATURES.items()}
    with_driver = OPTIONS.replace("session", "driver session")
    assert signatures(AsyncTranslationClient) == {**without_stop, "__init__": with_driver}


@pytest.mark.parametrize(
    ("blocking", "awaiting"), [(Batches, AsyncBatches), (Proofreads, AsyncProofreads)]
)
def test_groups_of_both_clients_have_the_same_methods(blocking, awaiting):
    assert signatures(awaiting) == signatures(blocking)


def test_get_status_takes_the_id_by_name(client, server):
    server.script = replies(completed())
    assert client.call("get_status", job_id="a").id == "a"
