"""Rename what 0.1.0 stored, and store when each job started and was canceled."""

import json
from datetime import timedelta
from itertools import islice

from django.db import migrations, models

BATCH = 1_000
PLAN_KEYS = {"guesswork": "estimate_model"}
MODEL_KEYS = {"misjudgement": "initial_error", "course": "profile"}


def renamed(document, names):
    return {names.get(name, name): value for name, value in document.items()}


def convert_plan(plan):
    plan = renamed(plan, PLAN_KEYS)
    if plan["estimate_model"]:
        plan["estimate_model"] = renamed(plan["estimate_model"], MODEL_KEYS)
    return plan


def canceled_at(job):
    """Return when a job was canceled; 0.1.0 told that by its failure and its unplanned end."""
    if not job.failure or job.failure["code"] != "canceled" or job.finishes_at is None:
        return None
    seconds = job.plan["duration"]
    if seconds is not None and job.plan.get("fails_at") is not None:
        seconds *= job.plan["fails_at"]
    is_planned = seconds is not None and job.finishes_at == job.created_at + timedelta(
        seconds=seconds
    )
    return None if is_planned else job.finishes_at


def convert_jobs(apps, schema_editor):
    jobs = apps.get_model("vid_trans_api", "Job").objects.all()
    every = jobs.only("plan", "failure", "created_at", "finishes_at").iterator(BATCH)
    while batch := list(islice(every, BATCH)):
        for job in batch:
            job.canceled_at = canceled_at(job)
            job.started_at = job.created_at
            job.plan = convert_plan(job.plan)
        jobs.bulk_update(batch, ["canceled_at", "started_at", "plan"])


def convert_defaults(apps, schema_editor):
    workspaces = apps.get_model("vid_trans_api", "Workspace").objects
    for workspace in workspaces.filter(defaults__isnull=False):
        if isinstance(workspace.defaults.get("estimate"), dict):
            workspace.defaults["estimate"] = renamed(workspace.defaults["estimate"], MODEL_KEYS)
            workspace.save(update_fields=["defaults"])


def convert_keys(apps, schema_editor):
    keys = apps.get_model("vid_trans_api", "IdempotencyKey").objects.all()
    for key in keys.iterator(BATCH):
        job = json.loads(key.response)
        estimate = job["estimated_time_remaining"]
        key.headers = {"Location": key.location}
        if key.retry_after is not None:
            key.headers["Retry-After"] = str(key.retry_after)
        key.reported = {job["id"]: [job["status"], estimate, job["finished_at"]]}
        key.save(update_fields=["headers", "reported"])


class Migration(migrations.Migration):
    dependencies = [("vid_trans_api", "0001_squashed_0004_forgotten")]

    operations = [
        migrations.RenameField("workspace", "dealt", "plan_count"),
        migrations.RenameField("workspace", "tallies", "counters"),
        migrations.RenameField("workspace", "emptied_at", "reset_at"),
        migrations.RenameField("workspace", "forgotten_at", "evicted_until"),
        migrations.RenameField("job", "tallies", "counters"),
        migrations.AddField("job", "started_at", models.DateTimeField("started", null=True)),
        migrations.AddField("job", "canceled_at", models.DateTimeField("canceled", null=True)),
        migrations.AlterField("job", "plan", models.JSONField(null=True)),
        migrations.RunPython(convert_jobs, migrations.RunPython.noop),
        migrations.RunPython(convert_defaults, migrations.RunPython.noop),
        migrations.RenameField("idempotencykey", "answer", "response"),
        migrations.AddField("idempotencykey", "headers", models.JSONField(default=dict)),
        migrations.AddField("idempotencykey", "reported", models.JSONField(default=dict)),
        migrations.RunPython(convert_keys, migrations.RunPython.noop),
        migrations.RemoveField("idempotencykey", "location"),
        migrations.RemoveField("idempotencykey", "retry_after"),
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
    ]
