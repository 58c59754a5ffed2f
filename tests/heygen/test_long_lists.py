"""A long list is refused by its length, and a response lists few of many errors."""

import json
import time
from typing import Any

import pytest
from django.test import Client

from tests.heygen.versions import KEY, V2, V3

MOST_SECONDS = 0.5
MOST_BYTES = 20_000

BATCHES = f"{V3.translations}/batches"


def with_languages(*languages: str) -> dict[str, Any]:
    return {**V3.creation, "output_languages": languages}


def with_voices(*ids: object) -> dict[str, Any]:
    return {**V3.creation, "stock_voice_config": {"preferred_stock_voice_ids": ids}}


BODIES = {
    "empty items": (BATCHES, {"video_translations": [{}] * 200_000}),
    "items with wrong languages": (
        BATCHES,
        {"video_translations": [with_languages(*["Spanis"] * 100)] * 100},
    ),
    "items with too many languages": (
        BATCHES,
        {"video_translations": [with_languages(*["Spanish"] * 100)] * 100},
    ),
    "languages of v3": (V3.translations, with_languages(*["Spanis"] * 200_000)),
    "languages of v2": (
        V2.translations,
        {**V2.creation, "output_languages": ["Spanis"] * 200_000},
    ),
    "languages that are similar to many": (
        V3.translations,
        with_languages(*["English (United Spain)"] * 100),
    ),
    "a long language": (V3.translations, with_languages("S" * 2_000_000)),
    "voices": (V3.translations, with_voices(*[5] * 200_000)),
    "few voices with errors": (V3.translations, with_voices(*[5] * 100)),
    "unknown fields with long names": (
        V3.translations,
        {**V3.creation, "simulation": {f"{number}{'x' * 90_000}": 1 for number in range(25)}},
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_body_with_many_errors_is_refused_quickly_and_briefly(db: None, name: str) -> None:
    path, document = BODIES[name]
    body = json.dumps(document).encode()
    client = Client(headers={"X-Api-Key": KEY})
    client.post(path, b"{}", content_type="application/json")  # imports what views need

    started_at = time.process_time()
    response = client.post(path, body, content_type="application/json")
    seconds = time.process_time() - started_at

    assert response.status_code == 400
    assert len(response.content) < MOST_BYTES
    assert seconds < MOST_SECONDS


@pytest.mark.parametrize(
    ("path", "document", "param"),
    [
        (BATCHES, {"video_translations": [{}] * 101}, "video_translations"),
        (V3.translations, with_languages(*["x"] * 101), "output_languages"),
        (
            V3.translations,
            with_voices(*[5] * 101),
            "stock_voice_config.preferred_stock_voice_ids",
        ),
    ],
)
def test_too_long_list_is_named_with_its_length(
    db: None, path: str, document: dict[str, Any], param: str
) -> None:
    client = Client(headers={"X-Api-Key": KEY})

    response = client.post(path, document, content_type="application/json")

    error = response.json()["error"]
    assert error["param"] == param
    assert error["message"] == f"{param}: These are 101 items; at most 100 are allowed."
