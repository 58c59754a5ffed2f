"""Store whether a workspace's clock is being slowed down."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vid_trans_api", "0003_requests_left")]

    operations = [
        migrations.AddField(
            "workspace",
            "is_clock_changing",
            models.BooleanField(
                default=False,
                help_text="Whether its clock is being slowed down: its time is then read under the"
                " lock.",
            ),
        ),
    ]
