"""An index behind every filter and order of the lists of annotations."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("label", "0003_owners_of_annotations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="annotation",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                help_text="The owner of the image, kept here too.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="annotation",
            name="annotator",
            field=models.ForeignKey(
                db_index=False,
                help_text="The doctor who says it.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="annotations",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="annotation",
            name="image",
            field=models.ForeignKey(
                db_index=False,
                help_text="The image it speaks of.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="annotations",
                to="imagery.image",
            ),
        ),
        migrations.AlterField(
            model_name="annotation",
            name="label",
            field=models.ForeignKey(
                db_index=False,
                help_text="The term.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="annotations",
                to="label.label",
            ),
        ),
        migrations.AddIndex(
            model_name="annotation",
            index=models.Index(fields=["owner", "-id"], name="annotation_by_owner"),
        ),
        migrations.AddIndex(
            model_name="annotation",
            index=models.Index(fields=["image", "-id"], name="annotation_by_image"),
        ),
        migrations.AddIndex(
            model_name="annotation",
            index=models.Index(fields=["label", "-id"], name="annotation_by_label_alone"),
        ),
        migrations.AddIndex(
            model_name="annotation",
            index=models.Index(fields=["annotator", "-id"], name="annotation_by_annotator"),
        ),
        migrations.AddIndex(
            model_name="annotation",
            index=models.Index(fields=["state", "-id"], name="annotation_by_state"),
        ),
        migrations.AddIndex(
            model_name="annotation",
            index=models.Index(
                condition=models.Q(("archived_at__isnull", False)), fields=["-id"], name="annotation_archived"
            ),
        ),
    ]
