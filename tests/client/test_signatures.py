"""What the clients' methods are called and take, held against the project's contract."""

import inspect

import pytest

from heygen_video_translation.client import AsyncTranslationClient, TranslationClient
from tests.client.server import completed, job

OPTIONS = (
    "base_url * api_key min_polling_interval max_polling_interval max_retries timeout"
    " request_timeout long_poll session sleep clock random experience"
)
SIGNATURES = {
    "__init__": OPTIONS,
    "create_job": "* idempotency_key **fields",
    "get_status": "job_id",
    "wait_for_completion": "job * on_update timeout",
    "watch": "job * timeout",
    "wait_for_all": "jobs * on_update timeout return_exceptions",
    "as_completed": "jobs * timeout",
    "list_jobs": "**filters",
    "cancel": "job",
    "delete": "job",
    "download": "job path on_progress",
    "close": "",
}


def taken(method):
    """Return the names of what a method takes; what follows a star goes by name alone."""
    names = []
    for parameter in list(inspect.signature(method).parameters.values())[1:]:
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in names:
            names.append("*")
        names.append("**" * (parameter.kind is parameter.VAR_KEYWORD) + parameter.name)
    return " ".join(names)


@pytest.mark.parametrize("kind", [TranslationClient, AsyncTranslationClient])
def test_methods_are_called_and_take_what_the_contract_says(kind):
    methods = {name: method for name, method in vars(kind).items() if inspect.isfunction(method)}
    public = {name: taken(method) for name, method in methods.items() if name[0] != "_"}
    assert {"__init__": taken(methods["__init__"]), **public} == SIGNATURES


def test_status_is_asked_for_by_the_name_of_the_contract(client, server):
    server.script = job(completed())
    assert client.call("get_status", job_id="a").id == "a"
