"""Store what HeyGen's API adds: assets, batches, proofreads, queues and wallets."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def delete_keys_with_scope(apps: Any, schema_editor: Any) -> None:
    """Delete the keys of HeyGen's API, which 0.2.0 does not have, when this is undone.

    Without their scopes, two of them could be equal.
    """
    keys = apps.get_model("vid_trans_api", "IdempotencyKey").objects
    keys.using(schema_editor.connection.alias).exclude(scope="").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("vid_trans_api", "0004_is_clock_changing"),
    ]

    operations = [
        migrations.CreateModel(
            name="Asset",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(editable=False, max_length=32, unique=True, verbose_name="id"),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="The file's name, as the client gave it.", max_length=255
                    ),
                ),
                ("file", models.FileField(max_length=200, upload_to="")),
                ("mime_type", models.CharField(help_text="What its bytes are.", max_length=64)),
                ("size", models.PositiveBigIntegerField(help_text="Bytes.")),
                (
                    "duration",
                    models.FloatField(
                        help_text="Seconds of video or sound; empty if it is neither.", null=True
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created")),
            ],
        ),
        migrations.CreateModel(
            name="Batch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(editable=False, max_length=32, unique=True, verbose_name="id"),
                ),
                ("title", models.CharField(blank=True, max_length=200)),
                (
                    "callback_url",
                    models.CharField(blank=True, max_length=2000, verbose_name="callback URL"),
                ),
                ("created_at", models.DateTimeField(verbose_name="created")),
            ],
            options={
                "verbose_name_plural": "batches",
            },
        ),
        migrations.CreateModel(
            name="Proofread",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(editable=False, max_length=32, unique=True, verbose_name="id"),
                ),
                ("title", models.CharField(max_length=200)),
                (
                    "video_url",
                    models.CharField(blank=True, max_length=2000, verbose_name="video URL"),
                ),
                ("target_language", models.CharField(max_length=64)),
                ("details", models.JSONField(null=True)),
                ("video_duration", models.FloatField(help_text="Seconds.")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "finishes_at",
                    models.DateTimeField(
                        help_text="When it ends; empty if that is unknown.",
                        null=True,
                        verbose_name="ends",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        help_text="Its status once it has ended; empty if unknown.",
                        max_length=9,
                    ),
                ),
                (
                    "failure",
                    models.JSONField(help_text="Why it ends in error, if it does.", null=True),
                ),
                (
                    "plan",
                    models.JSONField(
                        help_text="How the job that it generates is simulated.", null=True
                    ),
                ),
                (
                    "srt",
                    models.TextField(blank=True, help_text="The corrected captions; empty before."),
                ),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="idempotencykey",
            name="one_response_per_key",
        ),
        migrations.AddField(
            model_name="idempotencykey",
            name="in_flight_since",
            field=models.DateTimeField(
                help_text="When the request was received, by the server's clock, until it is done.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="idempotencykey",
            name="scope",
            field=models.CharField(
                blank=True,
                help_text="Method and path, if a key counts for these only.",
                max_length=255,
            ),
        ),
        migrations.AddField(
            model_name="idempotencykey",
            name="status",
            field=models.PositiveSmallIntegerField(
                default=202, help_text="The response's status code."
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="batch_position",
            field=models.PositiveIntegerField(help_text="Counted from 0.", null=True),
        ),
        migrations.AddField(
            model_name="job",
            name="begins_at",
            field=models.DateTimeField(
                help_text="When a queued job is, or was, its turn; empty if that is unknown, and for others.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="details",
            field=models.JSONField(help_text="What only HeyGen's API reports.", null=True),
        ),
        migrations.AddField(
            model_name="job",
            name="is_queued",
            field=models.BooleanField(
                default=False,
                help_text="Whether it waited, or waits, until fewer jobs run at once.",
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="result_at",
            field=models.DateTimeField(
                help_text="When its result can be downloaded, if that is after its end.", null=True
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="video_duration",
            field=models.FloatField(
                help_text="Seconds of video; empty for jobs of older versions.", null=True
            ),
        ),
        migrations.AddField(
            model_name="loggedrequest",
            name="notes",
            field=models.TextField(
                blank=True, help_text="Known mistakes that have no effect here, one in a line."
            ),
        ),
        migrations.AddField(
            model_name="workspace",
            name="max_concurrent_jobs",
            field=models.PositiveIntegerField(
                help_text="How many jobs of HeyGen's API run at once; 0 for no limit, empty for the server's setting.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="workspace",
            name="wallet",
            field=models.DecimalField(
                decimal_places=4,
                help_text="Dollars that are left; empty if creations cost nothing.",
                max_digits=14,
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="idempotencykey",
            constraint=models.UniqueConstraint(
                fields=("workspace", "scope", "key"), name="one_response_per_key"
            ),
        ),
        migrations.AddField(
            model_name="asset",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="assets",
                to="vid_trans_api.workspace",
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="asset",
            field=models.ForeignKey(
                db_index=False,
                help_text="The uploaded video.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="jobs",
                to="vid_trans_api.asset",
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="batches",
                to="vid_trans_api.workspace",
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="batch",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="jobs",
                to="vid_trans_api.batch",
            ),
        ),
        migrations.AddField(
            model_name="proofread",
            name="asset",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="proofreads",
                to="vid_trans_api.asset",
            ),
        ),
        migrations.AddField(
            model_name="proofread",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="proofreads",
                to="vid_trans_api.workspace",
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="proofread",
            field=models.ForeignKey(
                db_index=False,
                help_text="The proofread that it was generated from.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="jobs",
                to="vid_trans_api.proofread",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                models.F("batch"),
                models.F("batch_position"),
                condition=models.Q(("batch__isnull", False)),
                name="of_batch",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                models.F("asset"), condition=models.Q(("asset__isnull", False)), name="of_asset"
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                models.F("proofread"),
                condition=models.Q(("proofread__isnull", False)),
                name="of_proofread",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                models.F("workspace"),
                models.F("number"),
                condition=models.Q(("is_queued", True)),
                name="queued_jobs",
            ),
        ),
        migrations.AddIndex(
            model_name="asset",
            index=models.Index(models.F("workspace"), models.F("created_at"), name="assets_by_age"),
        ),
        migrations.RunPython(migrations.RunPython.noop, delete_keys_with_scope),
    ]
