"""The states of a statement about an image, and which statements of one reader may stand side by side."""

from typing import Protocol
from uuid import UUID

from django.db import models

from core.exceptions import Conflict
from label.places import WHOLE_IMAGE


class State(models.TextChoices):
    """No annotation at all means "not asked"."""

    PRESENT = "present"
    ABSENT = "absent"
    UNCERTAIN = "uncertain"
    NOT_ASSESSABLE = "not_assessable"


# State of the whole image: states of places in it that agree with it. docs/doctor.md shows the table.
AGREEING: dict[str, frozenset[str]] = {
    State.PRESENT: frozenset(State),
    State.ABSENT: frozenset({State.ABSENT}),
    State.UNCERTAIN: frozenset(State) - {State.PRESENT},
    State.NOT_ASSESSABLE: frozenset(State) - {State.PRESENT},
}


class Statement(Protocol):
    """An annotation, of which only these attributes are read."""

    id: UUID
    place: str
    state: str


def refuse_contradiction(statement: Statement, other: Statement) -> None:
    """Raise `Conflict` if both cover the same place, or contradict each other."""
    if statement.place == other.place:
        raise Conflict(
            f"You already annotated {name_place(other)} with this label ({other.state}). Change annotation {other.id}.",
            "already_annotated",
        )
    if not agree(statement, other):
        raise Conflict(
            f"{statement.state} for {name_place(statement)} contradicts your annotation {other.id}, which says "
            f"{other.state} for {name_place(other)}. Change or archive that annotation first.",
            "contradiction",
        )


def agree(one: Statement, other: Statement) -> bool:
    """Return whether two statements about different places agree. Those about two shapes always do."""
    if other.place == WHOLE_IMAGE:
        one, other = other, one
    return one.place != WHOLE_IMAGE or other.state in AGREEING[one.state]


def name_place(statement: Statement) -> str:
    return "the whole image" if statement.place == WHOLE_IMAGE else "a place in the image"
