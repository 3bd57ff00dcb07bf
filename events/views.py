"""The audit log, for auditors."""

from django.db.models import QuerySet

from accounts.models import Role
from core.views import RecordViewSet
from events.filters import EventFilter
from events.models import Event
from events.serializers import EventListSerializer, EventSerializer

AUDITORS = frozenset({Role.AUDITOR})


class EventViewSet(RecordViewSet):
    """One event for each request that Harrison answered."""

    queryset = Event.objects.all()
    list_serializer_class = EventListSerializer
    serializer_class = EventSerializer
    filterset_class = EventFilter
    roles = {"list": AUDITORS, "retrieve": AUDITORS}

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("user", "revision")
