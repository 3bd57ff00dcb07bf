"""How things happen in Harrison: an action is a verb, one transaction and one revision."""

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar

import reversion
from django.db import InterfaceError, OperationalError
from django.dispatch import receiver
from reversion.models import Revision
from reversion.signals import post_revision_commit

Action = TypeVar("Action", bound=Callable[..., Any])

# Nobody knows whether a transaction that ended so was committed: perhaps only the answer was lost.
UNCERTAIN = (OperationalError, InterfaceError)

# The revision made by the request in hand, so that its event can name it.
revision_made: ContextVar[Revision | None] = ContextVar("revision_made", default=None)


def recorded(verb: str) -> Callable[[Action], Action]:
    """Make a function an action: all of it happens or none, and one revision says who (`by`) did what (`verb`).

    An action that calls another joins them into one revision under the outer verb.
    """

    def decorate(action: Action) -> Action:
        @wraps(action)
        def act(*, by: Any, **facts: Any) -> Any:
            if reversion.is_active():
                return action(by=by, **facts)
            with reversion.create_revision():
                reversion.set_user(by)
                reversion.set_comment(verb)
                return action(by=by, **facts)

        act.verb = verb  # type: ignore[attr-defined]
        return act  # type: ignore[return-value]

    return decorate


def recorded_by(part: Callable[..., Any], action: Callable[..., Any]) -> None:
    """Say that an action does its slow work outside any transaction, and that `part` of it is what is recorded."""
    action.verb = part.verb  # type: ignore[attr-defined]  # functions take attributes; their type does not say so


@receiver(post_revision_commit)
def remember(revision: Revision, **_: Any) -> None:
    revision_made.set(revision)
