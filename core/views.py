"""The base of every viewset: rights by table, scope before look-up, one ETag, archive and history."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.db import transaction
from django.db.models import F, Model, OuterRef, Subquery
from django.utils.text import capfirst
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import BaseParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.settings import api_settings
from rest_framework.viewsets import GenericViewSet

from core import history
from core.bodies import NoBodySerializer, refuse_body
from core.columns import select_columns
from core.disclosure import note_patient_of, note_patients
from core.exceptions import PreconditionFailed
from core.fields import PersonField
from core.filters import refuse_unknown_parameters
from core.form_pages import FormPage
from core.models import Record, VisibleQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import _User as User  # the model that AUTH_USER_MODEL names, for type checkers


class RecordViewSet(FormPage, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """List and retrieve. Declares `queryset`, `serializer_class`, `roles`; lists may have their own serializer."""

    queryset: Any = None
    roles: Mapping[str, frozenset[str]] = {}
    list_serializer_class: type[BaseSerializer] | None = None
    filterset_class: Any = None
    query_parameters: dict[str, set[str]] = {}
    list_ordering: tuple[str, ...] = ("-id",)  # of rows whose ids are in order of creation
    owner: str | None = None
    is_owners_alone = False  # whether superusers, too, change only rows of their own
    patient_path: str | None = None  # from a row to the id of the patient whom it is about, for the audit log
    lookup_value_converter = "uuid"
    record: Record | None = None  # the object that this request reads or changes

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        refuse_unknown_parameters(request, self)
        if self.action and self.refuses_body(request):
            refuse_body(request)

    def get_view_name(self) -> str:
        """Name a page of the browsable API after its rows, not after the class: Images, Image."""
        names = self.queryset.model._meta
        return self.name or capfirst(names.verbose_name_plural if self.suffix == "List" else names.verbose_name)

    def refuses_body(self, request: Request) -> bool:
        return request.method == "DELETE" or self.serializer_class is NoBodySerializer

    def get_parsers(self) -> list[BaseParser]:
        """Parse a body that should be empty whatever its media type, also where uploads are forms."""
        if self.request is None or not self.refuses_body(self.request):
            return super().get_parsers()
        parser_classes: Any = api_settings.DEFAULT_PARSER_CLASSES
        return [parser_class() for parser_class in parser_classes]

    def show_form(self, request: Request) -> None:
        """Refuse the form of an action to a person who may not take it, or not on this object."""
        self.action = self.action_map["post"]
        self.check_permissions(request)
        if "pk" in self.kwargs:
            self.get_object()

    @property
    def by(self) -> "User":
        """The user, as actions take it."""
        return cast("User", self.request.user)  # `HasRole` refuses others

    def get_queryset(self) -> Any:
        """Return the rows that this person may see; those of a list are scoped by `list`, after the filters."""
        return self.queryset.all() if self.action == "list" else self.queryset.visible_to(self.by)

    def get_serializer_class(self) -> type[BaseSerializer]:
        if self.action == "list" and self.list_serializer_class:
            return self.list_serializer_class
        return super().get_serializer_class()

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        rows = cast(VisibleQuerySet, self.filter_queryset(self.get_queryset()))
        names = [name.lstrip("-") for name in self.list_ordering]
        if self.patient_path:
            rows = rows.annotate(shown_patient=patient_of(rows.model, self.patient_path))
        parts = [select_columns(part, self.get_serializer_class(), *names) for part in rows.visible_parts(self.by)]
        page = self.paginate_queryset(parts if len(parts) > 1 else parts[0])
        self.note_patients_on(page or [])
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def note_patients_on(self, page: Sequence[Any]) -> None:
        """Note the patients of a page, whose rows are dictionaries of columns or objects."""
        if self.patient_path:
            note_patients(row["shown_patient"] if isinstance(row, dict) else row.shown_patient for row in page)

    def get_object(self) -> Any:
        """Return the row in scope; for a change, lock it and compare it with the state that the client read."""
        changing = self.request.method not in SAFE_METHODS and self.action != "metadata"
        rows = self.get_queryset().select_for_update(of=("self",)) if changing else self.get_queryset()
        self.record = record = get_object_or_404(rows, pk=self.kwargs["pk"])
        self.check_object_permissions(self.request, record)
        if changing:
            refuse_unless_match(self.request, record)
        return record

    def shows_whole(self, record: Record) -> bool:
        """Return whether this person sees the whole row. If not, its history and its version stay hidden."""
        return True

    def shows_times(self, record: Record) -> bool:
        """Return whether this person may learn when the row was changed."""
        return True

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.record is not None and response.status_code < 400:
            note_patient_of(self.record, self.patient_path)
        if self.record is not None and response.status_code in (200, 201) and self.shows_whole(self.record):
            response.setdefault("ETag", etag(self.record))
        return response


class ChangeSerializer(serializers.Serializer):
    """One entry of a history."""

    at = serializers.DateTimeField(allow_null=True, help_text="When (UTC); null for research on evidence.")
    by = PersonField(help_text="Who: id and username; empty for the system itself.")
    verb = serializers.CharField(help_text="What was done.")
    changes = serializers.DictField(help_text="Each changed field with `from` and `to`.")


class HistoryMixin(RecordViewSet):
    def get_queryset(self) -> Any:
        """Let auditors read every history."""
        if self.action == "history" and history.AUDITOR in self.by.roles:
            return self.queryset.all()
        return super().get_queryset()

    @extend_schema(
        responses=ChangeSerializer(many=True),
        description="Every recorded change, newest first: who, when, verb, and fields from what to what.",
    )
    @action(detail=True, pagination_class=history.HistoryPages)
    def history(self, request: Request, pk: str) -> Response:
        """Answer the changes of the fields that this person may read; a partly visible object has no history.

        Auditors read the history of every object, with masked values.
        """
        record = self.get_object()
        if self.is_audited(record):
            page = self.paginate_queryset(history.versions_of(record)) or []
            return self.get_paginated_response(history.mask_changes(page, type(record)))
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

    def is_audited(self, record: Record) -> bool:
        """Return whether this person reads the history as an auditor alone, because they may not see the object."""
        if history.AUDITOR not in self.by.roles:
            return False
        visible = self.queryset.visible_to(self.by).filter(pk=record.pk).exists()
        return not (visible and self.shows_whole(record))


class ArchivableViewSet(mixins.DestroyModelMixin, HistoryMixin):
    """List, create, retrieve, archive, restore, history. Serializers call the actions that create and change."""

    serializer_class: Any
    create_serializer_class: type[BaseSerializer] | None = None
    archive_action: ClassVar[Callable[..., Record]]
    restore_action: ClassVar[Callable[..., Record]]

    def get_serializer_class(self) -> type[BaseSerializer]:
        if self.action == "create" and self.create_serializer_class:
            return self.create_serializer_class
        return super().get_serializer_class()

    @extend_schema(description="Creates an object and answers it as `GET …/{id}/` does.")
    def create(self, request: Request) -> Response:
        """Do the action of the serializer, and answer the new object as `retrieve` would."""
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        return self.describe_created(body.save(by=self.by))

    def describe_created(self, record: Record, status_code: int = status.HTTP_201_CREATED) -> Response:
        self.record = record
        answer = self.serializer_class(record, context=self.get_serializer_context())
        location = self.request.build_absolute_uri(f"{self.request.path}{record.pk}/")
        return Response(answer.data, status_code, headers={"Location": location})

    @extend_schema(description="Takes the object out of use and keeps its history and id. `restore` brings it back.")
    @transaction.atomic
    def destroy(self, request: Request, *args: object, **kwargs: object) -> Response:
        return super().destroy(request, *args, **kwargs)

    def perform_destroy(self, record: Record) -> None:
        self.act_on(record, type(self).archive_action)

    @extend_schema(request=None, description="Brings an archived object back into use.")
    @action(detail=True, methods=["post"], serializer_class=NoBodySerializer)
    @transaction.atomic
    def restore(self, request: Request, pk: str) -> Response:
        record = self.act_on(self.get_object(), type(self).restore_action)
        return Response(type(self).serializer_class(record, context=self.get_serializer_context()).data)

    def act_on(self, record: Record, act: Callable[..., Record]) -> Record:
        """Call an action, which takes the record under the name of its model: `label=…`."""
        return act(by=self.by, **{str(record._meta.model_name): record})


class EditableViewSet(mixins.UpdateModelMixin, ArchivableViewSet):
    """All of `ArchivableViewSet`, and PUT and PATCH on a locked row."""

    @transaction.atomic
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().update(request, *args, **kwargs)

    def perform_update(self, serializer: BaseSerializer) -> None:
        self.record = serializer.save(by=self.by)


def patient_of(model: type[Model], path: str) -> F | Subquery:
    """Select the patient's id of each row of a page; by a subquery, for with joins PostgreSQL may read whole tables."""
    if "__" not in path:
        return F(path)
    return Subquery(model._default_manager.order_by().filter(pk=OuterRef("pk")).values(path)[:1])


def etag(record: Record) -> str:
    """Name this state of the row (RFC 9110 section 8.8.3)."""
    return f'"{record.version}"'


def refuse_unless_match(request: Request, record: Record) -> None:
    """Keep a client from overwriting a change that it has not seen (`If-Match`, RFC 9110 section 13.1.1)."""
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted.strip() == "*":
        return
    if etag(record) not in [tag.strip() for tag in wanted.split(",")]:
        raise PreconditionFailed()
