"""How much each owner has uploaded, counted once here and from now on with every upload."""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import core.models


def count(apps: Any, schema_editor: Any) -> None:
    images, usages = (
        apps.get_model("imagery", name).objects.using(schema_editor.connection.alias) for name in ("Image", "Usage")
    )
    held = images.order_by().values("owner").annotate(images=models.Count("pk"), bytes=models.Sum("size"))
    for row in held:
        usages.create(owner_id=row["owner"], images=row["images"], size=row["bytes"])


class Migration(migrations.Migration):
    dependencies = [
        ("imagery", "0003_identity_apart_and_encrypted"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Usage",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=core.models.new_id,
                        editable=False,
                        help_text="UUIDv7, ordered by time.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, help_text="When the row was made (UTC)."
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(auto_now=True, help_text="When the row was last changed (UTC)."),
                ),
                (
                    "archived_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="When the row was taken out of use (UTC); empty while it is in use.",
                        null=True,
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=1,
                        editable=False,
                        help_text="Counts the states of this row from 1; the ETag of its detail answer.",
                    ),
                ),
                ("images", models.PositiveBigIntegerField(default=0, help_text="How many images they have uploaded.")),
                ("size", models.PositiveBigIntegerField(default=0, help_text="Length of their originals in bytes.")),
                (
                    "owner",
                    models.OneToOneField(
                        help_text="The doctor who uploads.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="usage",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ["id"], "abstract": False},
        ),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
