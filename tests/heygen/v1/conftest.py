"""Fixtures of the tests of v1."""

from typing import Any

import pytest
from django.test import Client

from tests.heygen.v3.conftest import V3
from vid_trans_api.operations import endpoints


@pytest.fixture
def v1(db: None) -> Client:
    return Client(headers={"X-Api-Key": "test"})


@pytest.fixture
def v3(db: None) -> V3:
    """Return a client of v3 in the workspace of `v1`."""
    return V3()


@pytest.fixture
def probed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs that were sent an OPTIONS request, which all fail."""
    urls: list[str] = []

    def options(url: str, **_: Any) -> None:
        urls.append(url)

    monkeypatch.setattr(endpoints, "options", options)
    return urls
