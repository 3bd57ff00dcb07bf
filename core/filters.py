"""Filters are declared, and an unknown query parameter is a 400 that names it."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

PAGING = frozenset({"cursor", "page_size"})


class ListFilterBackend(DjangoFilterBackend):
    """Filters lists only: one object is looked up by its id, archived or not."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> QuerySet:
        if view.detail:
            return queryset
        return super().filter_queryset(request, queryset.narrowed_to(request.user), view)


class RecordFilter(django_filters.FilterSet):
    """What every list of records takes."""

    archived = django_filters.BooleanFilter(
        method="filter_archived", label="true: what is archived; otherwise what is in use."
    )

    @property
    def qs(self) -> Any:
        found = super().qs
        return found if self.form.cleaned_data.get("archived") else found.live()

    def filter_archived(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.archived() if value else queryset


def in_use(rows: Any, filters: type[django_filters.FilterSet] | None) -> Any:
    """What such filters leave of a list when nothing is asked for."""
    return rows.live() if filters and issubclass(filters, RecordFilter) else rows


def refuse_unknown_parameters(request: Request, view: Any) -> None:
    known = known_parameters(view)
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        raise ValidationError({name: ["This query parameter is not known here."] for name in unknown})


def known_parameters(view: Any) -> set[str]:
    known = {"format", *view.query_parameters.get(view.action, ())}
    if view.action in ("list", "history"):
        known |= PAGING
    if view.action == "list" and getattr(view, "filterset_class", None):
        known |= set(view.filterset_class.base_filters)
    return known
