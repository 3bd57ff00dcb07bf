from django.conf import settings
from django.db import migrations, models

OBJECTS = models.Q(object_id__isnull=False)


class Migration(migrations.Migration):
    """Each event comes after all others, and is written where its indexes end."""

    dependencies = [
        ("events", "0001_the_record_of_requests"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex("event", "event_by_user"),
        migrations.RemoveIndex("event", "event_by_status"),
        migrations.RemoveIndex("event", "event_by_method"),
        migrations.RemoveIndex("event", "event_by_object"),
        migrations.AddIndex("event", models.Index(fields=["user", "id"], name="event_by_user")),
        migrations.AddIndex("event", models.Index(fields=["status", "id"], name="event_by_status")),
        migrations.AddIndex("event", models.Index(fields=["method", "id"], name="event_by_method")),
        migrations.AddIndex(
            "event", models.Index(fields=["object_id", "id"], condition=OBJECTS, name="event_by_object")
        ),
    ]
