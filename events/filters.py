"""Filters of the audit log."""

from datetime import datetime, timedelta

import django_filters
from django.db.models import QuerySet

from accounts.models import User
from core.filters import ListFilter
from core.models import first_id
from events.models import Event

# An event's id holds its time too, read a moment earlier or later; an index gives the list in the order of ids.
MAX_CLOCK_DIFFERENCE = timedelta(hours=1)


class EventFilter(ListFilter):
    user = django_filters.UUIDFilter(field_name="user_id", label="Id of the user.")
    username = django_filters.CharFilter(method="filter_username", label="Their username.")
    after = django_filters.IsoDateTimeFilter(method="filter_after", label="From this time on (ISO 8601).")
    before = django_filters.IsoDateTimeFilter(method="filter_before", label="Before this time (ISO 8601).")
    status = django_filters.NumberFilter(min_value=100, max_value=599, label="The HTTP status, e.g. 403.")
    method = django_filters.CharFilter(label="The HTTP method, e.g. POST.")
    object_id = django_filters.UUIDFilter(label="Id of the object requested or created.")

    class Meta:
        model = Event
        fields: list[str] = []

    def filter_username(self, events: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        """Filter by id, so that the database can estimate how many events these are."""
        user = User.objects.filter(username=value).values_list("pk", flat=True).first()
        return events.filter(user_id=user) if user else events.none()

    def filter_after(self, events: QuerySet[Event], name: str, value: datetime) -> QuerySet[Event]:
        return events.filter(occurred_at__gte=value, id__gte=first_id(value - MAX_CLOCK_DIFFERENCE))

    def filter_before(self, events: QuerySet[Event], name: str, value: datetime) -> QuerySet[Event]:
        return events.filter(occurred_at__lt=value, id__lt=first_id(value + MAX_CLOCK_DIFFERENCE))
