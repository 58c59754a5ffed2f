"""When the latest write in a workspace was, so that no later response is from before it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vid_trans_api", "0007_indexes_for_postgresql")]

    operations = [
        migrations.AddField(
            model_name="workspace",
            name="written_at",
            field=models.DateTimeField(
                help_text="The latest write in it whose time matters, by the server's clock.",
                null=True,
            ),
        ),
    ]
