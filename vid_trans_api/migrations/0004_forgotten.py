from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("vid_trans_api", "0003_journal"),
    ]

    operations = [
        migrations.AddField(
            model_name="workspace",
            name="forgotten_at",
            field=models.DateTimeField(
                help_text="Up to which instant, by its own clock, requests are missing in its journal. Empty where it has all since it was last emptied.",
                null=True,
            ),
        ),
        migrations.RenameField(model_name="call", old_name="body_digest", new_name="asked_digest"),
        migrations.AlterField(
            model_name="call",
            name="asked_digest",
            field=models.CharField(
                help_text="Of a creation's body, or of a list's query.", max_length=64
            ),
        ),
    ]
