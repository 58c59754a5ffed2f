"""Which bodies are refused, and what becomes of one that is cut off."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.conftest import API, Api
from vid_trans_api.http.bodies import BodyCutOff, CompleteBody, path_of, refusal_of
from vid_trans_api.models import Job

LIMIT = 2_621_440
LARGEST_UPLOAD = (32 * 1024 + 64) * 1024


def post(path: str, stream: Any, length: int, **options: Any) -> Any:
    """Send a request whose body is this stream, which need not have the announced length."""
    options |= {"wsgi.input": stream, "CONTENT_LENGTH": str(length)}
    return Client().generic("POST", path, **options)


def post_cut_off(part: bytes) -> Any:
    """Announce 100 bytes, and send only these."""
    return post(
        f"{API}/jobs",
        CompleteBody(BytesIO(part), 100),
        100,
        content_type="application/json",
        headers={"Idempotency-Key": "a"},
    )


@pytest.mark.parametrize(
    ("content_length", "transfer_encoding", "status"),
    [
        ("", "", None),
        ("0", "", None),
        (str(LIMIT), "", None),
        (str(LIMIT + 1), "", 413),
        ("9" * 5_000, "", 413),
        ("two", "", None),
        ("", "chunked", 411),
    ],
)
def test_body_is_refused_by_what_its_head_announces(
    content_length: str, transfer_encoding: str, status: int | None
) -> None:
    refusal = refusal_of(
        method="POST",
        path=f"{API}/jobs",
        content_length=content_length,
        transfer_encoding=transfer_encoding,
    )

    assert (refusal and refusal.status) == status


@pytest.mark.parametrize(
    ("method", "path", "length", "status"),
    [
        ("POST", "/vid_trans_api/assets", LARGEST_UPLOAD, None),
        ("POST", "/vid_trans_api/assets", LARGEST_UPLOAD + 1, 413),
        ("POST", "/v3/assets", LARGEST_UPLOAD, None),
        ("PUT", "/v3/video-translations/proofreads/a/srt", LARGEST_UPLOAD, None),
        ("PUT", "/v3/video-translations/proofreads/a/b/srt", LIMIT + 1, 413),
        ("PUT", "/vid_trans_api/assets", LIMIT + 1, 413),
        ("POST", "/vid_trans_api/assets/", LIMIT + 1, 413),
        ("POST", "/x/vid_trans_api/assets", LIMIT + 1, 413),
    ],
)
def test_only_paths_of_uploads_accept_larger_bodies(
    method: str, path: str, length: int, status: int | None
) -> None:
    refusal = refusal_of(method=method, path=path, content_length=str(length), transfer_encoding="")

    assert (refusal and refusal.status) == status


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a/b?c=/d", "/a/b"),
        ("/%61/b", "/a/b"),
        ("http://localhost:8000/a/b?c", "/a/b"),
        ("http://localhost?a/b", "/"),
        ("*", "/"),
        ("", "/"),
    ],
)
def test_path_of_a_target_is_what_views_see(target: str, path: str) -> None:
    assert path_of(target) == path


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a%20b/c?d=/a%20b", "/c"),
        ("http://localhost:8000/a%20b/c", "/c"),
        ("/a%20b", ""),
        ("/c/a%20b", "/c/a b"),
    ],
)
def test_path_of_a_target_is_without_what_the_server_runs_below(target: str, path: str) -> None:
    assert path_of(target, below="/a%20b") == path


def test_complete_body_is_read_as_it_is() -> None:
    body = CompleteBody(BytesIO(b"ab\ncdef and the next request"), 7)

    assert (body.readline(), body.read(2), body.read(), body.read()) == (b"ab\n", b"cd", b"ef", b"")


@pytest.mark.parametrize("size", [-1, 7, 100])
def test_body_that_ends_early_cannot_be_read(size: int) -> None:
    body = CompleteBody(BytesIO(b"abc"), 7)

    with pytest.raises(BodyCutOff, match="The body ends after 3 of 7 bytes"):
        body.read(size)


def test_line_of_a_body_that_ends_early_cannot_be_read() -> None:
    body = CompleteBody(BytesIO(b"abc"), 7)

    with pytest.raises(BodyCutOff, match="The body ends after 3 of 7 bytes"):
        body.readline()


@pytest.mark.parametrize("part", [b"", b"{}", b'{"title": "a"}'])
def test_request_with_a_body_that_is_cut_off_creates_nothing(db: None, part: bytes) -> None:
    response = post_cut_off(part)

    assert (response.status_code, Job.objects.count()) == (400, 0)
    assert f"The body ends after {len(part)} of 100 bytes." in response.text


def test_idempotency_key_of_a_body_that_was_cut_off_is_free(api: Api) -> None:
    post_cut_off(b"{}")

    response = api.post("/jobs", {"title": "a"}, **{"Idempotency-Key": "a"})

    assert response.status_code == 202


@pytest.mark.parametrize("path", ["/", "/key", "/admin/login/", f"{API}/jobs", "/nowhere"])
def test_body_that_is_too_large_is_not_read(path: str) -> None:
    stream = BytesIO(b"a" * (LIMIT + 1))

    response = post(path, stream, LIMIT + 1, content_type="multipart/form-data; boundary=b")

    assert (response.status_code, stream.tell()) == (413, 0)


@pytest.mark.parametrize("path", ["/", "/key", "/admin/login/"])
def test_form_with_a_file_is_refused(db: None, path: str) -> None:
    client = Client(raise_request_exception=False)

    response = client.post(path, {"file": SimpleUploadedFile("a.mp4", b"a")})

    assert response.status_code == 400


def test_form_in_parts_without_a_file_is_accepted(client: Client, db: None) -> None:
    response = client.post("/key", {"key": "mine"})

    assert response.status_code == 302
