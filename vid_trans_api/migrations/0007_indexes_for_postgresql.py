"""Give each list of jobs an index that has its order on PostgreSQL as well.

Another one finds workspaces that have clocks of their own.

SQLite adds the number to every index by itself.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("vid_trans_api", "0006_queued_jobs_by_end"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="job",
            name="newest_by_language",
        ),
        migrations.RemoveIndex(
            model_name="job",
            name="newest_by_language_outcome",
        ),
        migrations.RemoveIndex(
            model_name="job",
            name="pending_of_all",
        ),
        migrations.AlterField(
            model_name="job",
            name="workspace",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="jobs",
                to="vid_trans_api.workspace",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(models.F("workspace"), models.F("number"), name="newest"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                models.F("workspace"),
                models.F("target_language"),
                models.F("number"),
                name="newest_by_language",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                models.F("workspace"),
                models.F("target_language"),
                models.F("outcome"),
                models.F("number"),
                name="newest_by_language_outcome",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                models.F("workspace"),
                (models.F("number") + 0).desc(),
                models.F("target_language"),
                condition=models.Q(("finishes_at__isnull", True)),
                name="endless",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                models.OrderBy(models.F("finishes_at"), descending=True), name="pending_of_all"
            ),
        ),
        migrations.AddIndex(
            model_name="workspace",
            index=models.Index(
                models.F("id"),
                condition=models.Q(("clock__isnull", False)),
                name="with_own_clock",
            ),
        ),
    ]
