"""Rights are a table on each view, `roles = {action: roles}`; an action that is not listed is refused."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

if TYPE_CHECKING:  # the views import the settings, which import this module
    from core.models import Record
    from core.views import RecordViewSet


class HasRole(BasePermission):
    """Allow users with one of the roles that the view's table lists for the action.

    Where a view names an `owner` field, only the owner of a row and superusers may change it; the rows of a view with
    `is_owners_alone` are statements, which not even a superuser changes.
    """

    def has_permission(self, request: Request, view: "RecordViewSet") -> bool:  # type: ignore[override]  # of our views
        if not request.user.is_authenticated:
            return False
        action = getattr(view, "action", None)
        if action is None:  # the path does not support this method: let the view answer 405
            return True
        return bool(self.allowed_roles(view.roles, action) & request.user.roles)

    def has_object_permission(self, request: Request, view: "RecordViewSet", record: "Record") -> bool:  # type: ignore[override]  # of our views
        if request.method in SAFE_METHODS or view.owner is None:
            return True
        if request.user.is_superuser and not view.is_owners_alone:
            return True
        return getattr(record, f"{view.owner}_id") == request.user.pk

    def allowed_roles(self, roles: Mapping[str, frozenset[str]], action: str) -> frozenset[str]:
        if action == "metadata":  # OPTIONS describes a view to everyone who may do anything there
            return frozenset().union(*roles.values())
        return roles.get(action, frozenset())
