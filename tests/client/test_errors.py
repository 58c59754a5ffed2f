"""Errors as exception objects: pickling, and splitting groups."""

import pickle

from heygen_video_translation.client import JobFailed, JobNotFound, JobsFailed, ServerUnavailable
from heygen_video_translation.client.dialects.native import job_from_document
from tests.client.documents import FULL_JOB


def test_errors_can_be_pickled():
    job = job_from_document(FULL_JOB)
    failed = pickle.loads(pickle.dumps(JobFailed("it failed", job=job)))
    assert (str(failed), failed.job) == ("it failed", job)
    group = pickle.loads(pickle.dumps(JobsFailed("2 lost", [failed], jobs={"a": job})))
    assert group.jobs == {"a": job}
    assert group.exceptions[0].job == job


def test_jobs_failed_can_be_split_like_other_groups():
    lost = JobsFailed("lost", [JobNotFound("gone"), ServerUnavailable("down")], jobs={})
    gone, rest = lost.split(JobNotFound)
    assert isinstance(gone, JobsFailed)
    assert isinstance(rest, JobsFailed)
    assert [str(error) for error in gone.exceptions] == ["gone"]
    assert [str(error) for error in rest.exceptions] == ["down"]
