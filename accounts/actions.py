"""Actions on users and teams."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from knox.models import AuthToken

from accounts.models import Role, Team, User
from core.actions import recorded
from core.exceptions import Conflict


@recorded("registered")
def register_user(*, by: User | None, username: str, password: str, roles: Iterable[Role] = (), **fields: Any) -> User:
    user = User.objects.create_user(username=username, password=password, **fields)
    user.groups.set(Group.objects.filter(name__in=list(roles)))
    return user


@recorded("changed")
def change_user(*, by: User, user: User, roles: Iterable[Role] | None = None, **fields: object) -> User:
    """Save the fields that differ. Refuse to remove the last active superuser."""
    _refuse_last_superuser(user, fields)
    changed = [name for name, value in fields.items() if getattr(user, name) != value]
    for name in changed:
        setattr(user, name, fields[name])
    if changed:
        user.save(update_fields=changed)
    if roles is not None and set(roles) != set(user.groups.values_list("name", flat=True)):
        user.groups.set(Group.objects.filter(name__in=list(roles)))
    return user


def _refuse_last_superuser(user: User, fields: Mapping[str, object]) -> None:
    stays = fields.get("is_active", user.is_active) and fields.get("is_superuser", user.is_superuser)
    others = User.objects.filter(is_active=True, is_superuser=True).exclude(pk=user.pk)
    if user.is_active and user.is_superuser and not stays and not others.exists():
        raise Conflict(f"{user.username} is the last active superuser. Make another superuser first.")


@recorded("password set")
def set_password(*, by: User, user: User, password: str | None) -> User:
    """Set a new password, or none, and end every token of this user, so that they have to log in again."""
    user.set_password(password)
    user.save(update_fields=["password"])
    AuthToken.objects.filter(user=user).delete()
    return user


@recorded("expired tokens forgotten")
def delete_expired_tokens(*, by: User) -> None:
    AuthToken.objects.filter(user=by, expiry__lte=timezone.now()).delete()


@recorded("created")
def create_team(*, by: User, name: str) -> Team:
    team = Team.objects.create(name=name, lead=by)
    team.members.set([by])
    return team


@recorded("changed")
def change_team(*, by: User, team: Team, **fields: Any) -> Team:
    """Change the name of a team, or all its members at once."""
    _refuse_unless_lead(by, team)
    if "members" in fields:
        _refuse_change_of_members(team, fields["members"])
    return team.change(**fields)


@recorded("archived")
def archive_team(*, by: User, team: Team) -> Team:
    _refuse_unless_lead(by, team)
    return team.archive()


@recorded("restored")
def restore_team(*, by: User, team: Team) -> Team:
    _refuse_unless_lead(by, team)
    return team.restore()


@recorded("let in")
def let_in(*, by: User, team: Team, user: User) -> Team:
    _refuse_unless_lead(by, team)
    if team.archived:
        raise Conflict("This team is archived. Restore it first.")
    return team.change(members=[*team.members.all(), user])


@recorded("stepped out")
def step_out(*, by: User, team: Team, user: User) -> Team:
    """Leave a team, or, as its lead, take a member out."""
    if user != by:
        _refuse_unless_lead(by, team)
    if user == team.lead:
        raise Conflict("The lead cannot leave the team. Archive the team instead.")
    return team.change(members=[member for member in team.members.all() if member != user])


def _refuse_change_of_members(team: Team, members: Collection[User]) -> None:
    if team.archived:
        raise Conflict("This team is archived. Restore it first.")
    if team.lead not in members:
        raise Conflict("The lead cannot leave the team. Archive the team instead.")


def _refuse_unless_lead(by: User, team: Team) -> None:
    if not (by == team.lead or by.is_superuser):
        raise PermissionDenied("Only the lead of a team may do this.")
