"""Running a job again."""

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job
from vid_trans_api.operations import run_again


def test_job_run_again_follows_the_same_plan(api: Api, clock: SetClock) -> None:
    first = api.create({"title": "One", "target_language": "French"})
    clock.advance(100)

    job = run_again(Job.objects.get())

    second = api.job(job.public_id)
    changed = {name for name in first if first[name] != second[name]}
    assert changed == {"id", "created_at"}
