"""Names and synonyms in one case, so that search finds them on every database."""

import unicodedata
from typing import Any

from django.db import migrations, models


def fill(apps: Any, schema_editor: Any) -> None:
    for disease in apps.get_model("disease", "Disease").objects.using(schema_editor.connection.alias).iterator():
        names = [unicodedata.normalize("NFC", name).casefold() for name in [disease.name, *disease.synonyms]]
        disease.names = "\n".join(names)
        disease.save(update_fields=["names"])


class Migration(migrations.Migration):
    dependencies = [("disease", "0003_full_text_search_of_codes")]

    operations = [
        migrations.AddField(
            model_name="disease",
            name="names",
            field=models.TextField(
                blank=True, editable=False, help_text="What search reads: name and synonyms in one case, a line each."
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
