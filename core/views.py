"""The base of every viewset: rights by table, scope before look-up, one ETag, archive and history."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from core import history
from core.columns import select_columns
from core.exceptions import PreconditionFailed
from core.fields import PersonField
from core.filters import refuse_unknown_parameters
from core.models import Record


class RecordViewSet(GenericViewSet):
    """A resource of records. Declares `queryset`, `serializer_class`, `roles`; lists may have their own serializer."""

    queryset: Any = None
    roles: dict[str, Any] = {}
    list_serializer_class: type[serializers.BaseSerializer] | None = None
    filterset_class: Any = None
    query_parameters: dict[str, set[str]] = {}
    list_ordering: tuple[str, ...] = ("-id",)  # of rows whose ids are in order of creation
    owner: str | None = None
    lookup_value_converter = "uuid"
    record: Any = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        refuse_unknown_parameters(request, self)

    @property
    def by(self) -> Any:
        """Who asks, as actions take it."""
        return self.request.user

    def get_queryset(self) -> Any:
        return self.queryset.visible_to(self.by)

    def get_serializer_class(self) -> Any:
        if self.action == "list" and self.list_serializer_class:
            return self.list_serializer_class
        return super().get_serializer_class()

    def get_object(self) -> Any:
        """The row in scope; for a change, locked until the transaction ends and as the client last saw it."""
        changing = self.request.method not in SAFE_METHODS and self.action != "metadata"
        rows = self.get_queryset().select_for_update(of=("self",)) if changing else self.get_queryset()
        self.record = get_object_or_404(rows, pk=self.kwargs["pk"])
        self.check_object_permissions(self.request, self.record)
        if changing:
            refuse_unless_match(self.request, self.record)
        return self.record

    def shows_whole(self, record: Record) -> bool:
        """Return whether this person sees the whole row. If not, its history and its version stay hidden."""
        return True

    def shows_times(self, record: Record) -> bool:
        """Return whether this person may learn when the row was changed."""
        return True

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.record is not None and response.status_code in (200, 201) and self.shows_whole(self.record):
            response.setdefault("ETag", etag(self.record))
        return response


class ListMixin(mixins.ListModelMixin, RecordViewSet):
    """GET: a page of what is in scope, or of what filters find in it."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        rows: Any = self.filter_queryset(self.get_queryset())
        names = [name.lstrip("-") for name in self.list_ordering]
        parts = [select_columns(part, self.get_serializer_class(), *names) for part in rows.visible_parts(self.by)]
        page = self.paginate_queryset(parts if len(parts) > 1 else parts[0])
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class CreateMixin(mixins.CreateModelMixin, RecordViewSet):
    """POST: the serializer's action is done by whoever asks; `Location` says where the new thing is."""

    def perform_create(self, serializer: Any) -> None:
        self.record = serializer.save(by=self.by)

    def get_success_headers(self, data: Any) -> dict[str, str]:
        return {"Location": self.request.build_absolute_uri(f"{self.request.path}{self.record.pk}/")}


class UpdateMixin(mixins.UpdateModelMixin, RecordViewSet):
    """PUT and PATCH on a locked row."""

    @transaction.atomic
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().update(request, *args, **kwargs)

    def perform_update(self, serializer: Any) -> None:
        self.record = serializer.save(by=self.by)


class ArchiveMixin(mixins.DestroyModelMixin, RecordViewSet):
    """DELETE archives, POST …/restore/ brings back. The view says how in `perform_destroy` and `perform_restore`."""

    @extend_schema(description="Takes the object out of use; its past and its id stay. `restore` brings it back.")
    @transaction.atomic
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().destroy(request, *args, **kwargs)

    @extend_schema(request=None, description="Brings an archived object back into use.")
    @action(detail=True, methods=["post"])
    @transaction.atomic
    def restore(self, request: Request, pk: str) -> Response:
        record = self.get_object()
        self.perform_restore(record)
        return Response(self.get_serializer(record).data)

    def perform_restore(self, record: Any) -> None:
        raise NotImplementedError


class Change(serializers.Serializer):
    """One entry of a history."""

    at = serializers.DateTimeField(allow_null=True, help_text="When (UTC); null for research on evidence.")
    by = PersonField(help_text="Who: id and username; empty for the system itself.")
    verb = serializers.CharField(help_text="What was done.")
    changes = serializers.DictField(help_text="Each changed field with `from` and `to`.")


class HistoryMixin(RecordViewSet):
    """GET …/{id}/history/: the fields that this person may read of the thing, and how they came to be."""

    @extend_schema(
        responses=Change(many=True),
        description="Every recorded change, newest first: who, when, verb, and fields from what to what.",
    )
    @action(detail=True, pagination_class=history.HistoryPages)
    def history(self, request: Request, pk: str) -> Response:
        record = self.get_object()
        if not self.shows_whole(record):
            raise NotFound()
        fields = self.get_serializer(record).data.keys()
        versions = history.versions_of(record)
        if self.shows_times(record):
            page = self.paginate_queryset(versions) or []
            return self.get_paginated_response(history.describe_changes(page, fields))
        # On one page: a cursor holds the number of a version, and that grows with time.
        changes = [{**change, "at": None} for change in history.describe_changes(list(versions), fields)]
        return Response({"next": None, "previous": None, "results": changes})


def etag(record: Record) -> str:
    """RFC 9110 section 8.8.3: names this state of the row."""
    return f'"{record.version}"'


def refuse_unless_match(request: Request, record: Record) -> None:
    """RFC 9110 section 13.1.1: `If-Match` keeps a client from overwriting what it has not seen."""
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted.strip() == "*":
        return
    if etag(record) not in [tag.strip() for tag in wanted.split(",")]:
        raise PreconditionFailed()
