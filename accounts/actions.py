"""What happens to people and teams."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts.models import Role, Team, User
from core.actions import Refused, recorded


@recorded("registered")
def register_user(*, by: User | None, username: str, password: str, roles: Iterable[Role] = (), **about: Any) -> User:
    user = User.objects.create_user(username=username, password=password, **about)
    user.groups.set(Group.objects.filter(name__in=list(roles)))
    return user


@recorded("created")
def create_team(*, by: User, name: str) -> Team:
    team = Team.objects.create(name=name, lead=by)
    team.members.set([by])
    return team


@recorded("changed")
def change_team(*, by: User, team: Team, **fields: Any) -> Team:
    _refuse_unless_lead(by, team)
    return team.change(**fields)


@recorded("archived")
def archive_team(*, by: User, team: Team) -> Team:
    _refuse_unless_lead(by, team)
    return team.change(archived_at=team.archived_at or timezone.now())


@recorded("restored")
def restore_team(*, by: User, team: Team) -> Team:
    _refuse_unless_lead(by, team)
    return team.change(archived_at=None)


@recorded("let in")
def let_in(*, by: User, team: Team, user: User) -> Team:
    _refuse_unless_lead(by, team)
    if team.archived:
        raise Refused("This team is archived: restore it first.")
    return team.change(members=[*team.members.all(), user])


@recorded("stepped out")
def step_out(*, by: User, team: Team, user: User) -> Team:
    """Leave a team, or, as its lead, see a member out."""
    if user != by:
        _refuse_unless_lead(by, team)
    if user == team.lead:
        raise Refused("The lead stays in the team: archive it instead.")
    return team.change(members=[member for member in team.members.all() if member != user])


def _refuse_unless_lead(by: User, team: Team) -> None:
    if not (by == team.lead or by.is_superuser):
        raise PermissionDenied("Only the lead of a team may do this.")
