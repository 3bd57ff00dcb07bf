"""The API contract of the audit log."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from rest_framework import serializers

from core.columns import ColumnSerializer
from core.fields import Link, PersonField
from events.models import Event


class RevisionMade(TypedDict):
    """The change that a request made: when, the verb, and the kind and id of each row that it touched."""

    at: datetime
    verb: str
    touched: list[dict[str, str]]


class EventListSerializer(ColumnSerializer):
    id = serializers.UUIDField(read_only=True, help_text="UUIDv7; the X-Request-ID of the answer.")
    url = Link("event-detail", help_text="Its address.")
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
    verb = serializers.CharField(read_only=True, help_text="The verb of the change, such as uploaded; empty if none.")
    client_address = serializers.CharField(read_only=True, allow_null=True, help_text="Where the request came from.")


class EventSerializer(EventListSerializer):
    query = serializers.DictField(
        read_only=True, help_text="Query parameters; values in full only where they are harmless."
    )
    headers = serializers.DictField(read_only=True, help_text="Headers; values in full only where they are harmless.")
    failed_login = serializers.CharField(
        read_only=True,
        source="login_fingerprint",
        help_text="Of a failed login: the fingerprint of the username that was tried. Filter by `failed_login`.",
    )
    patients = serializers.SerializerMethodField(help_text="Ids of the patients whose data the answer showed.")
    revision = serializers.SerializerMethodField(
        help_text="The change that the request made: when, the verb, and what it touched."
    )

    def get_patients(self, event: Event) -> list[UUID]:
        return list(event.patients.order_by("patient_id").values_list("patient_id", flat=True))

    def get_revision(self, event: Event) -> RevisionMade | None:
        if event.revision is None:
            return None
        touched = event.revision.version_set.select_related("content_type")
        return {
            "at": event.revision.date_created,
            "verb": event.revision.comment,
            "touched": [{"type": version.content_type.model, "id": version.object_id} for version in touched],
        }


class AccessSerializer(ColumnSerializer):
    """One line of an access report: one request whose answer showed data of the patient."""

    event = serializers.UUIDField(read_only=True, source="id", help_text="The id of the event.")
    occurred_at = serializers.DateTimeField(read_only=True, help_text="When the request came in (UTC).")
    user = PersonField(help_text="The user: id and username.")
    roles = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="The roles that the user had then."
    )
    method = serializers.CharField(read_only=True, help_text="The HTTP method.")
    route = serializers.CharField(read_only=True, help_text="The pattern that the path met.")
    object_id = serializers.UUIDField(read_only=True, allow_null=True, help_text="The object asked for, or made.")
    verb = serializers.CharField(read_only=True, help_text="The verb of the change; empty if nothing was changed.")
    status = serializers.IntegerField(read_only=True, help_text="The HTTP status of the answer.")
    client_address = serializers.CharField(read_only=True, allow_null=True, help_text="Where the request came from.")
