"""Fixtures of the tests of v3: a client with a key."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests.conftest import Api

KEY = "test"
TRANSLATIONS = "/v3/video-translations"
BATCHES = f"{TRANSLATIONS}/batches"
STATUSES = f"{TRANSLATIONS}/statuses"
PROOFREADS = f"{TRANSLATIONS}/proofreads"


class V3:
    """A client of v3."""

    def __init__(self, api_key: str = KEY) -> None:
        self.client = Client(headers={"X-Api-Key": api_key})

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def post(self, path: str, document: object = None, **headers: str) -> Any:
        return self.client.post(
            path,
            {} if document is None else document,
            content_type="application/json",
            headers=headers,
        )

    def put(self, path: str, document: object) -> Any:
        return self.client.put(path, document, content_type="application/json")

    def put_file(self, path: str, text: str) -> Any:
        """Send a form with a file of captions."""
        file = SimpleUploadedFile("captions.srt", text.encode())
        body = encode_multipart(BOUNDARY, {"srt": file})
        return self.client.put(path, body, content_type=MULTIPART_CONTENT)

    def delete(self, path: str) -> Any:
        return self.client.delete(path)

    def data(self, path: str) -> Any:
        """Return the data of a successful response to GET."""
        response = self.get(path)
        assert response.status_code == 200, response.content
        return response.json()["data"]

    def create(self, document: object) -> Any:
        """Create a translation; return its id."""
        response = self.post(TRANSLATIONS, document)
        assert response.status_code == 200, response.content
        return response.json()["data"]["video_translation_ids"][0]

    def create_batch(self, *items: object, **fields: object) -> str:
        """Create a batch; return its id."""
        response = self.post(BATCHES, {"video_translations": items, **fields})
        assert response.status_code == 202, response.content
        batch_id: str = response.json()["data"]["batch_id"]
        return batch_id


def video(*languages: str, url: str = "https://example.com/talk.mp4", **fields: object) -> Any:
    """Return the body for a video; keywords are more fields."""
    languages = languages or ("Spanish",)
    return {"video": {"type": "url", "url": url}, "output_languages": languages, **fields}


def simulated(*languages: str, **simulation: object) -> Any:
    """Return the body for a video whose simulation has these options."""
    return video(*languages, simulation=simulation)


def error_of(response: Any) -> tuple[int, str, str | None]:
    """Return the status, code and parameter of an error."""
    error = response.json()["error"]
    return response.status_code, error["code"], error.get("param")


@pytest.fixture
def v3(db: None) -> V3:
    return V3()


@pytest.fixture
def v3_api(db: None) -> Api:
    """Return a client of this project's own API in the workspace of `v3`."""
    return Api(api_key=KEY)
