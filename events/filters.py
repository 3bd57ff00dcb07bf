"""Filters of the audit log."""

import re
from datetime import datetime, timedelta

import django_filters
from django.db.models import QuerySet

from accounts.models import User
from core.filters import BooleanFilter, ListFilter, ParsedFilter, TimeFilter
from core.masking import fingerprint
from core.models import first_id
from events.models import Event

# An event's id holds its time too, read a moment earlier or later; an index gives the list in the order of ids.
MAX_CLOCK_DIFFERENCE = timedelta(hours=1)


def parse_status(text: str) -> int:
    if not re.fullmatch(r"[1-5]\d\d", text, re.ASCII):
        raise ValueError("Use an HTTP status from 100 to 599.")
    return int(text)


def parse_method(text: str) -> str:
    """RFC 9110 section 9.1: methods are case-sensitive, and the standard ones are in capitals."""
    if not re.fullmatch(r"[A-Z-]{1,40}", text):
        raise ValueError("Use an HTTP method in capitals, e.g. POST.")
    return text


class StatusFilter(ParsedFilter):
    parse = staticmethod(parse_status)


class MethodFilter(ParsedFilter):
    parse = staticmethod(parse_method)


class TimeRangeFilter(ListFilter):
    after = TimeFilter(method="filter_after", label="From this time on (ISO 8601).")
    before = TimeFilter(method="filter_before", label="Before this time (ISO 8601).")

    class Meta:
        model = Event
        fields: list[str] = []

    def filter_after(self, events: QuerySet[Event], name: str, value: datetime) -> QuerySet[Event]:
        return events.filter(occurred_at__gte=value, id__gte=first_id(value - MAX_CLOCK_DIFFERENCE))

    def filter_before(self, events: QuerySet[Event], name: str, value: datetime) -> QuerySet[Event]:
        return events.filter(occurred_at__lt=value, id__lt=first_id(value + MAX_CLOCK_DIFFERENCE))


class EventFilter(TimeRangeFilter):
    user = django_filters.UUIDFilter(field_name="user_id", label="Id of the user.")
    username = django_filters.CharFilter(method="filter_username", label="Their username.")
    failed_login = django_filters.CharFilter(
        method="filter_failed_login", label="Failed logins that tried exactly this username, whether it exists or not."
    )
    patient = django_filters.UUIDFilter(
        field_name="patients__patient_id", label="Id of a patient: requests whose answer showed their data."
    )
    object_id = django_filters.UUIDFilter(label="Id of the object requested or created.")
    method = MethodFilter(label="The HTTP method in capitals, e.g. POST.")
    route = django_filters.CharFilter(label="Exactly this route, e.g. api/v1/images/<uuid:pk>/.")
    verb = django_filters.CharFilter(label="The verb of the change, e.g. released.")
    status = StatusFilter(label="The HTTP status, e.g. 403.")
    status_from = StatusFilter(field_name="status", lookup_expr="gte", label="This HTTP status or a higher one.")
    status_to = StatusFilter(field_name="status", lookup_expr="lte", label="This HTTP status or a lower one.")
    refused = BooleanFilter(
        method="filter_refused",
        label="true: requests that were refused or failed (status 400 or higher); false: all others.",
    )

    def filter_username(self, events: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        """Filter by id, so that the database can estimate how many events these are."""
        user = User.objects.filter(username=value).values_list("pk", flat=True).first()
        return events.filter(user_id=user) if user else events.none()

    def filter_failed_login(self, events: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        return events.filter(login_fingerprint=fingerprint(value))

    def filter_refused(self, events: QuerySet[Event], name: str, value: bool) -> QuerySet[Event]:
        return events.filter(status__gte=400) if value else events.filter(status__lt=400)
