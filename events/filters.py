"""What an auditor can ask the record for."""

import django_filters

from events.models import Event


class EventFilter(django_filters.FilterSet):
    user = django_filters.UUIDFilter(field_name="user_id", label="Id of the user who asked.")
    username = django_filters.CharFilter(field_name="user__username", label="Their username.")
    after = django_filters.IsoDateTimeFilter(
        field_name="occurred_at", lookup_expr="gte", label="From this time on (ISO 8601)."
    )
    before = django_filters.IsoDateTimeFilter(
        field_name="occurred_at", lookup_expr="lt", label="Before this time (ISO 8601)."
    )
    status = django_filters.NumberFilter(min_value=100, max_value=599, label="The HTTP status, e.g. 403.")
    method = django_filters.CharFilter(label="The HTTP method, e.g. POST.")
    object_id = django_filters.UUIDFilter(label="Id of the object asked for, or made.")

    class Meta:
        model = Event
        fields: list[str] = []
