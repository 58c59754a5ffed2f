"""HeyGen's v3: the requests that the dialect makes, and the documents that it reads."""

import contextlib
import datetime as dt
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heygen_video_translation.client import (
    Asset,
    Batch,
    Conflict,
    InvalidRequest,
    Job,
    JobError,
    JobNotFound,
    Proofread,
    QuotaExceeded,
    RateLimited,
    ServerUnavailable,
    Status,
    TranslationRequest,
)
from heygen_video_translation.client.dialects.heygen_v2 import HeygenV2Dialect
from heygen_video_translation.client.dialects.heygen_v3 import HeygenV3Dialect
from heygen_video_translation.client.messages import Response, UnreadableResponse
from tests.client.heygen import V3

BASE = "https://api.heygen.com"
DIALECT = HeygenV3Dialect(base_url=BASE, api_key="secret")
V2_DIALECT = HeygenV2Dialect(base_url=BASE, api_key="secret")
TALK = TranslationRequest(
    video_url="https://example.com/talk.mp4", target_languages=["French", "German"], title="Talk"
)
FULL = {
    "id": "10c0-fr",
    "status": "completed",
    "title": "Talk",
    "output_language": "French",
    "created_at": 1767225600,
    "duration": 12.5,
    "translate_audio_only": False,
    "video_url": "https://files/v.mp4",
    "audio_url": "https://files/a.wav",
}


def response(data, status=200, **headers):
    return Response(
        status=status,
        headers=headers,
        body=json.dumps(data).encode(),
        long_poll=0,
        sent_at=0.0,
        ended_at=0.0,
    )


def error(status, code):
    return response({"error": {"code": code, "message": "No.", "param": "video.url"}}, status)


def test_creation_names_all_languages_and_has_the_key():
    [request] = DIALECT.create_jobs(
        replace(TALK, options={"mode": "precision"}), idempotency_key="a:b.c"
    )

    assert (request.method, request.url) == ("POST", BASE + V3)
    assert request.headers == {
        "Accept": "application/json",
        "X-Api-Key": "secret",
        "Idempotency-Key": "a:b.c",
        "Content-Type": "application/json",
    }
    assert json.loads(request.body or b"") == {
        "mode": "precision",
        "video": {"type": "url", "url": "https://example.com/talk.mp4"},
        "output_languages": ["French", "German"],
        "title": "Talk",
    }


def test_creation_from_an_asset_names_its_id():
    wanted = TranslationRequest(asset=Asset(id="as1"), target_languages=["French"])

    [request] = DIALECT.create_jobs(wanted, idempotency_key="a")

    assert json.loads(request.body or b"")["video"] == {"type": "asset_id", "asset_id": "as1"}


@pytest.mark.parametrize("key", ["", "a b", "é", "a\n", "x" * 256])
def test_idempotency_key_that_heygen_refuses_is_a_value_error(key):
    with pytest.raises(ValueError, match="idempotency_key"):
        DIALECT.create_jobs(TALK, idempotency_key=key)


def test_created_jobs_have_what_was_requested():
    jobs = DIALECT.read_created(response({"data": {"video_translation_ids": ["1", "2"]}}), TALK)

    assert jobs == [
        Job(
            id=job_id,
            status=Status.PENDING,
            title="Talk",
            video_url="https://example.com/talk.mp4",
            target_language=language,
        )
        for job_id, language in (("1", "French"), ("2", "German"))
    ]


def test_translation_is_read_as_job():
    assert DIALECT.read_job(response({"data": FULL})) == Job(
        id="10c0-fr",
        status=Status.COMPLETED,
        title="Talk",
        target_language="French",
        created_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        result_url="https://files/v.mp4",
        video_duration=12.5,
        is_audio_only=False,
    )


def test_result_of_a_translation_of_the_sound_is_the_sound():
    document = FULL | {"translate_audio_only": True}

    assert DIALECT.read_job(response({"data": document})).result_url == "https://files/a.wav"


def test_failed_translation_has_the_message_as_error():
    document = {"id": "1", "status": "failed", "failure_message": "No sound."}

    job = DIALECT.read_job(response({"data": document}))

    assert job.error == JobError(code="unknown", message="No sound.")


def test_unknown_status_is_kept():
    assert DIALECT.read_job(response({"data": {"id": "1", "status": "reviewing"}})).status == (
        "reviewing"
    )


def test_rows_of_statuses_are_read_by_id():
    rows = [
        {"status": "queued", "video_id": "1"},
        {"status": "failed", "video_id": "2", "error": "No sound."},
        {"status": "not_found", "video_id": "3"},
        {"status": "completed"},
    ]

    found = DIALECT.read_jobs(response({"data": rows, "has_more": False}))

    assert found.jobs == {
        "1": Job(id="1", status=Status.PENDING),
        "2": Job(
            id="2",
            status=Status.ERROR,
            error=JobError(code="unknown", message="No sound."),
        ),
    }
    assert found.not_found == {"3"}


def test_next_page_keeps_the_limit():
    request = DIALECT.list_jobs({"limit": "7", "status": "pending"}, start=None)
    second = DIALECT.next_page(request, "a+b")
    third = DIALECT.next_page(second, "c")

    assert request.url == f"{BASE}{V3}?limit=7"
    assert second.url == f"{BASE}{V3}?limit=7&token=a%2Bb"
    assert third.url == f"{BASE}{V3}?limit=7&token=c"


def test_newest_job_of_an_empty_account_is_not_found():
    with pytest.raises(JobNotFound):
        DIALECT.read_newest(response({"data": [], "has_more": False}))


def test_batch_is_read_with_its_items():
    document = {
        "batch_id": "b",
        "status": "processing",
        "title": "Talks",
        "counts_by_status": {"queued": 1, "failed": "x"},
        "items": [{"item_index": 0, "status": "queued", "video_id": "1"}],
        "has_more": True,
        "next_token": "t",
    }

    page = DIALECT.read_batch(response({"data": document}))

    assert page.next == "t"
    assert page.batch == Batch(
        id="b",
        status=Status.PENDING,
        title="Talks",
        counts={"queued": 1},
        jobs=(Job(id="1", status=Status.PENDING),),
    )


def test_proofread_is_read():
    document = {"id": "p", "status": "failed", "title": "Talk", "failure_message": "No sound."}

    assert DIALECT.read_proofread(response({"data": document})) == Proofread(
        id="p",
        status=Status.ERROR,
        title="Talk",
        error=JobError(code="unknown", message="No sound."),
    )


def test_upload_is_a_form_with_one_file():
    request = DIALECT.upload(b"\r\n--video", name='ta"lk\n.mp4', idempotency_key="a")

    boundary = request.headers["Content-Type"].removeprefix("multipart/form-data; boundary=")
    assert (
        request.body
        == (
            f"--{boundary}\r\n"
            'Content-Disposition: form-data; name="file"; filename="ta_lk_.mp4"\r\n'
            f"Content-Type: application/octet-stream\r\n\r\n\r\n--video\r\n--{boundary}--\r\n"
        ).encode()
    )


def test_file_of_an_unfinished_job_is_a_conflict():
    with pytest.raises(Conflict, match="pending, so it has no video"):
        DIALECT.read_file_url(response({"data": {"id": "1", "status": "running"}}), "video")


@pytest.mark.parametrize(
    ("status", "code", "kind", "is_retryable"),
    [
        (400, "invalid_parameter", InvalidRequest, False),
        (404, "not_found", JobNotFound, False),
        (404, "resource_not_found", InvalidRequest, False),
        (409, "conflict", Conflict, False),
        (409, "request_in_progress", Conflict, True),
        (429, "rate_limit_exceeded", RateLimited, True),
        (429, "quota_exceeded", QuotaExceeded, False),
        (500, "internal_error", ServerUnavailable, True),
    ],
)
def test_error_is_told_by_its_code_or_status(status, code, kind, is_retryable):
    refusal = error(status, code)

    assert DIALECT.error_type(refusal) is kind
    assert DIALECT.is_retryable(refusal) is is_retryable
    assert DIALECT.error_detail(refusal) == f"{code}: video.url: No."


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*FULL, "data", "error", "items", "message"]), inner)
    ),
    max_leaves=8,
)


@given(document=JSON)
@pytest.mark.parametrize(
    "read",
    [
        DIALECT.read_job,
        DIALECT.read_jobs,
        DIALECT.read_page,
        DIALECT.read_batch,
        DIALECT.read_batch_id,
        DIALECT.read_proofread,
        DIALECT.read_asset,
        lambda each: DIALECT.read_created(each, TALK),
        lambda each: DIALECT.read_proofreads(each, TALK),
        V2_DIALECT.read_job,
        lambda each: V2_DIALECT.read_created(each, TALK),
    ],
)
def test_any_json_is_read_or_unreadable(read, document):
    for body in (document, {"data": document}, {"data": [document]}):
        with contextlib.suppress(UnreadableResponse):
            read(response(body))


@given(document=JSON, status=st.integers(200, 599))
def test_any_json_may_be_that_of_an_error(document, status):
    for dialect in (DIALECT, V2_DIALECT):
        refusal = dialect.unmasked(response({"error": document}, status))
        assert issubclass(dialect.error_type(refusal), Exception)
        assert isinstance(dialect.is_retryable(refusal), bool)
        assert isinstance(dialect.error_detail(refusal), str)
