"""Request ids: every response has one, and so has what is logged about the request."""

import logging
import re

import pytest
from django.test import Client

from tests.conftest import Api
from vid_trans_api.logs import TextFormatter

ID = "X-Request-Id"


@pytest.mark.parametrize(
    "path", ["/", "/health", "/nothing", "/vid_trans_api/jobs", "/v3/users/me", "/admin/"]
)
def test_every_response_has_an_id_of_its_own(api: Api, path: str) -> None:
    first, second = (api.client.get(path)[ID] for _ in range(2))

    assert re.fullmatch("[0-9a-f]{32}", first)
    assert first != second


@pytest.mark.parametrize(
    ("given", "is_valid"),
    [
        ("7b0f-4c.A_1", True),
        ("a" * 64, True),
        ("a" * 65, False),
        ("with space", False),
        ('"}', False),
        ("ä", False),
        ("", False),
    ],
)
def test_id_of_the_client_is_used_if_it_is_valid(
    client: Client, given: str, is_valid: bool
) -> None:
    response = client.get("/health", headers={ID: given})

    assert (response[ID] == given) is is_valid


def test_error_log_has_the_id_and_no_token(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client.raise_request_exception = False
    monkeypatch.setattr("vid_trans_api.files.authentication.read_token", None)  # a mistake
    caplog.handler.setFormatter(TextFormatter())

    client.get("/vid_trans_api/files/SECRET/talk.mp4?x=SECRET", headers={ID: "id-1"})

    entry = next(line for line in caplog.text.splitlines() if "Internal Server Error" in line)
    assert entry == "Internal Server Error: /vid_trans_api/files/…/talk.mp4 [request id-1]"


def test_entries_outside_of_requests_have_no_id() -> None:
    record = logging.makeLogRecord({"msg": "The server starts."})

    assert TextFormatter().format(record) == "The server starts."
