"""Lists are paged by a cursor on the key: the millionth row costs what the first does."""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination


class CursorPages(CursorPagination):
    """Newest first, 50 rows by default, 200 at most."""

    ordering = "-id"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, ValueError, OverflowError, DjangoValidationError):
            raise ValidationError({"cursor": "This is not a cursor of this list: start without one."}) from None

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> tuple[str, ...]:
        """A search is ordered by itself, best first; everything else by its key."""
        ranked = isinstance(queryset, QuerySet) and "rank" in queryset.query.annotations
        return tuple(queryset.query.order_by) if ranked else (self.ordering,)

    def get_page_size(self, request: Any) -> int | None:
        asked = request.query_params.get(self.page_size_query_param)
        if asked is not None and not (
            asked.isascii() and asked.isdigit() and 1 <= int(asked[:6]) <= self.max_page_size
        ):
            raise ValidationError({"page_size": f"A whole number from 1 to {self.max_page_size}."})
        return super().get_page_size(request)
