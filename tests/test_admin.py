"""The admin: what it shows of jobs, what it does with them, and at what cost."""

import re
from typing import Any
from unittest.mock import Mock

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.starting import start, timeline_of
from vid_trans_api.admin import lists as admin_lists
from vid_trans_api.models import Job
from vid_trans_api.serving.long_polls import long_polls
from vid_trans_api.simulation.options import EstimateQuality, Outcome
from vid_trans_api.snapshots import CANCELED, Failure, Status

pytestmark = pytest.mark.django_db

JOBS = "/admin/vid_trans_api/job/"


@pytest.fixture
def ada(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ada"))
    return client


def page_of(job: Job) -> str:
    return f"{JOBS}{job.number}/change/"


def titles(answer: HttpResponse) -> list[str]:
    return re.findall(r'class="field-title">([^<]*)<', answer.text)


def choices(answer: HttpResponse) -> list[str]:
    return re.findall(r'<a href="\?[^"]*">([^<]+ \([^<]+\))</a>', answer.text)


def act(client: Client, action: str, *jobs: Job, **more: Any) -> list[str]:
    """Do something with these jobs, and return what the admin says of it."""
    answer = client.post(
        JOBS, {"action": action, "_selected_action": [job.number for job in jobs], **more}
    )
    return [str(message) for message in answer.wsgi_request._messages]  # type: ignore[attr-defined]


def test_jobs_show_what_they_are_now(ada, clock):
    job = start(clock, seconds=10)
    clock.advance(4)

    answer = ada.get(JOBS)

    assert job.short_id in answer.text
    assert '<span class="badge badge-pending">Pending</span>' in answer.text
    assert 'class="bar bar-pending" max="1" value="0.4"' in answer.text
    assert '<td class="field-time_left">6 s</td>' in answer.text
    assert ">4 s ago</time>" in answer.text


def test_job_without_a_title_shows_a_dash_as_other_empty_cells_do(ada, clock):
    start(clock, title="", seconds=1)
    clock.advance(1)

    answer = ada.get(JOBS)

    assert titles(answer) == ["–"]  # noqa: RUF001 (a dash)
    assert '<td class="field-time_left">–</td>' in answer.text  # noqa: RUF001 (a dash)


@pytest.mark.parametrize(("seconds", "status"), [(9.999, "pending"), (10, "completed")])
def test_jobs_change_at_the_instant_of_the_end(ada, clock, seconds, status):
    start(clock, seconds=10)
    clock.advance(seconds)

    assert f"badge-{status}" in ada.get(JOBS).text


def test_jobs_are_listed_newest_first(ada, clock):
    for title in ("first", "second"):
        start(clock, title=title)

    assert titles(ada.get(JOBS)) == ["second", "first"]


@pytest.mark.parametrize("path", [JOBS, f"{JOBS}?status=pending&age=day"])
def test_jobs_ask_as_much_for_three_as_for_one(ada, clock, path):
    counts = []
    for jobs in (1, 2):
        for _ in range(jobs):
            start(clock)
        with CaptureQueriesContext(connection) as captured:
            ada.get(path)
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_jobs_are_counted_no_further_than_is_shown(ada, clock, monkeypatch):
    monkeypatch.setattr(admin_lists, "MOST_COUNTED", 2)
    for _ in range(3):
        start(clock)

    with CaptureQueriesContext(connection) as captured:
        answer = ada.get(JOBS)

    counted = [each["sql"] for each in captured if "COUNT" in each["sql"]]
    assert all("LIMIT 3" in sql for sql in counted)
    assert "2+ jobs" in answer.text
    assert choices(answer) == [
        *("Pending (2+)", "Completed (0)", "Error (0)"),
        *("Past hour (2+)", "Past day (2+)", "Past week (2+)"),
    ]


@pytest.mark.parametrize(("count", "expected"), [(17, "17"), (1000, "1,000"), (1001, "1,000+")])
def test_count_is_written_as_far_as_it_goes(count, expected):
    assert admin_lists._told(count) == expected


def test_status_filter_leaves_jobs_of_that_status_now(ada, clock):
    start(clock, title="soon", seconds=1)
    start(clock, title="failing", seconds=1, outcome=Outcome.ERROR)
    start(clock, title="stuck", outcome=Outcome.STUCK)
    start(clock, title="later", seconds=9)
    clock.advance(1)

    found = {status: titles(ada.get(f"{JOBS}?status={status}")) for status in Status.values}

    assert found == {"pending": ["later", "stuck"], "completed": ["soon"], "error": ["failing"]}


@pytest.mark.parametrize(
    ("age", "seconds", "expected"),
    [
        ("hour", 3600, ["old"]),
        ("hour", 3601, []),
        ("day", 86_400, ["old"]),
        ("day", 86_401, []),
        ("week", 7 * 86_400, ["old"]),
        ("week", 7 * 86_400 + 1, []),
    ],
)
def test_age_filter_leaves_jobs_up_to_that_age(ada, clock, age, seconds, expected):
    start(clock, title="old")
    clock.advance(seconds)

    assert titles(ada.get(f"{JOBS}?age={age}")) == expected


def test_filters_count_all_jobs_whatever_the_other_one_leaves(ada, clock):
    start(clock, seconds=1)
    clock.advance(7200)
    start(clock, seconds=1, outcome=Outcome.ERROR)
    clock.advance(1)

    assert choices(ada.get(f"{JOBS}?age=hour")) == [
        *("Pending (0)", "Completed (1)", "Error (1)"),
        *("Past hour (1)", "Past day (2)", "Past week (2)"),
    ]


def test_filter_by_what_there_is_not_falls_back_to_all(ada, clock):
    start(clock)

    assert ada.get(f"{JOBS}?status=done")["Location"] == f"{JOBS}?e=1"


@pytest.mark.parametrize(
    "query", ["status=pending", "status=completed", "age=week", "status=pending&age=week"]
)
def test_filtered_jobs_are_not_sought_among_all(ada, clock, query):
    start(clock, seconds=1)
    start(clock, seconds=60)
    clock.advance(30)

    with CaptureQueriesContext(connection) as captured:
        answer = ada.get(f"{JOBS}?{query}")

    (sql,) = (each["sql"] for each in captured if "plan" in each["sql"])
    with connection.cursor() as cursor:
        steps = [row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()]
    assert titles(answer)
    assert [step for step in steps if step.startswith("SCAN")] == []


@pytest.mark.parametrize("query", ["id", "short_id", "alk", "example.com/t"])
def test_search_finds_by_id_title_and_url(ada, clock, query):
    job = start(clock)
    other = start(clock, title="Other")
    Job.objects.filter(pk=job.pk).update(video_url="https://example.com/t.mp4")
    words = {"id": job.public_id, "short_id": job.short_id}

    answer = ada.get(JOBS, {"q": words.get(query, query)})

    assert titles(answer) == ["Talk"]
    assert other.short_id not in answer.text


def test_job_shows_its_present_its_timeline_and_its_plan(ada, clock):
    failure = Failure(code="no_luck", message="No luck.", retryable=True)
    job = start(
        clock,
        seconds=100,
        outcome=Outcome.ERROR,
        failure=failure,
        estimate=EstimateQuality(noise=0, bias=2),
        seed=7,
    )
    clock.advance(60)

    answer = ada.get(page_of(job))

    shown = re.findall(r'<div class="readonly">(.*?)</div>', answer.text, re.DOTALL)
    created = f"{job.created_at:%Y-%m-%d %H:%M:%S} UTC"
    assert shown[5].strip() == '<span class="badge badge-pending">Pending</span>'
    assert shown[8:] == [
        "–",  # noqa: RUF001 (a dash)
        f"{created}, 60 s ago",
        f"{job.finishes_at:%Y-%m-%d %H:%M:%S} UTC, in 40 s",
        "100.0 s",
        f'<a href="{timeline_of(job)}">Timeline</a>',
        "–",  # noqa: RUF001 (a dash)
        "error",
        "100.0 s",
        "no_luck: No luck. Starting it again may help.",
        "converging, noise 0, bias 2; the first guess was 200.0 s",
        "–",  # noqa: RUF001 (a dash)
        "7",
    ]


def test_job_that_is_stuck_shows_that_it_never_ends(ada, clock):
    answer = ada.get(page_of(start(clock, outcome=Outcome.STUCK)))

    assert "never" in answer.text
    assert "for ever" in answer.text


def test_job_leads_to_its_page(ada, clock):
    job = start(clock)

    assert f'href="/vid_trans_api/status?job_id={job.public_id}"' in ada.get(page_of(job)).text


def test_job_can_be_neither_added_nor_changed(ada, clock):
    job = start(clock)

    assert ada.get(f"{JOBS}add/").status_code == 403
    assert ada.post(page_of(job), {"title": "New"}).status_code == 403
    job.refresh_from_db()
    assert job.title == "Talk"


def test_job_can_be_deleted(ada, clock):
    job = start(clock)

    ada.post(f"{JOBS}{job.number}/delete/", {"post": "yes"})

    assert not Job.objects.exists()


def test_cancel_ends_pending_jobs_and_tells_of_those_skipped(ada, clock):
    ended = start(clock, seconds=1)
    pending = start(clock)
    clock.advance(1)

    said = act(ada, "cancel", ended, pending)

    assert said == ["1 job canceled.", "1 job skipped: already ended."]
    ended.refresh_from_db()
    pending.refresh_from_db()
    assert ended.at(clock()).status is Status.COMPLETED
    assert pending.at(clock()).failure == CANCELED


def test_finish_ends_jobs_now_as_they_were_dealt(ada, clock):
    failing = start(clock, outcome=Outcome.ERROR)
    stuck = start(clock, outcome=Outcome.STUCK)

    said = act(ada, "finish", failing, stuck)

    assert said == ["2 jobs finished."]
    failing.refresh_from_db()
    stuck.refresh_from_db()
    assert failing.at(clock()).status is Status.ERROR
    assert stuck.at(clock()).status is Status.COMPLETED


def test_actions_wake_whoever_waits_for_the_job(ada, clock, monkeypatch):
    job = start(clock)
    wake = Mock()
    monkeypatch.setattr(long_polls, "wake", wake)

    act(ada, "cancel", job)

    wake.assert_called_once_with(job.public_id)


def test_run_again_starts_a_job_with_the_same_plan(ada, clock):
    job = start(clock)
    clock.advance(20)

    said = act(ada, "run_again", job)

    again = Job.objects.newest_first()[0]
    assert said == ["1 job started."]
    assert (again.title, again.plan, again.created_at) == (job.title, job.plan, clock())


def test_actions_keep_to_the_jobs_that_were_ticked(ada, clock):
    ticked = start(clock)
    other = start(clock)

    act(ada, "cancel", ticked, select_across="1")

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
def test_actions_are_offered_to_those_who_may(client, clock, permission, expected):
    start(clock)
    user = User.objects.create_user("bob", is_staff=True)
    wanted = [permission, "view_job"]
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    client.force_login(user)

    offered = set(re.findall(r'<option value="(\w+)">', client.get(JOBS).text))

    assert offered == expected


def test_one_instant_holds_for_all_of_an_answer(ada, clock, monkeypatch):
    start(clock)
    start(clock)
    now = Mock(side_effect=clock)
    monkeypatch.setattr("vid_trans_api.clock.now", now)

    ada.get(f"{JOBS}?status=pending")

    assert now.call_count == 1


def test_workspaces_lead_to_their_jobs_and_pages(ada, clock):
    workspace = start(clock).workspace

    answer = ada.get("/admin/vid_trans_api/workspace/")

    assert f'href="/?workspace={workspace.pk}"' in answer.text
    assert titles(ada.get(f"{JOBS}?workspace__id__exact={workspace.pk}")) == ["Talk"]
    assert titles(ada.get(f"{JOBS}?workspace__id__exact={workspace.pk + 1}")) == []


def test_workspace_can_not_be_deleted(ada, clock):
    number = start(clock).workspace.pk

    assert ada.post(f"/admin/vid_trans_api/workspace/{number}/delete/").status_code == 403


def test_login_without_any_user_says_how_to_make_one(client, settings):
    settings.DEBUG = True

    assert "<code>make admin</code>" in client.get("/admin/login/").text


def test_login_with_a_user_says_nothing_of_it(client, settings):
    settings.DEBUG = True
    User.objects.create_user("ada")

    assert "make admin" not in client.get("/admin/login/").text


def test_login_in_production_says_nothing_of_it(client):
    assert "make admin" not in client.get("/admin/login/").text
