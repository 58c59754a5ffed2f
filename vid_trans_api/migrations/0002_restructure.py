"""Rename what 0.1.0 stored, and store when each job started and was canceled.

This cannot be undone: what version 0.1.0 has no column for would be lost.
"""

import json
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import migrations, models

BATCH = 1_000
PLAN_KEYS = {"guesswork": "estimate_model"}
MODEL_KEYS = {"misjudgement": "initial_error", "course": "profile"}


def renamed(document: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in document.items()}


def rows_of(apps: Any, schema_editor: Any, model: str) -> Any:
    """Return all rows of a model in the database that is being migrated."""
    rows = apps.get_model("vid_trans_api", model).objects
    return rows.using(schema_editor.connection.alias)


def convert_plan(plan: dict[str, Any]) -> dict[str, Any]:
    plan = renamed(plan, PLAN_KEYS)
    if plan["estimate_model"]:
        plan["estimate_model"] = renamed(plan["estimate_model"], MODEL_KEYS)
    return plan


def canceled_at(job: Any) -> datetime | None:
    """Return when a job was canceled; 0.1.0 inferred that from its failure and its unplanned end."""
    if not job.failure or job.failure["code"] != "canceled" or job.finishes_at is None:
        return None
    seconds = job.plan["duration"]
    if seconds is not None and job.plan.get("fails_at") is not None:
        seconds *= job.plan["fails_at"]
    is_planned = seconds is not None and job.finishes_at == job.created_at + timedelta(
        seconds=seconds
    )
    canceled: datetime | None = None if is_planned else job.finishes_at
    return canceled


def repair_counters(apps: Any, schema_editor: Any) -> None:
    """Make a column valid that databases from before 0.1.0 have as JSON, and empty.

    In these, the column refuses the empty text of new jobs. The next change of the table writes it
    as the models have it.
    """
    schema_editor.execute("UPDATE vid_trans_api_job SET counters = 'null' WHERE counters IS NULL")


def convert_jobs(apps: Any, schema_editor: Any) -> None:
    jobs = rows_of(apps, schema_editor, "Job")
    every = jobs.only("plan", "failure", "created_at", "finishes_at").iterator(BATCH)
    while batch := list(islice(every, BATCH)):
        for job in batch:
            job.canceled_at = canceled_at(job)
            job.started_at = job.created_at
            job.plan = convert_plan(job.plan)
        jobs.bulk_update(batch, ["canceled_at", "started_at", "plan"])


def convert_defaults(apps: Any, schema_editor: Any) -> None:
    workspaces = rows_of(apps, schema_editor, "Workspace")
    for workspace in workspaces.filter(defaults__isnull=False):
        if isinstance(workspace.defaults.get("estimate"), dict):
            workspace.defaults["estimate"] = renamed(workspace.defaults["estimate"], MODEL_KEYS)
            workspace.save(update_fields=["defaults"])


def convert_keys(apps: Any, schema_editor: Any) -> None:
    keys = rows_of(apps, schema_editor, "IdempotencyKey")
    for key in keys.iterator(BATCH):
        job = json.loads(key.response)
        estimate = job["estimated_time_remaining"]
        key.headers = {"Location": key.location}
        if key.retry_after is not None:
            key.headers["Retry-After"] = str(key.retry_after)
        key.reported = {job["id"]: [job["status"], estimate, job["finished_at"]]}
        key.save(update_fields=["headers", "reported"])


def convert_requests(apps: Any, schema_editor: Any) -> None:
    """Replace the status of the fault unknown-status, which 0.1.0 stored as the API wrote it."""
    requests = rows_of(apps, schema_editor, "LoggedRequest")
    for request in requests.filter(fault__contains="unknown-status").iterator(BATCH):
        reported = json.loads(request.reported)
        for job_report in reported.values():
            if job_report and job_report[0] == "processing":
                job_report[0] = "unknown"
        request.reported = json.dumps(reported, separators=(",", ":"))
        request.save(update_fields=["reported"])


class Migration(migrations.Migration):
    dependencies = [("vid_trans_api", "0001_version_0_1_0")]

    operations = [
        migrations.RenameField("workspace", "dealt", "plan_count"),
        migrations.RenameField("workspace", "tallies", "counters"),
        migrations.RenameField("workspace", "emptied_at", "reset_at"),
        migrations.RenameField("workspace", "forgotten_at", "evicted_until"),
        migrations.RenameField("job", "tallies", "counters"),
        migrations.RunPython(repair_counters, migrations.RunPython.noop),
        migrations.AddField(
            "job",
            "started_at",
            models.DateTimeField(
                "started",
                null=True,
                help_text="When it leaves the queue; empty if that is unknown.",
            ),
        ),
        migrations.AddField(
            "job",
            "canceled_at",
            models.DateTimeField(
                "canceled", null=True, help_text="When it was canceled; empty if it was not."
            ),
        ),
        migrations.AlterField(
            "job",
            "plan",
            models.JSONField(null=True, help_text="How it is simulated; empty if it is not."),
        ),
        migrations.RunPython(convert_jobs),
        migrations.RunPython(convert_defaults),
        migrations.RenameField("idempotencykey", "answer", "response"),
        migrations.AddField("idempotencykey", "headers", models.JSONField(default=dict)),
        migrations.AddField(
            "idempotencykey",
            "reported",
            models.JSONField(
                default=dict, help_text="What the response reports about jobs, by their ids."
            ),
        ),
        migrations.RunPython(convert_keys),
        migrations.RemoveField("idempotencykey", "location"),
        migrations.RemoveField("idempotencykey", "retry_after"),
        migrations.RemoveConstraint("idempotencykey", "one_answer_per_key"),
        migrations.AddConstraint(
            "idempotencykey",
            models.UniqueConstraint(fields=["workspace", "key"], name="one_response_per_key"),
        ),
        migrations.RenameModel("Call", "LoggedRequest"),
        migrations.RenameIndex(
            "loggedrequest", new_name="requests_about_a_job", old_name="calls_about_a_job"
        ),
        migrations.RenameField("loggedrequest", "arrived", "server_received_at"),
        migrations.RenameField("loggedrequest", "answered", "server_responded_at"),
        migrations.RenameField("loggedrequest", "arrived_at", "received_at"),
        migrations.RenameField("loggedrequest", "answered_at", "responded_at"),
        migrations.RenameField("loggedrequest", "asked_wait", "wait"),
        migrations.RenameField("loggedrequest", "is_held", "is_long_poll"),
        migrations.RenameField("loggedrequest", "is_whole", "is_readable"),
        migrations.RenameField("loggedrequest", "told", "reported"),
        migrations.RenameField("loggedrequest", "asked_digest", "content_digest"),
        migrations.RunPython(convert_requests),
    ]
