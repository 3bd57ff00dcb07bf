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

    most = 1000

    @cached_property
    def count(self) -> int:
        """In the order of the page: without one PostgreSQL may read the whole table to find the first few thousand."""
        rows: Any = self.object_list
        return rows[: self.most].count()


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

    values: dict[str, Any] = {}

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in self.values]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """Asked with `in`: Django tells SQLite `NOT flag` for "is false", for which it looks in no index."""
        name = self.value() or ""
        return (
            queryset.filter(**{f"{self.parameter_name}__in": [self.values[name]]}) if name in self.values else queryset
        )


def one_of(column: str, values: tuple[Any, ...]) -> type[admin.SimpleListFilter]:
    """A filter by a column whose values we know: Django's own would look for them in every row."""
    return chosen(column, {str(value): value for value in values})


def yes_or_no(column: str) -> type[admin.SimpleListFilter]:
    return chosen(column, {"yes": True, "no": False})


def chosen(column: str, values: dict[str, Any]) -> type[admin.SimpleListFilter]:
    title = column.replace("_", " ")
    return type(f"{column}_filter", (Chosen,), {"title": title, "parameter_name": column, "values": values})
