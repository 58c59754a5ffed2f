"""Store how many more requests a workspace serves."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vid_trans_api", "0002_restructure")]

    operations = [
        migrations.AddField(
            "workspace",
            "requests_left",
            models.PositiveIntegerField(
                null=True,
                help_text="How many more requests are not a 410; empty if there is no limit.",
            ),
        ),
    ]
