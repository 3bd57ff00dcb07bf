"""Rights in the admin: a table of roles on each class, like `roles` on the views of the API."""

from collections.abc import Mapping
from typing import ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest


class RoleRights(admin.ModelAdmin):
    """Refuse what `roles` does not list, and refuse every deletion."""

    roles: ClassVar[Mapping[str, frozenset[str]]] = {}  # for view, add, change and archive
    owner_field = ""  # the person who alone may change or archive a row, apart from superusers
    is_owners_alone = False  # whether superusers, too, change only rows of their own

    def has_right(self, request: HttpRequest, right: str) -> bool:
        return bool(self.roles.get(right, frozenset()) & getattr(request.user, "roles", frozenset()))

    def owns(self, request: HttpRequest, row: Model | None) -> bool:
        if row is None or not self.owner_field:
            return True
        if getattr(request.user, "is_superuser", False) and not self.is_owners_alone:
            return True
        return getattr(row, f"{self.owner_field}_id") == request.user.pk

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_right(request, "view")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_right(request, "view")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_right(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_right(request, "change") and self.owns(request, obj)

    def has_archive_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_right(request, "archive") and self.owns(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
