"""`manage.py prune`."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.conftest import API, Api, SetClock
from tests.heygen.v3.conftest import PROOFREADS, V3, simulated, video
from tests.media_files import VIDEO
from vid_trans_api.journal.recorder import journal
from vid_trans_api.models import Batch, IdempotencyKey, Job, Proofread, Workspace
from vid_trans_api.models.chunks import ChunkedQuerySet

DAY = 86_400


def test_prune_deletes_only_old_jobs_and_expired_keys(
    api: Api, clock: SetClock, capsys, monkeypatch
) -> None:
    monkeypatch.setattr(ChunkedQuerySet, "CHUNK", 2)
    for _ in range(5):
        api.create(duration=10)
    clock.advance(10 * DAY)
    kept = [api.create(duration=10)["id"], api.create(outcome="stuck")["id"]]
    api.post("/jobs", **{"Idempotency-Key": "old"})
    clock.advance(DAY)
    api.post("/jobs", **{"Idempotency-Key": "new"})

    call_command("prune", days=7)

    printed = capsys.readouterr().out
    assert printed == (
        "Deleted 5 jobs, 0 files, 1 idempotency key, 0 logged requests and 0 empty workspaces.\n"
    )
    assert [Job.objects.filter(public_id=each).exists() for each in kept] == [True, True]
    assert [key.key for key in IdempotencyKey.objects.all()] == ["new"]


def test_prune_measures_age_by_the_workspaces_clock(api: Api, clock: SetClock, capsys) -> None:
    api.create(duration=10)
    api.post("/simulation/clock", {"advance": 8 * DAY})

    call_command("prune", days=7)

    assert capsys.readouterr().out.startswith("Deleted 1 job,")


def test_prune_deletes_old_logged_requests(api: Api, clock: SetClock, capsys) -> None:
    api.get("/jobs")
    clock.advance(DAY)
    api.create(outcome="stuck")
    journal.flush()
    clock.advance(DAY)

    call_command("prune", days=1.5)

    printed = capsys.readouterr().out
    assert printed == (
        "Deleted 0 jobs, 0 files, 0 idempotency keys, 1 logged request and 0 empty workspaces.\n"
    )


@pytest.mark.parametrize(
    ("days", "error"),
    [
        (-1, "--days: -1 is not a number of days; use 0 or more."),
        (float("nan"), "--days: nan is not a number of days; use 0 or more."),
        (1e12, "--days: 1e+12 days are too many; the calendar starts in year 1."),
    ],
)
def test_prune_rejects_an_invalid_number_of_days(db: None, days: float, error: str) -> None:
    with pytest.raises(CommandError) as raised:
        call_command("prune", days=days)

    assert str(raised.value) == error


def test_prune_deletes_stuck_jobs_and_empty_workspaces(api: Api, clock: SetClock, capsys) -> None:
    api.create(outcome="stuck")
    api.patch("/simulation/defaults", {"duration": 20}, **{"X-Api-Key": "configured"})
    for key in ("kept", "lost"):
        api.post("/jobs", {"simulation": {"duration": 1}}, **{"X-Api-Key": key})
        clock.advance(5 * DAY)
    journal.flush()

    call_command("prune", days=7)

    assert capsys.readouterr().out.startswith("Deleted 2 jobs,")
    assert Workspace.objects.count() == 2


def test_prune_deletes_expired_sessions(db) -> None:
    for key, days in (("old", -1), ("new", 1)):
        Session.objects.create(session_key=key, expire_date=timezone.now() + timedelta(days=days))

    call_command("prune")

    assert [session.session_key for session in Session.objects.all()] == ["new"]


def test_prune_deletes_old_files_that_nothing_uses(
    api: Api, clock: SetClock, uploads: Path, capsys, django_capture_on_commit_callbacks
) -> None:
    unused, used = (_upload(api) for _ in range(2))
    api.create({"video_url": used["url"], "simulation": {"scenario": "stuck"}})
    clock.advance(6 * DAY)
    api.create({"video_url": used["url"]})
    recent = _upload(api)
    clock.advance(2 * DAY)

    with django_capture_on_commit_callbacks(execute=True):
        call_command("prune", days=7)

    assert capsys.readouterr().out.startswith("Deleted 1 job, 1 file, ")
    assert sorted(path.name for path in uploads.iterdir()) == sorted([used["id"], recent["id"]])
    assert unused["id"] not in {used["id"], recent["id"]}


def test_prune_deletes_files_that_a_killed_upload_has_left(
    api: Api, clock: SetClock, uploads: Path, capsys
) -> None:
    kept = [_upload(api)["id"], "b" * 32, "notes.txt"]
    for name, hours in {kept[0]: 2, "a" * 32: 1.1, kept[1]: 0.9, kept[2]: 2}.items():
        (uploads / name).touch()
        written = clock().timestamp() - hours * 3600
        os.utime(uploads / name, (written, written))

    call_command("prune")

    assert capsys.readouterr().out.startswith("Deleted 0 jobs, 1 file, ")
    assert sorted(path.name for path in uploads.iterdir()) == sorted(kept)


def _upload(api: Api) -> dict[str, Any]:
    response = api.client.post(f"{API}/assets", {"file": SimpleUploadedFile("a.mp4", VIDEO)})
    document: dict[str, Any] = response.json()
    return document


def test_prune_deletes_batches_and_proofreads_without_jobs(db: None, clock: SetClock) -> None:
    v3, ended = V3(), simulated(outcome="completed", duration=10)
    titled = {**ended, "title": "Talk"}
    old = v3.create_batch(ended)
    old_ids = v3.post(PROOFREADS, titled).json()["data"]["proofread_ids"]
    kept = v3.create_batch(simulated(outcome="completed", duration=DAY - 1), ended)
    used = v3.post(PROOFREADS, titled).json()["data"]["proofread_ids"]
    v3.post(PROOFREADS, {**video(url="https://sim.test/stuck.mp4"), "title": "Stuck"})
    clock.advance(DAY)
    v3.post(f"{PROOFREADS}/{used[0]}/generate")
    clock.advance(6.5 * DAY)

    call_command("prune", days=7)

    assert set(Batch.objects.values_list("public_id", flat=True)) == {kept}
    assert set(Proofread.objects.values_list("public_id", flat=True)) == set(used)
    assert (old, old_ids[0]) != (kept, used[0])


def test_prune_leaves_no_workspace_of_old_batches(db: None, clock: SetClock, capsys) -> None:
    v3 = V3()
    v3.create_batch(simulated(duration=10))
    clock.advance(8 * DAY)

    call_command("prune", days=7)

    assert (Batch.objects.count(), Workspace.objects.count()) == (0, 0)
