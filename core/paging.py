"""Lists are paged by a cursor on the key: the millionth row costs what the first does."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class MergedQuerySets:
    """Querysets of dictionaries without a common row, read as one: of each part a page, merged in their order."""

    def __init__(self, parts: Sequence[QuerySet], order: tuple[str, ...] = ()) -> None:
        self.parts, self.order = parts, order

    def order_by(self, *order: str) -> "MergedQuerySets":
        return MergedQuerySets([part.order_by(*order) for part in self.parts], order)

    def filter(self, **conditions: object) -> "MergedQuerySets":
        return MergedQuerySets([part.filter(**conditions) for part in self.parts], self.order)

    def __getitem__(self, page: slice) -> list[Mapping[str, object]]:
        rows = [row for part in self.parts for row in part[: page.stop]]
        columns = itemgetter(*(name.lstrip("-") for name in self.order))
        return sorted(rows, key=columns, reverse=self.order[0].startswith("-"))[page]


class CursorPages(CursorPagination):
    """Newest first, 50 rows by default, 200 at most."""

    ordering = "-id"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list | None:
        """Return a page of a queryset, or of several that are read as one."""
        rows: Any = MergedQuerySets(queryset) if isinstance(queryset, list) else queryset
        try:
            return super().paginate_queryset(rows, request, view)
        except (NotFound, ValueError, OverflowError, DjangoValidationError):
            if self.cursor_query_param not in request.query_params:
                raise
            raise ValidationError({"cursor": "This is not a cursor of this list: start without one."}) from None

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        """Order a search by rank, and every other list as its view says."""
        is_search = isinstance(queryset, QuerySet) and "rank" in queryset.query.annotations
        return tuple(queryset.query.order_by) if is_search else view.list_ordering

    def get_page_size(self, request: Request) -> int | None:
        size = request.query_params.get(self.page_size_query_param)
        if size is not None and not (size.isascii() and size.isdigit() and 1 <= int(size[:6]) <= self.max_page_size):
            raise ValidationError({"page_size": f"A whole number from 1 to {self.max_page_size}."})
        return super().get_page_size(request)
