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
                ("key_digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("seed", models.BigIntegerField()),
                ("dealt", models.PositiveBigIntegerField(default=0)),
                ("clock", models.JSONField(null=True)),
                ("defaults", models.JSONField(null=True)),
                ("faults", models.JSONField(null=True)),
                ("rate_limit", models.JSONField(null=True)),
                ("tallies", models.JSONField(null=True)),
                ("emptied_at", models.DateTimeField(null=True)),
                ("forgotten_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
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
                ("finishes_at", models.DateTimeField(null=True, verbose_name="ends")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("completed", "Completed"), ("error", "Error")],
                        max_length=9,
                    ),
                ),
                ("failure", models.JSONField(null=True)),
                ("plan", models.JSONField()),
                ("tallies", models.TextField(blank=True)),
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
                ("answer", models.TextField()),
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
                ("job", models.CharField(max_length=32)),
                ("scenario", models.CharField(max_length=32)),
                ("arrived", models.DateTimeField()),
                ("answered", models.DateTimeField()),
                ("arrived_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField()),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("retry_after", models.PositiveIntegerField(null=True)),
                ("asked_wait", models.PositiveIntegerField(null=True)),
                ("is_held", models.BooleanField()),
                ("fault", models.CharField(max_length=200)),
                ("is_whole", models.BooleanField()),
                ("told", models.TextField()),
                ("asked_digest", models.CharField(max_length=64)),
                ("idempotency_key_digest", models.CharField(max_length=64)),
                ("user_agent", models.CharField(max_length=200)),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calls",
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
