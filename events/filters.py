"""What an auditor can ask the record for."""

from datetime import datetime, timedelta
from typing import Any

import django_filters

from accounts.models import User
from core.filters import ListFilter
from core.models import first_id
from events.models import Event

# An event's id holds the time too, read by the same clock a moment earlier or later; lists are in the order of ids.
SLACK = timedelta(hours=1)


class EventFilter(ListFilter):
    user = django_filters.UUIDFilter(field_name="user_id", label="Id of the user who asked.")
    username = django_filters.CharFilter(method="filter_username", label="Their username.")
    after = django_filters.IsoDateTimeFilter(method="filter_after", label="From this time on (ISO 8601).")
    before = django_filters.IsoDateTimeFilter(method="filter_before", label="Before this time (ISO 8601).")
    status = django_filters.NumberFilter(min_value=100, max_value=599, label="The HTTP status, e.g. 403.")
    method = django_filters.CharFilter(label="The HTTP method, e.g. POST.")
    object_id = django_filters.UUIDFilter(label="Id of the object asked for, or made.")

    class Meta:
        model = Event
        fields: list[str] = []

    def filter_username(self, events: Any, name: str, value: str) -> Any:
        """By id, so that the database knows whether these events are few or many."""
        user = User.objects.filter(username=value).values_list("pk", flat=True).first()
        return events.filter(user_id=user) if user else events.none()

    def filter_after(self, events: Any, name: str, value: datetime) -> Any:
        return events.filter(occurred_at__gte=value, id__gte=first_id(value - SLACK))

    def filter_before(self, events: Any, name: str, value: datetime) -> Any:
        return events.filter(occurred_at__lt=value, id__lt=first_id(value + SLACK))
