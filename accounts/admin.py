"""Users for superusers to edit, and teams for their leads."""

from copy import copy
from functools import partial, reduce
from operator import or_
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from knox.models import AuthToken
from reversion.models import Version

from accounts import actions
from accounts.models import Role, Team, TeamQuerySet, User
from core.admin import ArchivableAdmin, EditableAdmin, RecordForm

DOCTORS = frozenset({Role.DOCTOR})

# Roles are fixed, and tokens belong to their users.
admin.site.unregister([Group, AuthToken])


class UserForm(RecordForm, UserChangeForm):
    """A registered user. The password has a form of its own."""

    @property
    def state(self) -> str:
        """Return the last recorded version, because a user has no version number."""
        last = Version.objects.get_for_object(self.instance).order_by("-pk").first()
        return str(last.pk if last else 0)

    @property
    def facts(self) -> dict[str, object]:
        return groups_as_roles(super().facts)


class NewUserForm(RecordForm, AdminUserCreationForm):
    state = ""

    @property
    def facts(self) -> dict[str, object]:
        names = ("username", "first_name", "last_name", "email", "groups", "is_staff", "is_superuser")
        about = {name: self.cleaned_data[name] for name in names}
        return {**groups_as_roles(about), "password": new_password(self.cleaned_data)}


class PasswordForm(AdminPasswordChangeForm):
    """A new password, or none, for another user."""

    def __init__(self, *args: Any, by: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    def save(self, commit: bool = True) -> User:
        return actions.set_password(by=self.by, user=self.user, password=new_password(self.cleaned_data))


def groups_as_roles(facts: dict[str, Any]) -> dict[str, object]:
    if "groups" in facts:
        facts["roles"] = [group.name for group in facts.pop("groups")]
    return facts


def new_password(cleaned_data: dict[str, Any]) -> str | None:
    return cleaned_data["password1"] if cleaned_data["set_usable_password"] else None


@admin.register(User)
class UserAdmin(EditableAdmin, DjangoUserAdmin):
    """A user is deactivated and never deleted, because history and events point at them."""

    list_display = (
        "username", "first_name", "last_name", "role_names", "is_staff", "is_superuser", "is_active", "last_login",
    )  # fmt: skip
    list_filter = ("groups", "is_active", "is_staff", "is_superuser")
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    sortable_by = ("username", "last_name", "last_login")
    row_actions = {"create": actions.register_user, "change": actions.change_user}
    form = UserForm
    add_form = NewUserForm
    filter_horizontal = ("groups",)
    shown_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password", "seen")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Rights", {
            "fields": ("groups", "is_active", "is_staff", "is_superuser"),
            "description": "The groups are the roles. Staff may use this administration within their roles. "
            "A superuser has every right.",
        }),
        ("Times", {"fields": ("last_login", "date_joined")}),
    )  # fmt: skip
    add_fieldsets: Any = (
        (None, {"classes": ("wide",), "fields": ("username", "usable_password", "password1", "password2")}),
        ("Person", {"classes": ("wide",), "fields": ("first_name", "last_name", "email")}),
        ("Rights", {"classes": ("wide",), "fields": ("groups", "is_staff", "is_superuser")}),
    )
    history_excluded = frozenset({"password", "last_login", "user_permissions"})

    def has_right(self, request: HttpRequest, right: str) -> bool:
        return bool(getattr(request.user, "is_superuser", False)) and right != "archive"

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def search(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        """Search by username only for people who may not see users: a lead looks up members for a team."""
        columns = self.search_fields if self.has_view_permission(request) else ("username",)
        return rows.filter(reduce(or_, (Q(**{f"{column}__icontains": text}) for column in columns)))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Tell the form who sets the password, by a copy of this object: threads share the original."""
        page: Any = copy(self)
        page.change_password_form = partial(PasswordForm, by=request.user)
        return super(UserAdmin, page).user_change_password(request, id, form_url)

    @admin.display(description="roles")
    def role_names(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all()))


def active_doctors() -> QuerySet[User]:
    return User.objects.filter(
        is_active=True, pk__in=User.groups.through.objects.filter(group__name=Role.DOCTOR).values("user")
    )


@admin.register(Team)
class TeamAdmin(EditableAdmin, ArchivableAdmin):
    """Doctors see the teams they are in, and change the ones they lead."""

    list_display = ("name", "lead", "member_names", "created_at", "archived_at")
    list_select_related = ("lead",)
    search_fields = ("name",)
    search_help_text = "Part of a name."
    roles = dict.fromkeys(("view", "add", "change", "archive"), DOCTORS)
    owner_field = "lead"
    row_actions = {
        "create": actions.create_team,
        "change": actions.change_team,
        "archive": actions.archive_team,
        "restore": actions.restore_team,
    }
    field_choices = {"members": active_doctors}
    autocomplete_fields = ("members",)
    editable_fields = ("name", "members")
    shown_fields = ("lead", "created_at", "archived_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        return super().get_queryset(request).prefetch_related("members")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return ("name",) if obj is None else super().get_fields(request, obj)

    def search(self, request: HttpRequest, rows: TeamQuerySet, text: str) -> QuerySet:
        return rows.called(text)

    @admin.display(description="members")
    def member_names(self, team: Team) -> str:
        return ", ".join(sorted(member.username for member in team.members.all()))
