"""Index the pending and the failed deliveries, which the admin filters by."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("vid_trans_api", "0009_webhooks"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                models.F("number"),
                condition=models.Q(("due_at__isnull", False)),
                name="pending_deliveries",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                models.F("number"),
                condition=models.Q(("state", "failed")),
                name="failed_deliveries",
            ),
        ),
    ]
