"""People and teams in the admin: the superuser registers people and gives them roles."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest

from accounts.models import Team, User
from core.actions import recorded
from core.admin import RecordAdmin


@recorded("changed in the admin")
def save_form(*, by: Any, form: Any) -> None:
    """Everything a form of the admin holds, groups included, in one revision."""
    form.instance.save()
    form.save_m2m()


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """A user is deactivated, never deleted: the record points at them."""

    list_display = ("username", "first_name", "last_name", "is_active", "is_superuser", "last_login")
    list_filter = ("groups", "is_active", "is_superuser")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        save_form(by=request.user, form=form)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Team)
class TeamAdmin(RecordAdmin):
    list_display = ("name", "lead", "created_at", "archived_at")
    search_fields = ("name",)
