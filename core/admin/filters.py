"""Filters and pages of the admin's lists whose cost does not grow with the table."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from core.models import RecordQuerySet


class BoundedPaginator(Paginator):
    """Counts to a limit. People find rows beyond it by a filter or a search."""

    max_count = 1000

    @cached_property
    def count(self) -> int:
        """Count in the order of the page: without an order PostgreSQL may read the whole table."""
        rows = cast(QuerySet, self.object_list)
        return rows[: self.max_count].count()


class ListedFilter(admin.SimpleListFilter):
    """Refuses a value that it does not offer: Django would show the list as if it were not filtered."""

    def value(self) -> str | None:
        value = super().value()
        offered = [str(name) for name, _ in self.lookup_choices]
        if value is not None and value not in offered:
            raise BadRequest(
                f"{self.parameter_name}: {value[:40]} is not a value of this filter. Use {', '.join(offered)}."
            )
        return value


class ChoiceFilter(ListedFilter):
    """Filters by the values of a column that are listed here. Django's own filter would search every row for them."""

    values: ClassVar[Mapping[str, object]] = {}

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(name, name) for name in self.values]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Filter with `in`: for a boolean column SQLite finds no index behind the `NOT column` that Django writes."""
        if (name := self.value()) not in self.values:
            return queryset
        return queryset.filter(**{f"{self.parameter_name}__in": [self.values[str(name)]]})


def choice_filter(column: str, values: Iterable[str | int]) -> type[ChoiceFilter]:
    return _filter_of(column, {str(value): value for value in values})


def boolean_filter(column: str) -> type[ChoiceFilter]:
    return _filter_of(column, {"yes": True, "no": False})


def _filter_of(column: str, values: Mapping[str, object]) -> type[ChoiceFilter]:
    title = column.replace("_", " ")
    return type(f"{column}_filter", (ChoiceFilter,), {"title": title, "parameter_name": column, "values": values})


class ArchivedFilter(ListedFilter):
    """Shows rows in use by default."""

    title = "use"
    parameter_name = "archived"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "archived"), ("all", "in use and archived")]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        default, *others = super().choices(changelist)
        yield {**default, "display": "in use"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        rows = cast(RecordQuerySet, queryset)
        return {"yes": rows.archived, "all": rows.all}.get(self.value() or "", rows.live)()


class TimeFilter(ListedFilter):
    """Filters by the time in a column that has an index."""

    title = "time"
    parameter_name = "since"
    column = "created_at"
    days: ClassVar[Mapping[str, int]] = {"day": 1, "week": 7, "month": 30}

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("day", "last 24 hours"), ("week", "last 7 days"), ("month", "last 30 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if days := self.days.get(self.value() or ""):
            since = timezone.now() - timedelta(days=days)
            return queryset.filter(**{f"{self.column}__gte": self.bound(since)})
        return queryset

    def bound(self, since: datetime) -> object:
        """Return the lowest value of the column at this time."""
        return since
