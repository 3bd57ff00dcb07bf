"""An index behind every filter and order of the evidence's lists; images know what their series knows."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def tell_images(apps: Any, schema_editor: Any) -> None:
    images, series = (
        apps.get_model("imagery", name).objects.using(schema_editor.connection.alias) for name in ("Image", "Series")
    )
    mine = series.filter(pk=models.OuterRef("series"))
    images.update(
        modality=models.Subquery(mine.values("modality")), body_part=models.Subquery(mine.values("body_part"))
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_team_names_are_unique_per_lead"),
        ("imagery", "0004_what_each_owner_holds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="image",
            name="body_part",
            field=models.CharField(blank=True, help_text="The body part of its series, kept here too.", max_length=64),
        ),
        migrations.AddField(
            model_name="image",
            name="modality",
            field=models.CharField(default="OT", help_text="The modality of its series, kept here too.", max_length=16),
            preserve_default=False,
        ),
        migrations.RunPython(tell_images, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="image",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                help_text="The owner of the study, kept here too.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="images",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="image",
            name="series",
            field=models.ForeignKey(
                db_index=False,
                help_text="The series it is part of.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="images",
                to="imagery.series",
            ),
        ),
        migrations.AlterField(
            model_name="image",
            name="study",
            field=models.ForeignKey(
                db_index=False,
                help_text="The study of its series, kept here too.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="images",
                to="imagery.study",
            ),
        ),
        migrations.AlterField(
            model_name="patient",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                help_text="The doctor who keeps this patient.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="patients",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="series",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                help_text="The owner of the study, kept here too.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="series",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="series",
            name="study",
            field=models.ForeignKey(
                db_index=False,
                help_text="The study it is part of.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="series",
                to="imagery.study",
            ),
        ),
        migrations.AlterField(
            model_name="study",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                help_text="The doctor who uploaded the study.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="studies",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="study",
            name="patient",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="Whom it shows, if that is known.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="studies",
                to="imagery.patient",
            ),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["owner", "-id"], name="image_by_owner"),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["study", "-id"], name="image_by_study"),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["series", "-id"], name="image_by_series"),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["modality", "-id"], name="image_by_modality"),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["body_part", "-id"], name="image_by_body_part"),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["media_type", "-id"], name="image_by_media_type"),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["release_state", "-id"], name="image_by_release_state"),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["size"], name="image_by_size"),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                condition=models.Q(("archived_at__isnull", False)), fields=["-id"], name="image_archived"
            ),
        ),
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(fields=["owner", "-id"], name="patient_by_owner"),
        ),
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(
                condition=models.Q(("archived_at__isnull", False)), fields=["-id"], name="patient_archived"
            ),
        ),
        migrations.AddIndex(
            model_name="series",
            index=models.Index(fields=["owner", "-id"], name="series_by_owner"),
        ),
        migrations.AddIndex(
            model_name="series",
            index=models.Index(fields=["study", "-id"], name="series_by_study"),
        ),
        migrations.AddIndex(
            model_name="series",
            index=models.Index(fields=["modality", "-id"], name="series_by_modality"),
        ),
        migrations.AddIndex(
            model_name="series",
            index=models.Index(fields=["body_part", "-id"], name="series_by_body_part"),
        ),
        migrations.AddIndex(
            model_name="series",
            index=models.Index(
                condition=models.Q(("archived_at__isnull", False)), fields=["-id"], name="series_archived"
            ),
        ),
        migrations.AddIndex(
            model_name="study",
            index=models.Index(fields=["owner", "-id"], name="study_by_owner"),
        ),
        migrations.AddIndex(
            model_name="study",
            index=models.Index(fields=["patient", "-id"], name="study_by_patient"),
        ),
        migrations.AddIndex(
            model_name="study",
            index=models.Index(fields=["date"], name="study_by_date"),
        ),
        migrations.AddIndex(
            model_name="study",
            index=models.Index(
                condition=models.Q(("archived_at__isnull", False)), fields=["-id"], name="study_archived"
            ),
        ),
    ]
