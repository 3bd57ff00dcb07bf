from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """The start page of the admin adds up the sizes of images by ranges of the key."""

    dependencies = [
        ("imagery", "0006_copies_know_whose_they_are"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex("image", models.Index(fields=["id", "owner", "size"], name="image_sizes_by_time")),
    ]
