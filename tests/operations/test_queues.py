"""Jobs that wait for their turn, and what plans the queue again."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.admin.sites import site
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import NEW_YEAR, Api, SetClock
from vid_trans_api import clock
from vid_trans_api.engines import CannotUpdate, JobUpdate
from vid_trans_api.models import Job, Workspace, digest_of
from vid_trans_api.models.changes import job_changed
from vid_trans_api.operations import (
    Creation,
    JobRequest,
    RequestContext,
    WhenBusy,
    cancel_job,
    create_jobs,
    delete_job,
    finish_job,
    update_job,
)
from vid_trans_api.operations.concurrency import plan_queue_of
from vid_trans_api.operations.defaults import clear_defaults, update_defaults
from vid_trans_api.operations.prune import prune
from vid_trans_api.simulation.clocks import LATEST
from vid_trans_api.simulation.options import Outcome, SimulationOptions
from vid_trans_api.snapshots import Status


@pytest.fixture(autouse=True)
def two_at_once(settings) -> None:
    settings.HEYGEN_MAX_CONCURRENT_JOBS = 2


def requests(*spans: float | None, queued: float = 0) -> list[JobRequest]:
    """Return requests for jobs that run so many seconds, or for ever."""
    options = [
        SimulationOptions(outcome=Outcome.STUCK)
        if span is None
        else SimulationOptions(outcome=Outcome.COMPLETED, duration=(span, span), queued=queued)
        for span in spans
    ]
    return [JobRequest(options={"simulation": each}) for each in options]


def create(
    *spans: float | None, when_busy: WhenBusy = WhenBusy.WAIT, queued: float = 0
) -> list[Job]:
    context = RequestContext(key_digest="", has_socket=False)
    created = create_jobs(context, requests(*spans, queued=queued), when_busy=when_busy)
    assert isinstance(created, Creation)
    return [state.job for state in created.states]


def begins() -> list[float | None]:
    """Return when each job begins, in seconds since the new year; None if that is unknown."""
    return [
        None if at is None else (at - NEW_YEAR).total_seconds()
        for at in (
            job.begins_at if job.is_queued else job.created_at
            for job in Job.objects.order_by("number")
        )
    ]


def test_start_and_end_of_a_waiting_job_are_stored(db: None, clock: SetClock) -> None:
    *_, waiting = create(10, 20, 30, queued=0.5)

    job = Job.objects.get(pk=waiting.pk)
    assert (job.is_queued, job.outcome) == (True, Status.COMPLETED)
    at = (job.begins_at, job.started_at, job.finishes_at)
    assert [(each - NEW_YEAR).total_seconds() for each in at if each] == [10, 25, 40]


def test_turns_follow_from_the_ends_of_the_jobs_before(db: None, clock: SetClock) -> None:
    create(10, 20, 30, 5)
    create(5)

    assert begins() == [0, 0, 10, 20, 25]


def test_turn_behind_stuck_jobs_is_unknown(db: None, clock: SetClock) -> None:
    create(10, None, None, 5)
    clock.advance(100)

    job = Job.objects.latest("number")
    assert begins() == [0, 0, 10, None]
    assert (job.started_at, job.finishes_at, job.outcome) == (None, None, "")
    assert (job.at(clock()).status, job.at(clock()).has_started) == (Status.PENDING, False)


CHANGES: dict[str, tuple[Callable[[list[Job]], object], list[float | None]]] = {
    "cancel": (lambda jobs: cancel_job(jobs[0]), [0, 0, 5, 20, 35]),
    "finish": (lambda jobs: finish_job(jobs[0]), [0, 0, 5, 20, 35]),
    "delete": (lambda jobs: delete_job(jobs[0]), [0, 5, 20, 35]),
    "shorten": (lambda jobs: update_job(jobs[0], JobUpdate(duration=7)), [0, 0, 7, 20, 37]),
    "extend": (lambda jobs: update_job(jobs[1], JobUpdate(duration=50)), [0, 0, 10, 40, 50]),
    "make stuck": (
        lambda jobs: update_job(jobs[0], JobUpdate(outcome=Outcome.STUCK)),
        [0, 0, 20, 50, 80],
    ),
    "cancel one that waits": (lambda jobs: cancel_job(jobs[2]), [0, 0, 10, 10, 20]),
    "raise the limit": (
        lambda _: update_defaults("", {}, {"max_concurrent_jobs": 3}),
        [0, 0, 5, 10, 20],
    ),
    "lower the limit": (
        lambda _: update_defaults("", {}, {"max_concurrent_jobs": 1}),
        [0, 0, 20, 50, 80],
    ),
    "remove the limit": (
        lambda _: update_defaults("", {}, {"max_concurrent_jobs": 0}),
        [0, 0, 5, 5, 5],
    ),
    "clear the defaults": (lambda _: clear_defaults(""), [0, 0, 10, 20, 40]),
    "create one that does not wait": (
        lambda _: create(100, when_busy=WhenBusy.RUN),
        [0, 0, 20, 50, 80, 5],
    ),
}
"""What changes the queue at 5 s, and when the jobs begin then."""


@pytest.mark.parametrize("change", CHANGES)
def test_change_plans_the_queue_again(db: None, clock: SetClock, change: str) -> None:
    act, expected = CHANGES[change]
    jobs = create(10, 20, 30, 30, 30)
    assert begins() == [0, 0, 10, 20, 40]
    clock.advance(5)

    act(jobs)

    assert begins() == expected


def test_job_whose_turn_has_come_keeps_it(db: None, clock: SetClock) -> None:
    create(10, 20, 30, 30)
    clock.advance(10)

    finish_job(Job.objects.order_by("number")[1])

    assert begins() == [0, 0, 10, 10]


def test_waiting_job_can_be_finished_and_updated(db: None, clock: SetClock) -> None:
    *_, shortened, finished = create(10, 20, 30, 30)

    update_job(shortened, JobUpdate(duration=4))
    clock.advance(1)
    finish_job(finished)

    stored = Job.objects.order_by("number").values_list("finishes_at", flat=True)
    ends = [(end - NEW_YEAR).total_seconds() for end in stored if end]
    assert ends == [10, 20, 14, 1]
    assert Job.objects.get(pk=finished.pk).at(clock()).status is Status.COMPLETED


def test_stuck_job_that_is_pruned_lets_others_begin(db: None, clock: SetClock) -> None:
    create(None, None)
    clock.advance(86_400)
    create(5)

    prune(days=0.5, server_time=clock())

    assert begins() == [86_400]


def test_job_that_the_admin_deletes_lets_others_begin(db: None, clock: SetClock) -> None:
    create(None, None, 5)
    clock.advance(1)

    site.get_model_admin(Job).delete_model(RequestFactory().post("/"), Job.objects.earliest("pk"))

    assert begins() == [0, 1]


def test_plan_of_a_deleted_workspace_is_nothing_to_do(db: None) -> None:
    workspace = Workspace.objects.stored(digest_of("x"))
    Workspace.objects.all().delete()

    plan_queue_of(workspace)

    assert Workspace.objects.count() == 0


def test_reading_a_waiting_job_writes_nothing(
    api: Api, clock: SetClock, django_assert_num_queries
) -> None:
    *_, waiting = create(10, 10, 10)
    clock.advance(12)

    with django_assert_num_queries(1):
        api.job(waiting.public_id)


def test_progress_of_a_waiting_job_never_falls_and_its_estimate_counts_down(
    api: Api, clock: SetClock
) -> None:
    *_, waiting = create(10, 10, 30)
    seen = []
    for _ in range(42):
        seen.append(api.job(waiting.public_id))
        clock.advance(1)

    progress = [job["progress"] for job in seen]
    waits = [job["estimated_time_remaining"] for job in seen[:11]]
    assert progress[:11] == [0] * 11
    assert progress == sorted(progress)
    assert [round(before - after, 3) for before, after in pairwise(waits)] == [1] * 10
    assert (seen[-1]["status"], seen[-1]["progress"]) == ("completed", 1)


def test_job_behind_stuck_ones_has_no_estimate(api: Api, clock: SetClock) -> None:
    first, *_, waiting = create(None, None, 30)
    clock.advance(10)
    before = api.job(waiting.public_id)

    cancel_job(first)
    after = api.job(waiting.public_id)

    assert (before["progress"], before["estimated_time_remaining"]) == (None, None)
    assert (after["progress"], after["estimated_time_remaining"] is None) == (0, False)


def test_all_jobs_that_wait_are_stored_at_once(
    db: None, clock: SetClock, django_assert_max_num_queries
) -> None:
    first, *_ = create(*[10.0] * 202)
    clock.advance(5)

    with django_assert_max_num_queries(13):
        cancel_job(first)

    assert begins()[-2:] == [995, 1000]


def test_change_is_published_for_those_jobs_whose_turn_changes(
    db: None, clock: SetClock, django_capture_on_commit_callbacks
) -> None:
    jobs = create(10, 20, 30, 30, 30)
    changed = []

    def note(*, job_id: str, **_: object) -> None:
        changed.append(job_id)

    job_changed.connect(note)
    with django_capture_on_commit_callbacks(execute=True):
        cancel_job(jobs[3])

    assert changed == [jobs[3].public_id, jobs[4].public_id]


@pytest.mark.parametrize(("change", "end"), [({"resume": True}, 10), ({"speed": 2}, 5)])
def test_workspace_has_queued_jobs_until_they_have_ended(
    api: Api, clock: SetClock, change: dict[str, Any], end: float
) -> None:
    api.set_clock(**change)
    create(5, 5, 5)

    workspaces = [
        Workspace.objects.with_queued_jobs(clock() + timedelta(seconds=seconds))
        for seconds in (0, end - 1, end)
    ]

    assert [each.count() for each in workspaces] == [1, 1, 0]


def test_job_that_is_stuck_in_the_queue_is_queued_for_ever(db: None, clock: SetClock) -> None:
    create(None, None, 5)

    queued = Workspace.objects.with_queued_jobs(clock() + timedelta(days=365))

    assert queued.count() == 1


def runs(job: Job, instant: datetime) -> bool:
    begin = job.begins_at if job.is_queued else job.created_at
    return (
        begin is not None
        and begin <= instant
        and (job.finishes_at is None or instant < job.finishes_at)
    )


def act(step: str, choice: int, seconds: int) -> None:
    """Do something with a job that has not ended, if there is one."""
    if step == "create":
        create(*[float(seconds)] * (1 + choice % 3))
        return
    if step == "create stuck":
        create(None)
        return
    pending = Job.objects.pending(clock.now()).order_by("number")
    if not pending:
        return
    job = pending[choice % len(pending)]
    with suppress(CannotUpdate):  # it has run for too long already
        {
            "cancel": cancel_job,
            "finish": finish_job,
            "delete": delete_job,
            "update": lambda job: update_job(
                job, JobUpdate(outcome=Outcome.COMPLETED, duration=seconds)
            ),
        }[step](job)


STEPS = ("create", "create", "create stuck", "cancel", "finish", "delete", "update")


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(STEPS), st.integers(0, 9), st.integers(1, 20)), max_size=10
    )
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_two_run_at_once_and_none_waits_without_need(
    db: None, clock: SetClock, steps: list[tuple[str, int, int]]
) -> None:
    Workspace.objects.all().delete()
    workspace = Workspace.objects.stored("")
    for step, choice, seconds in steps:
        act(step, choice, seconds)
        now = clock()
        jobs = list(Job.objects.order_by("number"))
        waiting = Job.objects.waiting(workspace, now)
        turns = [job.begins_at for job in waiting if job.begins_at is not None]

        for instant in (now, *turns):
            assert sum(runs(job, instant) for job in jobs) <= 2
        for job in waiting:
            just_before = (job.begins_at or LATEST) - timedelta(microseconds=1)
            assert sum(runs(each, just_before) for each in jobs if each.pk != job.number) == 2
        assert turns == sorted(turns)
        assert [job.begins_at for job in waiting[: len(turns)]] == turns
        clock.advance(choice)
