"""The admin shows every table; what is clinical changes through the API, whose actions record it."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest


class RecordAdmin(admin.ModelAdmin):
    """Read-only: a save here would go round the actions."""

    list_filter: ClassVar[Any] = ("archived_at",)
    show_full_result_count = False
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
