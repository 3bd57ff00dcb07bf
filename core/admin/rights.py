"""Who may do what in the admin: a table on each of its classes, as on the views of the API."""

from collections.abc import Callable
from typing import Any, ClassVar


class Rights:
    """What is not listed is refused, and nothing is destroyed."""

    roles: ClassVar[dict[str, Any]] = {}  # view, add, change, archive: roles
    acts: ClassVar[dict[str, Callable[..., Any]]] = {}  # add, change, archive, restore: actions
    owner: str | None = None  # whose row it is: nobody else changes it
    partly: ClassVar[Any] = frozenset()  # roles that see rows, but not whole
    research_fields: tuple[Any, ...] = ()  # what they see of such a row

    def may(self, request: Any, what: str) -> bool:
        return bool(frozenset(self.roles.get(what, ())) & getattr(request.user, "roles", frozenset()))

    def is_theirs(self, request: Any, row: Any) -> bool:
        if row is None or request.user.is_superuser:
            return True
        return self.is_whole(row) and (self.owner is None or getattr(row, f"{self.owner}_id") == request.user.pk)

    def is_whole(self, row: Any) -> bool:
        """Whether it is shown whole. Where some see less of rows, one that does not say so is not."""
        return getattr(row, "is_open", not self.research_fields)

    def has_module_permission(self, request: Any) -> bool:
        return self.may(request, "view")

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return self.may(request, "view")

    def has_add_permission(self, request: Any, *args: Any) -> bool:
        return "add" in self.acts and self.may(request, "add")

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return "change" in self.acts and self.may(request, "change") and self.is_theirs(request, obj)

    def has_archive_permission(self, request: Any, obj: Any = None) -> bool:
        return "archive" in self.acts and self.may(request, "archive") and self.is_theirs(request, obj)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        """Nothing is destroyed here."""
        return False

    def sees_partly(self, request: Any) -> bool:
        """Whether there may be rows in a list that this person does not see whole."""
        return bool(self.partly & request.user.roles) and not request.user.is_superuser
