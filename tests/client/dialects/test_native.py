"""Our own API: reading its documents, and the paths of jobs."""

import datetime as dt
import json

import pytest

from heygen_video_translation.client import JobError, JobNotFound, NotSupported
from heygen_video_translation.client.dialects.native import job_from_document
from tests.client.documents import FULL_JOB, completed, pending, replies
from tests.client.server import Reply


def test_job_has_every_field_of_the_document(client, server):
    server.script = replies(FULL_JOB)
    job = client.call("get_status", "a")
    assert {name: getattr(job, name) for name in FULL_JOB} == {
        **FULL_JOB,
        "created_at": dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC),
        "finished_at": dt.datetime(2026, 11, 21, 3, 0, 9, 500_000, tzinfo=dt.UTC),
        "error": JobError(code="no_audio", message="Silent.", retryable=True),
    }
    assert job.is_finished


def test_jobs_are_frozen_and_equal_by_their_fields(client, server):
    server.script = replies(FULL_JOB)
    one, other = client.call("get_status", "a"), client.call("get_status", "a")
    assert one == other
    with pytest.raises(AttributeError):
        one.status = "pending"


def test_creation_takes_a_callback_url_and_no_other_option(client, server):
    server.script = replies(pending())
    client.call("create_job", options={"callback_url": "https://example.com/hook"})
    sent = json.loads(server.requests[0].body)
    assert sent == {"callback_url": "https://example.com/hook"}
    with pytest.raises(NotSupported, match="cannot take the options of HeyGen's API other than"):
        client.call("create_job", options={"mode": "speed"})


WRONG = ["x", {}, [], True, [1], [1, 2, 3], ["a", "b"], -1, 10**400, float("nan"), float("inf")]


@pytest.mark.parametrize("value", [*WRONG, float("-inf"), None, [5, 1], [-1, 2]], ids=str)
def test_wrong_values_in_optional_fields_do_not_stop_a_wait(client, server, value):
    names = [
        "progress",
        "estimated_time_remaining",
        "estimated_time_remaining_range",
        "title",
        "video_url",
        "target_language",
        "created_at",
        "finished_at",
        "result_url",
        "error",
    ]
    server.script = [
        Reply(body=json.dumps(pending(**dict.fromkeys(names, value))).encode()),
        *replies(completed(**{name: value for name in names if value != float("inf")})),
    ]
    assert client.call("wait_for_completion", "a").status == "completed"
    assert len(server.requests) == 2


@pytest.mark.parametrize("value", [*WRONG, float("-inf"), None], ids=str)
def test_wrong_value_is_read_as_none(value):
    assert job_from_document(pending(progress=value)).progress == (-1 if value == -1 else None)
    document = pending(created_at=value, finished_at=value, title=[value], video_url=[value])
    assert job_from_document(document) == job_from_document(pending())


@pytest.mark.parametrize(
    "estimate_range",
    [*WRONG, None, [5, 1], [-1, 2], [True, 2], [1, float("nan")], [1, float("inf")]],
    ids=str,
)
def test_wrong_range_is_read_as_none(estimate_range):
    assert job_from_document(
        pending(estimated_time_remaining_range=estimate_range)
    ) == job_from_document(pending())


def test_id_is_quoted_in_the_path(client, server):
    server.script = replies(completed("a/b?c"))
    client.call("get_status", "a/b?c")
    assert server.requests[0].path == "/vid_trans_api/jobs/a%2Fb%3Fc"


@pytest.mark.parametrize("job_id", ["", ".", ".."])
def test_id_that_would_change_the_path_is_not_job(client, server, job_id):
    with pytest.raises(JobNotFound):
        client.call("get_status", job_id)
    assert server.requests == []
