"""Undo steps of an action that fails."""

import pytest
from django.db import InterfaceError, OperationalError

from core.actions import Undo


def steps_after(error: BaseException | None) -> list[str]:
    steps: list[str] = []
    try:
        with Undo() as undo:
            undo.callback(steps.append, "first")
            undo.callback(steps.append, "second")
            if error:
                raise error
    except type(error):
        pass
    return steps


def test_a_failure_undoes_the_steps_last_first():
    assert steps_after(ValueError()) == ["second", "first"]


@pytest.mark.parametrize(
    "outcome",
    [None, OperationalError(), InterfaceError(), KeyboardInterrupt(), SystemExit()],
    ids=["success", "locked", "lost", "interrupted", "stopped"],
)
def test_nothing_is_undone_after_a_success_or_if_the_database_may_have_committed(outcome):
    assert steps_after(outcome) == []
