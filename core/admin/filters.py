"""Filters and pages of the admin's lists whose cost does not grow with the table."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.utils import timezone

from core.models import first_id


class BoundedPages(Paginator):
    """Counts to a limit and no further; what lies behind it is found by a filter or a search."""

    most = 10_000

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[: self.most].count()  # type: ignore[attr-defined]


class Archived(admin.SimpleListFilter):
    """What is in use, unless somebody asks for more."""

    title = "use"
    parameter_name = "archived"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "archived"), ("all", "in use and archived")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": "in use" if choice["display"] == "All" else choice["display"]}

    def queryset(self, request: Any, queryset: Any) -> Any:
        match self.value():
            case "yes":
                return queryset.archived()
            case "all":
                return queryset
        return queryset.live()


class Made(admin.SimpleListFilter):
    """When a row was made, told by its key: ids are ordered by time."""

    title = "when it was made"
    parameter_name = "made"
    days = {"day": 1, "week": 7, "month": 30}

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [("day", "last 24 hours"), ("week", "last 7 days"), ("month", "last 30 days")]

    def queryset(self, request: Any, queryset: Any) -> Any:
        days = self.days.get(self.value() or "")
        return queryset.filter(pk__gte=first_id(timezone.now() - timedelta(days=days))) if days else queryset


class Chosen(admin.SimpleListFilter):
    """One of a few known values of a column; subclasses name the column and the values."""

    values: tuple[Any, ...] = ()

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(value)) for value in self.values]

    def queryset(self, request: Any, queryset: Any) -> Any:
        known = self.value() in {str(value) for value in self.values}
        return queryset.filter(**{str(self.parameter_name): self.value()}) if known else queryset


def one_of(column: str, values: tuple[Any, ...]) -> type[admin.SimpleListFilter]:
    """A filter by a column whose values we know: Django's own would look for them in every row."""
    title = column.replace("_", " ")
    return type(f"{column}_filter", (Chosen,), {"title": title, "parameter_name": column, "values": values})
