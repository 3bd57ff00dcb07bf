"""The audit log, for auditors."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from drf_orjson_renderer.renderers import ORJSONRenderer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role
from core.columns import select_columns
from core.spreadsheets import write_rows
from core.views import RecordViewSet
from events.filters import EventFilter, TimeRangeFilter
from events.models import Event
from events.serializers import AccessSerializer, EventListSerializer, EventSerializer

AUDITORS = frozenset({Role.AUDITOR})
BATCH_ROWS = 2000


class EventViewSet(RecordViewSet):
    """One event for each request that Harrison answered."""

    queryset = Event.objects.all()
    list_serializer_class = EventListSerializer
    serializer_class = EventSerializer
    filterset_class = EventFilter
    roles = {"list": AUDITORS, "retrieve": AUDITORS}

    def get_queryset(self) -> QuerySet[Event]:
        return super().get_queryset().select_related("user", "revision")


class CSVRenderer(BaseRenderer):
    """Offers CSV beside JSON; the view streams it."""

    media_type = "text/csv"
    format = "csv"


class AccessReportViewSet(RecordViewSet):
    """Reports who saw a patient: every request whose answer showed data of them, newest first.

    The audit log knows patients by their ids only: a report on an unknown id is empty.
    """

    name = "Access report"
    queryset = Event.objects.all()
    serializer_class = AccessSerializer
    filterset_class = TimeRangeFilter
    renderer_classes = (ORJSONRenderer, BrowsableAPIRenderer, CSVRenderer)
    roles = {"list": AUDITORS}

    def get_queryset(self) -> QuerySet[Event]:
        return super().get_queryset().filter(patients__patient_id=self.kwargs["pk"])

    @extend_schema(
        operation_id="patient_access_report",
        summary="Report who saw a patient",
        responses={200: AccessSerializer(many=True), (200, "text/csv"): OpenApiTypes.STR},
        description="As JSON in pages. As CSV (`Accept: text/csv` or `?format=csv`) whole, with the same columns.",
    )
    def list(self, request: Request, pk: str) -> Response | HttpResponseBase:  # type: ignore[override]  # the CSV is streamed
        if request.accepted_renderer.format != "csv":
            return super().list(request)
        filename = f'attachment; filename="access-{pk}.csv"'
        lines = write_rows(report_lines(self.filter_queryset(self.get_queryset()).order_by("-id")))
        return StreamingHttpResponse(lines, content_type="text/csv", headers={"Content-Disposition": filename})

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer errors as JSON to a client that asks for CSV: the report itself is streamed, not rendered."""
        renderer = getattr(request, "accepted_renderer", None)
        if isinstance(response, Response) and renderer and renderer.format == CSVRenderer.format:
            request.accepted_renderer, request.accepted_media_type = ORJSONRenderer(), ORJSONRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)


def report_lines(events: QuerySet[Event]) -> Iterator[list[object]]:
    """Give the names of the columns of an access report, then the values of each event."""
    serializer = AccessSerializer()
    yield [*serializer.fields]
    for row in select_columns(events, AccessSerializer).iterator(BATCH_ROWS):
        line = serializer.to_representation(row)
        username = line["user"] and line["user"]["username"]
        yield [*{**line, "user": username, "roles": " ".join(line["roles"])}.values()]
