"""Who may do what in the admin. A clinician could sign this table."""

import pytest
from django.contrib import admin

from accounts.models import Team, User
from core.admin import EditableAdmin, RecordAdmin, RecordForm
from disease.models import Code, CodeMapping, CodeSystem, Disease
from events.models import Event
from imagery.models import Deidentification, Image, Patient, Series, Study
from label.models import Annotation, Label
from tests.kit.pages import MODELS, outcome, page_of

pytestmark = pytest.mark.on_both

PEOPLE = ("nobody", "unstaffed", "doctor", "colleague", "stranger", "researcher", "auditor", "root")
# Each person's answer: "-" has to log in, "x" is refused, "0" does not find it, "r" reads it, "w" gets a form.
# fmt: off
#                            nobody unst. doctor coll. stran. resea. audit. root
RIGHTS = {
    ("list", User):             "-      -     x      x     x      x      x      r",
    ("one",  User):             "-      -     x      x     x      x      x      w",
    ("add",  User):             "-      -     x      x     x      x      x      w",
    ("list", Team):             "-      -     r      r     r      x      x      r",
    ("one",  Team):             "-      -     w      r     0      x      x      w",
    ("add",  Team):             "-      -     w      w     w      x      x      w",
    ("list", CodeSystem):       "-      -     r      r     r      r      r      r",
    ("one",  CodeSystem):       "-      -     r      r     r      r      r      r",
    ("add",  CodeSystem):       "-      -     x      x     x      x      x      x",
    ("list", Code):             "-      -     r      r     r      r      r      r",
    ("one",  Code):             "-      -     r      r     r      r      r      r",
    ("add",  Code):             "-      -     x      x     x      x      x      x",
    ("list", CodeMapping):      "-      -     r      r     r      r      r      r",
    ("one",  CodeMapping):      "-      -     r      r     r      r      r      r",
    ("add",  CodeMapping):      "-      -     x      x     x      x      x      x",
    ("list", Disease):          "-      -     r      r     r      r      x      r",
    ("one",  Disease):          "-      -     r      r     r      w      x      w",
    ("add",  Disease):          "-      -     x      x     x      w      x      w",
    ("list", Patient):          "-      -     r      r     r      r      x      r",
    ("one",  Patient):          "-      -     r      0     0      r      x      r",
    ("add",  Patient):          "-      -     x      x     x      x      x      x",
    ("list", Study):            "-      -     r      r     r      r      x      r",
    ("one",  Study):            "-      -     r      r     0      r      x      r",
    ("add",  Study):            "-      -     x      x     x      x      x      x",
    ("list", Series):           "-      -     r      r     r      r      x      r",
    ("one",  Series):           "-      -     r      r     0      r      x      r",
    ("add",  Series):           "-      -     x      x     x      x      x      x",
    ("list", Image):            "-      -     r      r     r      r      x      r",
    ("one",  Image):            "-      -     r      r     0      r      x      r",
    ("add",  Image):            "-      -     x      x     x      x      x      x",
    ("list", Deidentification): "-      -     r      r     r      r      x      r",
    ("one",  Deidentification): "-      -     r      r     0      r      x      r",
    ("add",  Deidentification): "-      -     x      x     x      x      x      x",
    ("list", Label):            "-      -     r      r     r      r      x      r",
    ("one",  Label):            "-      -     r      r     r      w      x      w",
    ("add",  Label):            "-      -     x      x     x      w      x      w",
    ("list", Annotation):       "-      -     r      r     r      r      x      r",
    ("one",  Annotation):       "-      -     r      r     0      r      x      r",
    ("add",  Annotation):       "-      -     x      x     x      x      x      x",
    ("list", Event):            "-      -     x      x     x      x      r      r",
    ("one",  Event):            "-      -     x      x     x      x      r      r",
    ("add",  Event):            "-      -     x      x     x      x      x      x",
}
# fmt: on


def test_each_page_is_shown_as_the_table_says(rows, client_as):
    clients = {name: client_as(name) for name in PEOPLE}
    wrong = {}
    for (page, model), row in RIGHTS.items():
        expected = dict(zip(PEOPLE, row.split(), strict=True))
        answers = {name: outcome(client.get(page_of(page, rows[model]))) for name, client in clients.items()}
        wrong |= {(page, model.__name__): answers} if answers != expected else {}
    assert wrong == {}


def test_a_form_that_is_not_shown_is_refused(rows, client_as):
    """An empty form may be complete, so a person who gets the form is not asked here."""
    clients = {name: client_as(name) for name in PEOPLE}
    accepted = []
    for (page, model), row in RIGHTS.items():
        if page == "list":
            continue
        for (name, client), right in zip(clients.items(), row.split(), strict=True):
            answer = outcome(client.post(page_of(page, rows[model]), {}, format="multipart")) if right != "w" else ""
            if right != "w" and answer not in {"r": "x", "0": "0x"}.get(right, right):
                accepted.append((page, model.__name__, name, answer))
    assert accepted == []


def test_no_row_is_deleted(rows, client_as):
    client = client_as("root")
    for model, row in rows.items():
        assert client.post(page_of("delete", row), {"post": "yes"}, format="multipart").status_code == 403, model
        assert model.objects.filter(pk=row.pk).exists()
        page = client.get(page_of("list", row)).content.decode()
        assert "delete_selected" not in page and "deletelink" not in page, model


def test_every_table_has_a_row_in_the_matrix():
    assert {model for _, model in RIGHTS} == set(MODELS) == set(admin.site._registry)


def test_every_page_is_made_of_our_base_classes_and_saves_by_recorded_actions():
    """There is no other door: Django's own saves, inlines and editable lists would pass by the actions."""
    for page in admin.site._registry.values():
        assert isinstance(page, RecordAdmin)
        assert not page.inlines and not page.list_editable
        assert all(action.verb for action in getattr(page, "row_actions", {}).values())
        if isinstance(page, EditableAdmin):
            assert issubclass(page.form, RecordForm) and issubclass(getattr(page, "add_form", page.form), RecordForm)
            assert type(page).save_model is EditableAdmin.save_model
            assert type(page).save_related is EditableAdmin.save_related
