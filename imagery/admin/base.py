"""The base of the admin's pages about evidence: researchers see some fields of what is released."""

from functools import reduce
from operator import or_
from typing import Any, ClassVar, cast

from django.contrib import admin
from django.contrib.admin import ListFilter
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from accounts.models import CLINICAL, Role, User
from core.admin import EMPTY, ArchivableAdmin, ArchivedFilter, Column

MODALITIES = ("CR", "CT", "DX", "MG", "MR", "NM", "OT", "PT", "RF", "US", "XA")


def may_see_partly(request: HttpRequest) -> bool:
    """Return whether a list may hold rows that this person does not see whole."""
    return Role.RESEARCHER in viewer(request).roles and not viewer(request).is_superuser


def viewer(request: HttpRequest) -> User:
    return cast(User, request.user)


@admin.display(description="modality")
def research_modality(row: Any) -> str:
    return str(row.research_modality)


@admin.display(description="body part")
def research_body_part(row: Any) -> str:
    return row.research_body_part or EMPTY


class EvidenceAdmin(ArchivableAdmin):
    """Read-only pages. An owner archives and restores; everything else is done through the API."""

    roles = {"view": CLINICAL, "archive": frozenset({Role.DOCTOR})}
    owner_field = "owner"
    ordering = ("-created_at", "-id")
    research_list_display: ClassVar[tuple[Column, ...]] = ()
    research_list_filter: ClassVar[tuple[type[ListFilter], ...]] = ()
    research_search_fields: ClassVar[tuple[str, ...]] = ()
    research_fields: ClassVar[tuple[Column, ...]] = ()
    name_columns: ClassVar[tuple[str, ...]] = ("uid",)  # that a search compares exactly; each has an index

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = self.model._default_manager.looked_up_for(viewer(request))
        return rows.order_by(*self.get_ordering(request))

    def sees_whole(self, request: HttpRequest, row: Any) -> bool:
        return not may_see_partly(request) or row.is_open_to(request.user)

    def title_for(self, request: HttpRequest, row: Any) -> str:
        """Leave out dates and free text for people who do not see the row whole."""
        return str(row) if self.sees_whole(request, row) else row.research_title

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Order by random ids for researchers, who may not learn when evidence was uploaded."""
        return ("id",) if may_see_partly(request) else self.ordering

    def get_list_display(self, request: HttpRequest) -> Any:
        return self.research_list_display if may_see_partly(request) else super().get_list_display(request)

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Offer researchers no filter by time."""
        return (ArchivedFilter, *self.research_list_filter) if may_see_partly(request) else self.list_filter

    def get_search_fields(self, request: HttpRequest) -> Any:
        return self.research_search_fields if may_see_partly(request) else self.search_fields

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.shown_fields if obj is None or self.sees_whole(request, obj) else self.research_fields

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.get_fields(request, obj)

    def search(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        """Find rows by the username of their owner, or else by a whole name of the row."""
        if owner := User.objects.filter(username=text).first():
            return rows.filter(owner=owner)
        # The second condition is that of the index.
        named = [Q(**{column: text}) & ~Q(**{column: ""}) for column in self.name_columns]
        return rows.filter(reduce(or_, named))

    def has_history(self, request: HttpRequest, row: Model) -> bool:
        return super().has_history(request, row) and self.sees_whole(request, row)
