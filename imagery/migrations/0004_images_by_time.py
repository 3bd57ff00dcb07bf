from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """The start page of the admin counts images, and adds up their sizes, by ranges of the key."""

    dependencies = [
        ("imagery", "0003_identity_apart_and_encrypted"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex("image", models.Index(fields=["id", "owner", "size"], name="image_sizes_by_time")),
        migrations.AddIndex(
            "image",
            models.Index(
                fields=["id", "owner"],
                condition=models.Q(release_state="quarantined", archived_at__isnull=True),
                name="image_waiting_by_time",
            ),
        ),
    ]
