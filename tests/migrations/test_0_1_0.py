"""A database of version 0.1.0 keeps its contents when it is migrated.

`0.1.0.sql` is such a database; `0.1.0.json` is what version 0.1.0 reported about it.
"""

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.migrations.exceptions import IrreversibleError

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job, LoggedRequest, Workspace

pytestmark = pytest.mark.sqlite(reason="version 0.1.0 had no other database")

FOLDER = Path(__file__).parent
REPORTED = json.loads((FOLDER / "0.1.0.json").read_text())
DOCUMENTS = REPORTED["documents"]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory, django_db_blocker) -> Path:
    """Return the path of the migrated database."""
    path = tmp_path_factory.mktemp("migrated") / "0.1.0.sqlite3"
    with closing(sqlite3.connect(path)) as old:
        old.executescript((FOLDER / "0.1.0.sql").read_text())
    with django_db_blocker.unblock(), default_database(path):
        call_command("migrate", verbosity=0)
    return path


@contextmanager
def default_database(path: Path) -> Iterator[None]:
    """Make this file the default database."""
    usual = connections[DEFAULT_DB_ALIAS]
    database = DatabaseWrapper(
        {**connections.settings[DEFAULT_DB_ALIAS], "NAME": str(path)}, DEFAULT_DB_ALIAS
    )
    connections[DEFAULT_DB_ALIAS] = database
    try:
        yield
    finally:
        database.close()
        connections[DEFAULT_DB_ALIAS] = usual


@pytest.fixture
def database(migrated: Path, tmp_path: Path, django_db_blocker) -> Iterator[None]:
    """Use a copy of the migrated database."""
    copy = tmp_path / "copy.sqlite3"
    shutil.copy(migrated, copy)
    with django_db_blocker.unblock(), default_database(copy):
        yield


@pytest.fixture
def api(database: None, clock: SetClock) -> Api:
    """Return a client at the instant at which version 0.1.0 reported."""
    clock.at = datetime.fromisoformat(REPORTED["read_at"])
    return Api()


def with_new_names(defaults: dict[str, Any]) -> dict[str, Any]:
    estimate = defaults["estimate"]
    renamed = {{"course": "profile"}.get(name, name): value for name, value in estimate.items()}
    return {**defaults, "estimate": renamed, "queued": None}


@pytest.mark.parametrize("title", DOCUMENTS)
def test_job_is_reported_as_before(api: Api, title: str) -> None:
    api_key = REPORTED["keys"].get(title, "")

    page = Api(api_key=api_key).get("/jobs?limit=100").json()

    documents = {document["title"]: document for document in page["results"]}
    assert documents[title] == DOCUMENTS[title]


def test_canceled_jobs_know_when_they_were_canceled(api: Api) -> None:
    canceled = {job.title: job.canceled_at for job in Job.objects.exclude(canceled_at=None)}

    canceled_at = datetime.fromisoformat(DOCUMENTS["canceled"]["finished_at"])
    assert canceled == {"canceled": canceled_at, "canceled while it was stuck": canceled_at}


def test_every_job_started_when_it_was_created(api: Api) -> None:
    assert [job.title for job in Job.objects.all() if job.started_at != job.created_at] == []


def test_canceled_job_can_be_canceled_again(api: Api) -> None:
    job_id = DOCUMENTS["canceled"]["id"]

    response = api.post(f"/jobs/{job_id}/cancel")

    assert (response.status_code, response.json()) == (200, DOCUMENTS["canceled"])


def test_job_that_failed_like_a_canceled_one_was_not_canceled(api: Api) -> None:
    job_id = DOCUMENTS["failed with the words of a cancel"]["id"]

    assert api.post(f"/jobs/{job_id}/cancel").status_code == 409


def test_idempotency_key_replays_the_first_response(api: Api) -> None:
    document = {"title": "with a key", "simulation": {"seed": 3, "duration": 1000}}

    response = api.post("/jobs", document, **{"Idempotency-Key": "a key"})

    replay = REPORTED["replay"]
    assert response["Idempotent-Replayed"] == "true"
    assert response.content.decode() == replay["body"]
    assert {name: response[name] for name in replay["headers"]} == replay["headers"]


def test_idempotency_key_refuses_another_body(api: Api) -> None:
    response = api.post("/jobs", {"title": "another"}, **{"Idempotency-Key": "a key"})

    assert response.status_code == 422


def test_fault_rules_continue_to_count(api: Api) -> None:
    """One of three faults occurred before."""
    job_id = DOCUMENTS["with fault rules"]["id"]

    assert api.statuses(f"/jobs/{job_id}", 3) == [503, 503, 200]


def test_defaults_use_the_new_names(api: Api) -> None:
    defaults = Api(api_key="ada").get("/simulation/defaults").json()

    new = (
        "requests_left",
        "max_concurrent_jobs",
        "wallet",
        "webhooks",
        "webhook_timestamps",
    )
    assert defaults == {**with_new_names(REPORTED["defaults"]), **dict.fromkeys(new)}


def test_defaults_apply_to_new_jobs(api: Api) -> None:
    ada = Api(api_key="ada")
    job_id = ada.create()["id"]

    plan = ada.get(f"/simulation/jobs/{job_id}").json()["plan"]

    assert plan["estimate"] == {"noise": 0.1, "bias": 1, "profile": "frozen"}
    assert 5 <= plan["duration"] <= 9


def test_workspace_keeps_its_clock(api: Api) -> None:
    clock = Api(api_key="ada").get("/simulation/clock").json()

    assert clock == {"now": "2025-06-01T00:00:40.000000Z", "state": "frozen", "speed": 0}


def test_profile_of_an_estimate_is_kept(api: Api) -> None:
    job_id = DOCUMENTS["pending"]["id"]

    plan = api.get(f"/simulation/jobs/{job_id}").json()["plan"]

    assert plan["estimate"] == {"noise": 0.5, "bias": 2, "profile": "countdown"}


def test_unknown_statuses_are_unknown_in_the_journal(api: Api) -> None:
    request = LoggedRequest.objects.get(fault="unknown-status")

    (reported,) = request.reported_by_job.values()
    assert reported is not None
    assert reported[0] == "unknown"


def test_report_judges_the_client_as_before(api: Api) -> None:
    report = api.get("/simulation/report").json()

    verdict = report["verdict"]
    assert {
        "kinds": [violation["kind"] for violation in verdict["violations"]],
        "polls": verdict["polls"],
        "noticed_after": verdict["noticed_after"],
        "clean": verdict["clean"],
        "complete": verdict["complete"],
        "jobs": report["jobs"],
        "requests": report["request_count"],
        "scenarios": report["scenarios"],
    } == REPORTED["report"]


def test_seeds_of_new_jobs_continue(api: Api) -> None:
    workspace = Workspace.objects.of_key("")

    assert workspace.plan_count == len(DOCUMENTS) - len(REPORTED["keys"])


def test_migration_is_not_undone(database: None) -> None:
    with pytest.raises(IrreversibleError):
        call_command("migrate", "vid_trans_api", "0001", verbosity=0)


def test_json_column_from_before_0_1_0_is_repaired(tmp_path: Path, django_db_blocker) -> None:
    """Databases from between two versions have `tallies` as nullable JSON, and refused creations."""
    path = tmp_path / "older.sqlite3"
    older = (FOLDER / "0.1.0.sql").read_text()
    as_text = '"tallies" text NOT NULL)'
    as_json = '"tallies" text NULL CHECK ((JSON_VALID("tallies") OR "tallies" IS NULL)))'
    assert older.count(as_text) == 1
    older = older.replace(as_text, as_json)
    older = re.sub(r"(INSERT INTO \"vid_trans_api_job\" VALUES.*,)''\);", r"\1NULL);", older)
    with closing(sqlite3.connect(path)) as old:
        old.executescript(older)

    with django_db_blocker.unblock(), default_database(path):
        call_command("migrate", verbosity=0)
        response = Api().post("/jobs")
        counters = set(Job.objects.values_list("counters", flat=True))

    assert response.status_code == 202
    assert counters == {"null", "[[1, 1]]", ""}
