"""HeyGen's v2: the requests that the dialect makes, and the documents that it reads."""

import json

import pytest

from heygen_video_translation.client import (
    Job,
    JobError,
    NotSupported,
    Status,
    TranslationRequest,
)
from heygen_video_translation.client.dialects.heygen_v2 import HeygenV2Dialect
from tests.client.dialects.test_heygen_v3 import BASE, response
from tests.client.heygen import V2

DIALECT = HeygenV2Dialect(base_url=BASE, api_key="secret")


@pytest.mark.parametrize(
    ("languages", "named"),
    [
        (["French"], {"output_language": "French"}),
        (["French", "German"], {"output_languages": ["French", "German"]}),
    ],
)
def test_creation_speaks_v2(languages, named):
    wanted = TranslationRequest(
        video_url="https://example.com/talk.mp4",
        target_languages=languages,
        options={"mode": "precision"},
    )

    [request] = DIALECT.create_jobs(wanted, idempotency_key="a")

    assert request.url == BASE + V2
    expected = {"video_url": "https://example.com/talk.mp4", "mode": "quality", **named}
    assert json.loads(request.body or b"") == expected


def test_option_that_v2_would_ignore_is_not_supported():
    wanted = TranslationRequest(options={"enable_caption": True})

    with pytest.raises(NotSupported, match="cannot take the option enable_caption"):
        DIALECT.create_jobs(wanted, idempotency_key="a")


@pytest.mark.parametrize(
    "data",
    [
        {"video_translate_id": "1"},
        {"video_translate_id": None, "video_translate_ids": ["1"]},
    ],
    ids=["one", "list"],
)
def test_created_job_is_read_from_either_field(data):
    wanted = TranslationRequest(target_languages=["French"])

    jobs = DIALECT.read_created(response({"error": None, "data": data}), wanted)

    assert jobs == [Job(id="1", status=Status.PENDING, target_language="French")]


def test_success_is_completed_with_its_url():
    data = {"video_translate_id": "1", "title": None, "status": "success", "url": "https://v"}

    job = DIALECT.read_job(response({"error": None, "data": data}))

    assert job == Job(id="1", status=Status.COMPLETED, result_url="https://v")


def test_failure_has_the_message_as_error():
    data = {"video_translate_id": "1", "status": "failed", "url": None, "message": "No sound."}

    job = DIALECT.read_job(response({"error": None, "data": data}))

    assert job.error == JobError(code="unknown", message="No sound.")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (None, 200),
        ({"code": "internal_error", "message": "No."}, 500),
        ({"code": "not_found", "message": "No."}, 404),
        ({"message": "No."}, 500),
    ],
)
def test_error_with_status_200_gets_the_status_of_its_code(error, status):
    assert DIALECT.unmasked(response({"error": error, "data": {}})).status == status
