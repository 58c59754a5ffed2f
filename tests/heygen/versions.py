"""The versions of HeyGen's API, and what all of their responses have in common."""

import re
from dataclasses import dataclass
from typing import Any, Final

from django.test import Client

KEY: Final = "test"

_DOCS: Final = "https://developers.heygen.com/docs/error-codes#"
_DEPRECATION: Final = "@1793491200"  # 1 November 2026


@dataclass(frozen=True)
class Version:
    root: str
    translations: str
    creation: dict[str, Any]
    """The body of a creation, with what is required."""

    def __str__(self) -> str:
        return self.root[1:]


V2: Final = Version(
    root="/v2",
    translations="/v2/video_translate",
    creation={"video_url": "https://example.com/talk.mp4", "output_language": "Spanish"},
)
V3: Final = Version(
    root="/v3",
    translations="/v3/video-translations",
    creation={
        "video": {"type": "url", "url": "https://example.com/talk.mp4"},
        "output_languages": ["Spanish"],
    },
)
VERSIONS: Final = (V2, V3)


class Heygen:
    """A program written for one version."""

    def __init__(self, version: Version, *, has_socket: bool = False, **headers: str) -> None:
        """`has_socket` offers the server access to the connection, as faults of it need."""
        self.version = version
        environ: dict[str, Any] = {"vid_trans_api.socket": object()} if has_socket else {}
        headers = {"X-Api-Key": KEY, "Accept": "*/*", **headers}
        self.client = Client(headers=headers, **environ)

    def get(self, path: str = "", **headers: str) -> Any:
        return self.client.get(self.version.translations + path, headers=headers)

    def post(self, document: object, path: str = "", **headers: str) -> Any:
        return self.client.post(
            self.version.translations + path,
            document,
            content_type="application/json",
            headers=headers,
        )

    def create(self, fields: dict[str, Any] | None = None, **simulation: Any) -> str:
        """Create a job and return its id; keywords are options of its simulation."""
        body = {**self.version.creation, **(fields or {}), "simulation": simulation}
        response = self.post(body)
        assert response.status_code == 200, response.content
        data = response.json()["data"]
        return str(data.get("video_translate_id") or data["video_translation_ids"][0])

    def job(self, job_id: str) -> dict[str, Any]:
        response = self.get(f"/{job_id}")
        assert response.status_code == 200, response.content
        data: dict[str, Any] = response.json()["data"]
        return data


def assert_headers(version: Version, headers: Any) -> None:
    """Check the headers that every response of a version has."""
    assert headers["Content-Type"] == "application/json"
    assert re.fullmatch("[0-9a-f]{32}", headers["X-Request-Id"])
    assert headers.get("Deprecation") == (_DEPRECATION if version is V2 else None)


def assert_error(version: Version, document: Any, code: str) -> None:
    """Check that a document is an error of this version, and of no other dialect."""
    error = document["error"]
    assert error["code"] == code
    assert isinstance(error["message"], str)
    assert error["message"]
    if version is V2:
        assert document == {
            "data": None,
            "error": {"code": code, "message": error["message"]},
        }
    else:
        assert document == {"error": error}
        assert error["doc_url"] == f"{_DOCS}{code}"
        assert set(error) <= {"code", "message", "doc_url", "param"}
