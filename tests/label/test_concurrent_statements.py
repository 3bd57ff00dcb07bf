"""Two annotations that contradict each other and come at the same moment: one is stored, the other is a conflict.

It commits, so its tables are emptied at its end; `serialized_rollback` brings back what the migrations had written.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from core.exceptions import Conflict
from label import actions
from label.models import Annotation

pytestmark = pytest.mark.on_both

POINT = {"type": "point", "frame": 0, "points": [[1, 1]]}
STATEMENTS = [("absent", None), ("present", POINT), ("absent", None), ("present", POINT)]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_reader_never_contradicts_themselves_however_fast_they_are(doctor, image, label):
    """On PostgreSQL their transactions run side by side.

    The SQLite of the tests lives in memory, which threads cannot share: there they come one after the other.
    """

    def annotate(statement):
        state, geometry = statement
        try:
            return actions.annotate(by=doctor, image=image, label=label, state=state, geometry=geometry)
        except Conflict as conflict:
            return conflict.detail.code
        finally:
            connection.close()

    for _ in range(5):
        with ThreadPoolExecutor(len(STATEMENTS) if connection.vendor == "postgresql" else 1) as pool:
            outcomes = list(pool.map(annotate, STATEMENTS))
        stored = [outcome for outcome in outcomes if isinstance(outcome, Annotation)]
        refused = [outcome for outcome in outcomes if not isinstance(outcome, Annotation)]
        assert len(stored) == 1 and set(refused) == {"already_annotated", "contradiction"}, outcomes
        actions.archive_annotation(by=doctor, annotation=stored[0])
