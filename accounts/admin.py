"""People and teams in the admin: the superuser registers people and gives them roles; a lead lets people in."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from knox.models import AuthToken
from reversion.models import Version

from accounts import actions
from accounts.models import Role, Team, User
from core.admin import RecordAdmin, RecordForm, is_a_look_up

DOCTORS = frozenset({Role.DOCTOR})

# Roles are fixed, tokens are their owners', and neither is for deleting.
admin.site.unregister([Group, AuthToken])

PASSWORDS = ("usable_password", "set_usable_password", "password1", "password2")


def in_words(facts: dict[str, Any]) -> dict[str, Any]:
    """Groups are roles."""
    if "groups" in facts:
        facts["roles"] = [group.name for group in facts.pop("groups")]
    return facts


class UserForm(RecordForm, UserChangeForm):
    """A person who is there. The password has a form of its own."""

    @property
    def facts(self) -> dict[str, Any]:
        return in_words(super().facts)


class NewUserForm(RecordForm, AdminUserCreationForm):
    @property
    def facts(self) -> dict[str, Any]:
        told = in_words(super().facts)
        passwords = {name: told.pop(name, None) for name in PASSWORDS}
        return {**told, "password": passwords["password1"] if passwords["set_usable_password"] else None}


class PasswordForm(AdminPasswordChangeForm):
    """Somebody's new password, or none, set by a superuser."""

    def save(self, commit: bool = True) -> Any:
        password = self.cleaned_data["password1"] if self.cleaned_data["set_usable_password"] else None
        return actions.set_password(by=self.user.viewer, user=self.user, password=password)


@admin.register(User)
class UserAdmin(RecordAdmin, DjangoUserAdmin):
    """A user is deactivated, never deleted: the record points at them."""

    list_display = (
        "username", "first_name", "last_name", "their_roles", "is_staff", "is_superuser", "is_active", "last_login",
    )  # fmt: skip
    list_filter: ClassVar[Any] = ("groups", "is_active", "is_staff", "is_superuser")
    search_fields: ClassVar[Any] = ("username", "first_name", "last_name", "email")
    ordering: ClassVar[Any] = ("username",)
    sortable_by: ClassVar[Any] = ("username", "last_name", "last_login")
    acts: ClassVar[Any] = {"add": actions.register_user, "change": actions.change_user}
    actions = ()
    form = UserForm
    add_form = NewUserForm
    change_password_form = PasswordForm
    filter_horizontal = ("groups",)
    shown = ("last_login", "date_joined")
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("username", "password", "seen")}),
        ("Who they are", {"fields": ("first_name", "last_name", "email")}),
        ("What they may do", {
            "fields": ("groups", "is_active", "is_staff", "is_superuser"),
            "description": "The groups are the roles. Staff may come into this administration, where they can do "
            "what their roles let them do; a superuser has every right.",
        }),
        ("When", {"fields": ("last_login", "date_joined")}),
    )  # fmt: skip
    add_fieldsets: Any = (
        (None, {"classes": ("wide",), "fields": ("username", "usable_password", "password1", "password2")}),
        ("Who they are", {"classes": ("wide",), "fields": ("first_name", "last_name", "email")}),
        ("What they may do", {"classes": ("wide",), "fields": ("groups", "is_staff", "is_superuser")}),
    )
    untold = frozenset({"password", "last_login", "user_permissions"})

    def may(self, request: Any, what: str) -> bool:
        """People are the superuser's."""
        return bool(getattr(request.user, "is_superuser", False))

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    def get_search_fields(self, request: Any) -> Any:
        """A doctor looks for doctors to let into a team: by what the team shows of them."""
        return ("username",) if is_a_look_up(request) else self.search_fields

    @admin.display(description="roles")
    def their_roles(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all()))

    def state_of(self, row: Any) -> str:
        """A user has no version of their own: the record's last one stands for it."""
        last = Version.objects.get_for_object(row).order_by("-pk").first()
        return str(last.pk if last else 0)


def doctors() -> Any:
    return User.objects.filter(
        is_active=True, pk__in=User.groups.through.objects.filter(group__name=Role.DOCTOR).values("user")
    )


@admin.register(Team)
class TeamAdmin(RecordAdmin):
    """A doctor sees the teams they are in; its lead changes one."""

    list_display = ("name", "lead", "who", "created_at", "archived_at")
    list_select_related = ("lead",)
    search_fields: ClassVar[Any] = ("name",)
    roles: ClassVar[Any] = dict.fromkeys(("view", "add", "change", "archive"), DOCTORS)
    acts: ClassVar[Any] = {
        "add": actions.create_team,
        "change": actions.change_team,
        "archive": actions.archive_team,
        "restore": actions.restore_team,
    }
    owner = "lead"
    addable = ("name",)
    editable = ("name", "members")
    autocomplete_fields = ("members",)
    shown = ("lead", "created_at", "archived_at")

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).prefetch_related("members")

    def choices(self, user: Any, name: str, model: Any) -> Any:
        return doctors()

    def act(self, form: Any, *, by: Any) -> Any:
        """Who comes and who goes is let in and stepped out, one by one."""
        if form.is_new:
            return super().act(form, by=by)
        team, facts = Team.objects.get(pk=form.instance.pk), form.facts
        wanted = set(facts.pop("members", team.members.all()))
        there = set(team.members.all())
        for user in wanted - there:
            actions.let_in(by=by, team=team, user=user)
        for user in there - wanted:
            actions.step_out(by=by, team=team, user=user)
        return actions.change_team(by=by, team=team, **facts)

    @admin.display(description="members")
    def who(self, team: Team) -> str:
        return ", ".join(sorted(member.username for member in team.members.all()))
