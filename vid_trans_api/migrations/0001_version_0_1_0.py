import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Create the tables as version 0.1.0 had them, in one step."""

    initial = True
    replaces = [
        ("vid_trans_api", "0001_initial"),
        ("vid_trans_api", "0002_simulator"),
        ("vid_trans_api", "0003_journal"),
        ("vid_trans_api", "0004_forgotten"),
    ]
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Workspace",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key_digest",
                    models.CharField(
                        editable=False,
                        max_length=64,
                        unique=True,
                        help_text="SHA-256 of the API key; empty for the default workspace, which needs none.",
                    ),
                ),
                (
                    "seed",
                    models.BigIntegerField(help_text="What the plans of its jobs are drawn from."),
                ),
                (
                    "dealt",
                    models.PositiveBigIntegerField(
                        default=0, help_text="How many plans have been drawn since the last reset."
                    ),
                ),
                (
                    "clock",
                    models.JSONField(
                        null=True, help_text="Its own clock; empty if it has the server's time."
                    ),
                ),
                (
                    "defaults",
                    models.JSONField(
                        null=True, help_text="Simulation options of jobs that do not give them."
                    ),
                ),
                (
                    "faults",
                    models.JSONField(
                        null=True, help_text="Fault rules that apply to all its requests."
                    ),
                ),
                (
                    "rate_limit",
                    models.JSONField(null=True, help_text="How many requests are admitted."),
                ),
                (
                    "tallies",
                    models.JSONField(
                        null=True,
                        help_text="How many requests each rule matched, and when requests were admitted.",
                    ),
                ),
                (
                    "emptied_at",
                    models.DateTimeField(
                        null=True, help_text="When it was last reset, by the server's clock."
                    ),
                ),
                (
                    "forgotten_at",
                    models.DateTimeField(
                        null=True,
                        help_text="Requests responded to until then, by its own clock, may be missing in its journal. Empty if none is missing since the last reset.",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "number",
                    models.BigAutoField(
                        primary_key=True, serialize=False, help_text="Order of creation."
                    ),
                ),
                (
                    "public_id",
                    models.CharField(editable=False, max_length=32, unique=True, verbose_name="id"),
                ),
                ("title", models.CharField(blank=True, max_length=200)),
                (
                    "video_url",
                    models.CharField(blank=True, max_length=2000, verbose_name="video URL"),
                ),
                ("target_language", models.CharField(default="Spanish", max_length=64)),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "finishes_at",
                    models.DateTimeField(
                        null=True,
                        verbose_name="ends",
                        help_text="When it ends; empty if that is unknown.",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("completed", "Completed"), ("error", "Error")],
                        max_length=9,
                        help_text="Its status once it has ended; empty if that is unknown.",
                    ),
                ),
                (
                    "failure",
                    models.JSONField(null=True, help_text="Why it ends in error, if it does."),
                ),
                ("plan", models.JSONField(help_text="How it is simulated; empty if it is not.")),
                (
                    "tallies",
                    models.TextField(
                        blank=True,
                        help_text="How many requests each of its rules matched, as JSON.",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="jobs",
                        to="vid_trans_api.workspace",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("workspace"),
                        models.F("target_language"),
                        name="newest_by_language",
                    ),
                    models.Index(
                        models.F("workspace"),
                        models.F("outcome"),
                        models.F("number"),
                        models.F("finishes_at"),
                        name="newest_by_outcome",
                    ),
                    models.Index(
                        models.F("workspace"),
                        models.F("target_language"),
                        models.F("outcome"),
                        name="newest_by_language_outcome",
                    ),
                    models.Index(
                        models.F("workspace"),
                        models.F("finishes_at"),
                        models.F("target_language"),
                        name="pending",
                    ),
                    models.Index(
                        models.F("outcome"),
                        models.F("number"),
                        models.F("finishes_at"),
                        name="newest_by_outcome_of_all",
                    ),
                    models.Index(models.F("finishes_at"), name="pending_of_all"),
                    models.Index(models.F("created_at"), name="created"),
                ],
            },
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=255)),
                ("request_digest", models.CharField(max_length=64)),
                ("answer", models.TextField(help_text="The body.")),
                ("location", models.TextField()),
                ("retry_after", models.PositiveIntegerField(null=True)),
                ("created_at", models.DateTimeField(db_index=True)),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="idempotency_keys",
                        to="vid_trans_api.workspace",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "key"), name="one_answer_per_key")
                ],
            },
        ),
        migrations.CreateModel(
            name="Call",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("operation", models.CharField(max_length=8)),
                (
                    "job",
                    models.CharField(
                        max_length=32,
                        help_text="Empty unless the request is about exactly one job.",
                    ),
                ),
                (
                    "scenario",
                    models.CharField(
                        max_length=32, help_text="The scenario of the job it created."
                    ),
                ),
                ("arrived", models.DateTimeField(help_text="By the server's clock.")),
                ("answered", models.DateTimeField(help_text="By the server's clock.")),
                ("arrived_at", models.DateTimeField(help_text="By the workspace's clock.")),
                ("answered_at", models.DateTimeField(help_text="By the workspace's clock.")),
                (
                    "status",
                    models.PositiveSmallIntegerField(
                        null=True,
                        help_text="The response's status code; empty if there was no response.",
                    ),
                ),
                ("retry_after", models.PositiveIntegerField(null=True)),
                (
                    "asked_wait",
                    models.PositiveIntegerField(
                        null=True, help_text="Seconds, as the request's `Prefer: wait` says."
                    ),
                ),
                (
                    "is_held",
                    models.BooleanField(help_text="Whether the server waited for a change."),
                ),
                (
                    "fault",
                    models.CharField(
                        max_length=200,
                        help_text="The simulated faults that applied, separated by commas.",
                    ),
                ),
                (
                    "is_whole",
                    models.BooleanField(help_text="Whether the client could read the response."),
                ),
                (
                    "told",
                    models.TextField(
                        help_text="What the client could read about each job, as a JSON object by job id: status, estimate and end; null for jobs that the request, but not the response, was about."
                    ),
                ),
                (
                    "asked_digest",
                    models.CharField(
                        max_length=64,
                        help_text="A digest of a creation's body, or of a list's query.",
                    ),
                ),
                ("idempotency_key_digest", models.CharField(max_length=64)),
                ("user_agent", models.CharField(max_length=200)),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="logged_requests",
                        to="vid_trans_api.workspace",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(models.F("workspace"), models.F("job"), name="calls_about_a_job")
                ],
            },
        ),
    ]
