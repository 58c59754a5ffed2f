"""The admin's actions on jobs."""

import re

import pytest
from django.contrib.auth.models import Permission, User

from tests.admin.conftest import JOBS, run_action
from tests.starting import start
from vid_trans_api.models import Job
from vid_trans_api.serving.long_polls import long_polls
from vid_trans_api.simulation.options import Outcome
from vid_trans_api.snapshots import CANCELED, Failure, Status

pytestmark = pytest.mark.django_db


def test_cancel_ends_pending_jobs_and_skips_ended_ones(admin, clock):
    ended = start(seconds=1)
    pending = start()
    clock.advance(1)

    messages = run_action(admin, "cancel", ended, pending)

    assert messages == ["1 job canceled.", "1 job skipped: already ended."]
    ended.refresh_from_db()
    pending.refresh_from_db()
    assert ended.at(clock()).status is Status.COMPLETED
    assert pending.at(clock()).failure == CANCELED


def test_finish_ends_jobs_now_with_their_planned_outcome(admin, clock):
    failure = Failure(code="no_luck", message="No luck.", retryable=False)
    failing = start(outcome=Outcome.ERROR, failure=failure)
    stuck = start(outcome=Outcome.STUCK)

    messages = run_action(admin, "finish", failing, stuck)

    assert messages == ["2 jobs finished."]
    failing.refresh_from_db()
    stuck.refresh_from_db()
    assert failing.at(clock()).failure == failure
    assert stuck.at(clock()).status is Status.COMPLETED


@pytest.mark.parametrize("action", ["cancel", "finish"])
def test_action_wakes_the_jobs_long_polls(admin, clock, action, django_capture_on_commit_callbacks):
    job = start()

    with long_polls.slot(job.public_id, owner="w", limit=9) as event:
        with django_capture_on_commit_callbacks(execute=True):
            run_action(admin, action, job)

        assert event is not None
        assert event.is_set()


def test_run_again_creates_a_job_with_the_same_plan(admin, clock):
    job = start()
    clock.advance(20)

    messages = run_action(admin, "run_again", job)

    copy = Job.objects.newest_first()[0]
    assert messages == ["1 job created."]
    assert (copy.title, copy.plan, copy.created_at) == (job.title, job.plan, clock())


def test_action_on_all_jobs_is_limited_to_the_selected_ones(admin, clock):
    selected = start()
    other = start()

    run_action(admin, "cancel", selected, select_across="1")

    other.refresh_from_db()
    assert other.at(clock()).status is Status.PENDING


@pytest.mark.parametrize(
    ("permission", "expected"),
    [
        ("view_job", set()),
        ("change_job", {"cancel", "finish"}),
        ("add_job", {"run_again"}),
        ("delete_job", {"delete_selected"}),
    ],
)
def test_actions_depend_on_permissions(client, clock, permission, expected):
    start()
    user = User.objects.create_user("bob", is_staff=True)
    codenames = [permission, "view_job"]
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)

    response = client.get(JOBS)

    assert set(re.findall(r'<option value="(\w+)">', response.text)) == expected
