"""A row is locked before it is read for a change, so that two changes at once do not overwrite each other.

SQLite needs no such lock: its transactions that write come one after the other.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.views import ArchivableViewSet, EditableViewSet
from harrison.urls import router
from imagery.models import Image, Study, Usage
from label.models import Annotation, Label
from tests.kit import factories as make
from tests.kit.api import upload, where
from tests.kit.cases import failures
from tests.kit.database import rolled_back
from tests.kit.files import real
from tests.kit.needs import on_postgresql

pytestmark = [pytest.mark.on_both, on_postgresql]


def locked_tables(queries) -> set[str]:
    """The tables of rows that were locked."""
    return {query["sql"].split('FROM "')[1].split('"')[0] for query in queries if "FOR UPDATE" in query["sql"]}


def changes() -> set[tuple[str, str]]:
    """Every way in which a view changes one row."""
    archivable = {name for _, view, name in router.registry if issubclass(view, ArchivableViewSet)}
    editable = {name for _, view, name in router.registry if issubclass(view, EditableViewSet)}
    return {(method, name) for name in archivable for method in ("DELETE", "restore")} | {
        ("PATCH", name) for name in editable
    }


def test_a_row_is_locked_before_a_view_changes_it(rows, root, client_of):
    client = client_of(root)

    def check(case):
        method, name = case
        route = f"{name}-restore" if method == "restore" else f"{name}-detail"
        with rolled_back(), CaptureQueriesContext(connection) as queries:
            answer = client.generic("POST" if method == "restore" else method, where(route, rows[name]), **EMPTY)
        assert answer.status_code in (200, 204, 409), answer.content
        assert rows[name]._meta.db_table in locked_tables(queries)

    assert failures(sorted(changes()), check) == {}


EMPTY = {"data": b"{}", "content_type": "application/json"}


def test_a_label_is_locked_while_an_annotation_of_it_is_made(image, api, label):
    body = {"image": str(image.pk), "label": str(label.pk), "state": "present"}
    with CaptureQueriesContext(connection) as queries:
        assert api.post("/api/v1/annotations/", body, format="json").status_code == 201
    assert Annotation.objects.count() == 1 and Label._meta.db_table in locked_tables(queries)


def test_an_upload_locks_the_study_it_goes_into_and_its_owners_usage(api):
    upload(api, real("CT_small.dcm"))
    with CaptureQueriesContext(connection) as queries:
        assert upload(api, make.png(1), study=str(Study.objects.get().pk)).status_code == 201
    assert {Study._meta.db_table, Usage._meta.db_table} <= locked_tables(queries)


def test_an_image_is_locked_before_it_names_another_copy(api):
    image = upload(api, make.png(1)).json()
    boxes = {"boxes": [{"left": 1, "top": 1, "width": 5, "height": 5}]}
    with CaptureQueriesContext(connection) as queries:
        assert api.post(where("image-redact", image), boxes, format="json").status_code == 200
    locks = [query["sql"] for query in queries if "FOR UPDATE" in query["sql"] and Image._meta.db_table in query["sql"]]
    assert len(locks) == 2, "once by the view, and once when the copy is made"
