"""Who may do what in the admin. A clinician could sign this table."""

import pytest
from django.contrib import admin

from accounts.models import Team, User
from disease.models import Code, CodeMapping, CodeSystem, Disease
from events.models import Event
from imagery.models import Deidentification, Image, Patient, Series, Study
from label.models import Annotation, Label
from tests.kit.pages import MODELS, outcome, page_of

pytestmark = pytest.mark.on_both

PEOPLE = ("nobody", "unstaffed", "doctor", "colleague", "stranger", "researcher", "auditor", "root")
# What each person gets: "-" logged in elsewhere or not at all, "x" refused, "0" it does not exist for them,
# "r" it is shown, "w" it is shown with a form.
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
    ("one",  Patient):          "-      -     w      0     0      r      x      w",
    ("add",  Patient):          "-      -     w      w     w      x      x      w",
    ("list", Study):            "-      -     r      r     r      r      x      r",
    ("one",  Study):            "-      -     w      r     0      r      x      w",
    ("add",  Study):            "-      -     w      w     w      x      x      w",
    ("list", Series):           "-      -     r      r     r      r      x      r",
    ("one",  Series):           "-      -     r      r     0      r      x      r",
    ("add",  Series):           "-      -     x      x     x      x      x      x",
    ("list", Image):            "-      -     r      r     r      r      x      r",
    ("one",  Image):            "-      -     r      r     0      r      x      r",
    ("add",  Image):            "-      -     w      w     w      x      x      w",
    ("list", Deidentification): "-      -     r      r     r      r      x      r",
    ("one",  Deidentification): "-      -     r      r     0      r      x      r",
    ("add",  Deidentification): "-      -     x      x     x      x      x      x",
    ("list", Label):            "-      -     r      r     r      r      x      r",
    ("one",  Label):            "-      -     r      r     r      w      x      w",
    ("add",  Label):            "-      -     x      x     x      w      x      w",
    ("list", Annotation):       "-      -     r      r     r      r      x      r",
    ("one",  Annotation):       "-      -     w      r     0      r      x      w",
    ("add",  Annotation):       "-      -     w      w     w      x      x      w",
    ("list", Event):            "-      -     x      x     x      x      r      r",
    ("one",  Event):            "-      -     x      x     x      x      r      r",
    ("add",  Event):            "-      -     x      x     x      x      x      x",
}
# fmt: on


@pytest.mark.parametrize(("page", "model"), RIGHTS, ids=lambda each: getattr(each, "__name__", each))
def test_the_matrix(page, model, world, cast, client_of):
    where = page_of(page, world[model])
    assert {who: outcome(client_of(cast[who]).get(where)) for who in PEOPLE} == wanted(page, model)


@pytest.mark.parametrize(
    ("page", "model"), [case for case in RIGHTS if case[0] != "list"], ids=lambda each: getattr(each, "__name__", each)
)
def test_a_form_that_is_not_shown_is_not_taken(page, model, world, cast, client_of):
    where = page_of(page, world[model])
    for who, right in wanted(page, model).items():
        answer = client_of(cast[who]).post(where, {}, format="multipart")
        assert outcome(answer) in {"r": "x", "0": "0x", "w": "w0"}.get(right, right), who  # an empty form may be whole


def wanted(page: str, model) -> dict[str, str]:
    return dict(zip(PEOPLE, RIGHTS[page, model].split(), strict=True))


def test_every_table_of_ours_stands_in_the_matrix():
    assert set(admin.site._registry) == set(MODELS), "a table of somebody else's can be changed past our actions"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_nothing_is_deleted(model, world, cast, client_of):
    client = client_of(cast["root"])
    assert client.post(page_of("delete", world[model]), {"post": "yes"}, format="multipart").status_code == 403
    assert model.objects.filter(pk=world[model].pk).exists()
    page = client.get(page_of("list", world[model])).content.decode()
    assert "delete_selected" not in page and "deletelink" not in page
