"""An action is a verb, one transaction and one revision."""

from collections.abc import Callable
from contextlib import ExitStack
from contextvars import ContextVar
from functools import wraps
from types import TracebackType
from typing import ParamSpec, TypeVar

import reversion
from django.db import InterfaceError, OperationalError
from django.dispatch import receiver
from reversion.models import Revision
from reversion.signals import post_revision_commit

P = ParamSpec("P")
R = TypeVar("R")

# After these errors no one knows whether the transaction was committed: perhaps only the answer was lost.
UNCERTAIN = (OperationalError, InterfaceError)

# The revision that the current request made, so that its event can name it.
revision_made: ContextVar[Revision | None] = ContextVar("revision_made", default=None)


def recorded(verb: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function an action: all of it happens or nothing, in one revision that says who (`by`) did what (`verb`).

    An action that calls another joins both into one revision under the outer verb.
    """

    def decorate(action: Callable[P, R]) -> Callable[P, R]:
        @wraps(action)
        def act(*args: P.args, **kwargs: P.kwargs) -> R:
            if reversion.is_active():
                return action(*args, **kwargs)
            with reversion.create_revision():
                reversion.set_user(kwargs["by"])
                reversion.set_comment(verb)
                return action(*args, **kwargs)

        act.verb = verb  # type: ignore[attr-defined]  # functions take attributes; their type does not say so
        return act

    return decorate


def recorded_by(part: Callable[..., object], action: Callable[..., object]) -> None:
    """Mark an action that does its slow work outside of any transaction: `part` of it is what is recorded."""
    action.verb = part.verb  # type: ignore[attr-defined]  # as above


class Undo(ExitStack[None]):
    """Undo steps that run, last first, if the block fails. If the database may have committed, they do not run.

    Ctrl-C may come right after the commit, so an interrupt undoes nothing; `reconcile_files` finds what it leaves.
    """

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or issubclass(kind, UNCERTAIN) or not issubclass(kind, Exception):
            self.pop_all()
        super().__exit__(kind, error, trace)


@receiver(post_revision_commit)
def remember_revision(revision: Revision, **context: object) -> None:
    revision_made.set(revision)
