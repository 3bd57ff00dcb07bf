"""An index behind every filter of the lists of codes and mappings."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("disease", "0004_names_that_search_reads"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="code",
            index=models.Index(fields=["system", "-id"], name="code_by_system"),
        ),
        migrations.AddIndex(
            model_name="code",
            index=models.Index(fields=["kind", "-id"], name="code_by_kind"),
        ),
        migrations.AddIndex(
            model_name="code",
            index=models.Index(fields=["assignable", "-id"], name="code_by_assignability"),
        ),
        migrations.AddIndex(
            model_name="code",
            index=models.Index(
                condition=models.Q(("archived_at__isnull", False)), fields=["-id"], name="code_archived"
            ),
        ),
        migrations.AddIndex(
            model_name="codemapping",
            index=models.Index(
                condition=models.Q(("archived_at__isnull", False)), fields=["-id"], name="code_mapping_archived"
            ),
        ),
    ]
