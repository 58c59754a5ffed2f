"""Errors as exception objects: pickling, and splitting groups."""

import pickle

import pytest

from heygen_video_translation.client import (
    Job,
    JobError,
    JobFailed,
    JobNotFound,
    PollingTimeout,
    ServerUnavailable,
    TranslationClientError,
    WaitFailed,
    WaitTimedOut,
)
from heygen_video_translation.client.dialects.native import job_from_document
from tests.client.documents import FULL_JOB


def test_errors_can_be_pickled():
    job = job_from_document(FULL_JOB)
    failed = pickle.loads(pickle.dumps(JobFailed("it failed", job=job)))
    assert (str(failed), failed.job, failed.detail) == ("it failed", job, "it failed")


def test_job_failed_has_the_error_of_the_job():
    failed = JobFailed("it failed", job=job_from_document(FULL_JOB))
    assert failed.error == JobError(code="no_audio", message="Silent.", retryable=True)


def test_job_failed_has_an_error_even_if_the_job_has_none():
    failed = JobFailed("it failed", job=Job(id="a", status="error"))
    assert failed.error == JobError(code="unknown", message="the server gave no reason")


@pytest.mark.parametrize("kind", [WaitFailed, WaitTimedOut])
def test_groups_can_be_pickled(kind):
    job = job_from_document(FULL_JOB)
    group = kind("2 failed", [PollingTimeout("late", job=job)], jobs={"a": job})
    loaded = pickle.loads(pickle.dumps(group))
    assert (type(loaded), loaded.detail, loaded.jobs) == (kind, "2 failed", {"a": job})
    assert loaded.exceptions[0].job == job


def test_wait_failed_can_be_split_like_other_groups():
    failed = WaitFailed("failed", [JobNotFound("gone"), ServerUnavailable("down")], jobs={})
    gone, rest = failed.split(JobNotFound)
    assert isinstance(gone, WaitFailed)
    assert isinstance(rest, WaitFailed)
    assert [str(error) for error in gone.exceptions] == ["gone"]
    assert [str(error) for error in rest.exceptions] == ["down"]


def test_except_star_separates_the_timeouts_of_a_wait():
    caught: list[BaseException] = []
    try:
        raise WaitFailed("failed", [JobNotFound("gone"), PollingTimeout("late")])
    except* PollingTimeout as timeouts:
        caught.append(timeouts)
    except* TranslationClientError as others:
        caught.append(others)
    assert [type(group) for group in caught] == [WaitTimedOut, WaitFailed]
