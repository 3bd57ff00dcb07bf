"""Which patients the answer to a request shows. Views and the admin note them; the audit log writes them down."""

from collections.abc import Iterable
from contextvars import ContextVar
from operator import attrgetter
from uuid import UUID

from django.db.models import Model

# The ids of the patients that the present request has shown so far; None outside of a request.
patients_shown: ContextVar[set[UUID] | None] = ContextVar("patients_shown", default=None)


def note_patients(ids: Iterable[UUID | None]) -> None:
    """Note that the answer shows data of these patients. Does nothing outside of a request."""
    noted = patients_shown.get()
    if noted is not None:
        noted.update(patient for patient in ids if patient)


def note_patient_of(row: Model, path: str | None) -> None:
    """Note the patient of one row; `path` leads from it to the id of the patient, None if it has none."""
    if path and patients_shown.get() is not None:
        note_patients([attrgetter(path.replace("__", "."))(row)])


def note_patients_of(rows: Iterable[Model], path: str | None) -> None:
    """Note the patients of rows of one model, with one query unless the path ends in the rows themselves."""
    shown = list(rows) if path and patients_shown.get() is not None else []
    if not shown or path is None:
        return
    if "__" not in path:
        note_patients(getattr(row, path) for row in shown)
    else:
        manager = type(shown[0])._default_manager
        note_patients(manager.filter(pk__in=[row.pk for row in shown]).order_by().values_list(path, flat=True))
