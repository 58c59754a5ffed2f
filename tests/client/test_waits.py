"""What a wait in progress knows of its jobs."""

from heygen_video_translation.client import Job
from heygen_video_translation.client.waits import Waits


def test_wait_forgets_a_job_that_leaves_it():
    waits = Waits()
    with waits.add(["a", "b"]) as wait:
        waits.notify(["a"], event_id="event")
        waits.report(Job(id="a", status="completed"))
        waits.leave(wait, "a")
        assert (wait.job_ids, wait.notified, wait.ended) == ({"b"}, set(), {})
        waits.join(wait, ["a"])
        assert wait.notified == {"a"}
