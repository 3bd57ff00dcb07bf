"""The API contract of the audit log."""

from typing import Any

from rest_framework import serializers

from core.columns import ColumnSerializer
from core.fields import PersonField
from events.models import Event


class EventListSerializer(ColumnSerializer):
    id = serializers.UUIDField(read_only=True, help_text="UUIDv7; the X-Request-ID of the answer.")
    occurred_at = serializers.DateTimeField(read_only=True, help_text="When the request came in (UTC).")
    duration = serializers.FloatField(read_only=True, help_text="From request to answer, in seconds.")
    user = PersonField(help_text="The user: id and username; null if the request carried no valid token.")
    roles = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="The roles that the user had then."
    )
    method = serializers.CharField(read_only=True, help_text="The HTTP method.")
    path = serializers.CharField(read_only=True, help_text="The path without its query.")
    route = serializers.CharField(read_only=True, help_text="The pattern that the path met.")
    object_id = serializers.UUIDField(read_only=True, allow_null=True, help_text="The object asked for, or made.")
    status = serializers.IntegerField(read_only=True, help_text="The HTTP status of the answer.")
    client_address = serializers.CharField(read_only=True, allow_null=True, help_text="Where the request came from.")


class EventSerializer(EventListSerializer):
    query = serializers.DictField(
        read_only=True, help_text="Query parameters; values in full only where they are harmless."
    )
    headers = serializers.DictField(read_only=True, help_text="Headers; values in full only where they are harmless.")
    revision = serializers.SerializerMethodField(
        help_text="The change that the request made: when, the verb, and what it touched."
    )

    def get_revision(self, event: Event) -> dict[str, Any] | None:
        if event.revision is None:
            return None
        touched = event.revision.version_set.select_related("content_type")
        return {
            "at": event.revision.date_created,
            "verb": event.revision.comment,
            "touched": [{"type": version.content_type.model, "id": version.object_id} for version in touched],
        }
