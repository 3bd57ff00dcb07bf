from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """What others share is sorted before it is shown: the index by study holds what that asks of an image."""

    dependencies = [
        ("imagery", "0008_indexes_behind_the_lists_of_the_admin"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex("image", "image_by_study"),
        migrations.AddIndex(
            "image", models.Index(fields=["study", "-id", "owner", "archived_at"], name="image_by_study")
        ),
        migrations.RemoveIndex("image", "image_archived"),
        migrations.AddIndex(
            "image",
            models.Index(
                fields=["-id", "archived_at"], condition=models.Q(archived_at__isnull=False), name="image_archived"
            ),
        ),
    ]
