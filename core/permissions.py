"""Rights are a table on each view, `roles = {action: roles}`; what is not listed is refused."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request


class HasRole(BasePermission):
    """Let those in whose roles meet the view's table; nobody anonymous, nothing unlisted.

    Where a view names an `owner` field, seeing a row is not enough to change it: it must be one's own.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False
        action = getattr(view, "action", None)
        if action is None:  # no such method here: let the view answer 405
            return True
        return bool(self.allowed(view, action) & request.user.roles)

    def has_object_permission(self, request: Request, view: Any, record: Any) -> bool:
        if request.method in SAFE_METHODS or view.owner is None or request.user.is_superuser:
            return True
        return getattr(record, f"{view.owner}_id") == request.user.pk

    def allowed(self, view: Any, action: str) -> frozenset:
        if action == "metadata":  # OPTIONS tells a view's shape to whoever may do anything there
            return frozenset().union(*view.roles.values())
        return frozenset(view.roles.get(action, ()))
