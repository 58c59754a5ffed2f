"""Order the index of queued jobs by their ends, so that those that have ended are not read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("vid_trans_api", "0005_heygen"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="job", name="queued_jobs"),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                models.F("workspace"),
                models.F("finishes_at"),
                condition=models.Q(("is_queued", True)),
                name="queued_jobs",
            ),
        ),
    ]
