"""Filters are declared, and an unknown query parameter is a 400 that names it."""

from collections.abc import Container
from typing import TYPE_CHECKING, Any

import django_filters
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from django_filters.utils import translate_validation
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from core.models import RecordQuerySet

if TYPE_CHECKING:  # the views import this module
    from core.views import RecordViewSet

PAGING = frozenset({"cursor", "page_size"})


class ListFilterBackend(DjangoFilterBackend):
    """Filters lists only: one object is looked up by its id, archived or not."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: "RecordViewSet") -> QuerySet:
        if view.detail:
            return queryset
        filterset_class = self.get_filterset_class(view, queryset)
        if filterset_class is None:
            return queryset
        filterset = filterset_class(**self.get_filterset_kwargs(request, queryset, view), only=request.query_params)
        if not filterset.is_valid():
            raise translate_validation(filterset.errors)
        return filterset.qs


class ListFilter(django_filters.FilterSet):
    """Filters of a list. With `only`, just the filters of these names are built: most requests name none or one."""

    base_filters: dict[str, django_filters.Filter]

    def __init__(self, *args: Any, only: Container[str] | None = None, **kwargs: Any) -> None:
        if only is not None:
            self.base_filters = {name: self.base_filters[name] for name in self.base_filters if name in only}
        super().__init__(*args, **kwargs)

    def is_valid(self) -> bool:
        return not self.filters or super().is_valid()

    @property
    def qs(self) -> QuerySet:
        return super().qs if self.filters else self.queryset


class RecordFilter(ListFilter):
    """Filters of every list of records."""

    archived = django_filters.BooleanFilter(
        method="filter_archived", label="true: what is archived; otherwise what is in use."
    )

    @property
    def qs(self) -> RecordQuerySet:
        rows: Any = super().qs
        return rows if "archived" in self.filters and self.form.cleaned_data["archived"] else rows.live()

    def filter_archived(self, queryset: RecordQuerySet, name: str, value: bool) -> RecordQuerySet:
        return queryset.archived() if value else queryset


def refuse_unknown_parameters(request: Request, view: "RecordViewSet") -> None:
    unknown = [name for name in request.query_params if name not in allowed_parameters(view)]
    if unknown:
        raise ValidationError({name: ["This query parameter is not known here."] for name in unknown})


def allowed_parameters(view: "RecordViewSet") -> set[str]:
    names = {"format", *view.query_parameters.get(view.action, ())}
    if view.action in ("list", "create", "history"):  # a form on a filtered list is sent to the address of the list
        names |= PAGING
    if view.action in ("list", "create") and view.filterset_class:
        names |= set(view.filterset_class.base_filters)
    return names
