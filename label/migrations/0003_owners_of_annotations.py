"""Annotations know the owner of their image, so that one index finds what a doctor sees."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def tell_annotations(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    mine = apps.get_model("imagery", "Image").objects.using(alias).filter(pk=models.OuterRef("image"))
    annotations = apps.get_model("label", "Annotation").objects.using(alias)
    annotations.update(owner=models.Subquery(mine.values("owner")))


class Migration(migrations.Migration):
    dependencies = [
        ("imagery", "0005_an_index_behind_every_filter"),
        ("label", "0002_annotations_by_label_and_state"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="annotation",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                help_text="The owner of the image, kept here too.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunPython(tell_annotations, migrations.RunPython.noop),
    ]
