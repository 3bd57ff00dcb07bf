"""The base of the admin's pages: they show the rows that a person may see, to read."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.apps import apps
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from core.admin.filters import ArchivedFilter, BoundedPaginator, TimeFilter
from core.admin.history import HistoryMixin
from core.admin.links import Column, filtered_list_url
from core.admin.rights import RoleRights
from core.admin.searching import IndexedSearch
from core.disclosure import note_patient_of, note_patients_of


class RecordAdmin(RoleRights, IndexedSearch, HistoryMixin, admin.ModelAdmin):
    """Shows `shown_fields` to read. See `EditableAdmin` and `ArchivableAdmin` for what people change."""

    shown_fields: ClassVar[tuple[Column, ...]] = ()
    editable_fields: ClassVar[tuple[str, ...]] = ()
    patient_path: ClassVar[str | None] = None  # from a row to the id of its patient, for the audit log

    list_filter: ClassVar[tuple[str | type[admin.ListFilter], ...]] = (ArchivedFilter, TimeFilter)
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    ordering: ClassVar[tuple[str, ...]] = ("-id",)
    sortable_by: ClassVar[tuple[str, ...]] = ()
    actions: Any = ()

    class Media:
        css = {"all": ("core/admin.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = self.model._default_manager.all()
        visible = rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows
        return visible.order_by(*self.get_ordering(request))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            note_patient_of(row, self.patient_path)
        return row

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        page = getattr(response, "context_data", {}).get("cl")
        note_patients_of(page.result_list if page else [], self.patient_path)
        return response

    def title_for(self, request: HttpRequest, row: Model) -> str:
        return str(row)

    def get_list_display(self, request: HttpRequest) -> Any:
        """Show when a row was archived in a list that may hold archived rows."""
        hidden = () if request.GET.get("archived") else ("archived_at",)
        return [column for column in self.list_display if column not in hidden]

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None:
            return self.editable_fields
        seen = ("seen",) if self.has_change_permission(request, obj) else ()
        return (*self.editable_fields, *self.shown_fields, *seen)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return () if obj is None else self.shown_fields

    def render_change_form(
        self, request: HttpRequest, context: dict[str, object], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row: Model | None = kwargs.get("obj")
        context["row_title"] = context["subtitle"] = self.title_for(request, row) if row else None
        context["has_history"] = row is not None and self.has_history(request, row)
        context["may_archive"] = row is not None and self.has_archive_permission(request, row)
        context["related_lists"] = list(self.related_lists(request, row)) if row else []
        return super().render_change_form(request, context, *args, **kwargs)

    def related_lists(self, request: HttpRequest, row: Model) -> Iterator[tuple[str, str]]:
        """Give the name and URL of every list that this person may see, filtered by this row."""
        for model in filter(self.admin_site.is_registered, apps.get_models()):
            other: Any = self.admin_site.get_model_admin(model)
            for column in other.link_columns if other.has_view_permission(request) else ():
                if other.opts.get_field(column).related_model is self.model:
                    yield other.opts.verbose_name_plural, filtered_list_url(model, column, row)
