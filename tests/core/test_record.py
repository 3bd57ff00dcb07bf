"""Every change keeps its past: one revision for each action, and a history that tells it."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest
from django.urls import reverse
from reversion.models import Revision, Version

from accounts import actions as accounts_actions
from core.actions import recorded
from core.exceptions import Conflict
from disease import actions as disease_actions
from label import actions as label_actions
from label.models import Label
from tests.kit import factories as make

pytestmark = pytest.mark.on_both

ROOT = Path(__file__).parents[2]


def files_of(layer):
    """The file of a layer in each app, or the folder that it has become."""
    return [path for path in ROOT.glob(f"*/{layer}*") if path.name in (layer, f"{layer}.py")]


APPS_THAT_ACT = sorted(path.parent.name for path in files_of("actions") if path.parent.name != "core")


def public_actions(app):
    module = importlib.import_module(f"{app}.actions")
    return {
        name: function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__.startswith(module.__name__) and not name.startswith("_")
    }


def test_every_app_that_acts_is_looked_at():
    assert {"accounts", "disease", "imagery", "label"} <= set(APPS_THAT_ACT)
    assert all(public_actions(app) for app in APPS_THAT_ACT)


@pytest.mark.parametrize("app", APPS_THAT_ACT)
def test_every_public_action_is_recorded(app):
    assert [name for name, action in public_actions(app).items() if not hasattr(action, "verb")] == []


@pytest.mark.parametrize("app", APPS_THAT_ACT)
def test_every_action_is_keyword_only_and_says_by_whom(app):
    for name, action in public_actions(app).items():
        parameters = inspect.signature(inspect.unwrap(action)).parameters
        assert "by" in parameters, name
        assert all(p.kind in (p.KEYWORD_ONLY, p.VAR_KEYWORD) for p in parameters.values()), name


WRITERS = {
    "create", "save", "update", "bulk_create", "bulk_update", "delete", "get_or_create", "update_or_create", "change",
}  # fmt: skip


def test_nothing_is_written_past_the_actions():
    layers = files_of("views") + files_of("serializers")
    for path in [file for layer in layers for file in ([layer] if layer.suffix else layer.glob("*.py"))]:
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        methods = [c for c in calls if isinstance(c, ast.Attribute) and c.attr in WRITERS]
        assert [ast.unparse(c) for c in methods if "objects" in ast.unparse(c)] == [], path


def test_a_revision_says_who_and_what(researcher):
    disease_actions.create_disease(by=researcher, name="Measles")
    revision = Revision.objects.get()
    assert (revision.user, revision.comment) == (researcher, "created")


def test_an_action_that_fails_leaves_neither_row_nor_revision(researcher):
    @recorded("half done")
    def half(*, by):
        Label.objects.create(name="Half")
        raise Conflict("No further.")

    with pytest.raises(Conflict):
        half(by=researcher)
    assert not Label.objects.exists() and not Revision.objects.exists()


def test_an_action_inside_another_joins_its_revision(researcher):
    @recorded("imported")
    def both(*, by):
        label_actions.create_label(by=by, name="A")
        label_actions.create_label(by=by, name="B")

    both(by=researcher)
    assert Revision.objects.get().comment == "imported" and Version.objects.count() == 2


def test_a_change_of_nothing_leaves_no_history(researcher, label):
    label_actions.change_label(by=researcher, label=label, name=label.name)
    assert not Revision.objects.exists()


def test_a_change_saves_only_what_differs(researcher, label):
    Label.objects.filter(pk=label.pk).update(definition="by somebody else, meanwhile")
    label_actions.change_label(by=researcher, label=label, name="Opacity")
    label.refresh_from_db()
    assert label.definition == "by somebody else, meanwhile"


def test_a_password_never_enters_the_record():
    accounts_actions.register_user(by=None, username="new", password="a secret of mine")
    assert "pbkdf2" not in Version.objects.get().serialized_data and "md5$" not in Version.objects.get().serialized_data


def history_of(client, route, record):
    return client.get(reverse(route, kwargs={"pk": record.pk})).json()["results"]


def test_history_tells_who_did_what_from_what_to_what(annotation, doctor, api):
    label_actions.revise(by=doctor, annotation=annotation, state="absent")
    label_actions.revise(by=doctor, annotation=annotation, confidence=0.25)
    newest, older = history_of(api, "annotation-history", annotation)
    assert newest["by"]["username"] == "doctor"
    assert newest["verb"] == "revised"
    assert newest["changes"] == {"confidence": {"from": None, "to": 0.25}}
    assert older["changes"]["state"] == {"from": None, "to": "absent"}


def test_history_pages_join_without_a_gap(researcher, client_of):
    label = label_actions.create_label(by=researcher, name="0")
    for name in "123":
        label_actions.change_label(by=researcher, label=label, name=name)
    client = client_of(researcher)
    page = client.get(reverse("label-history", kwargs={"pk": label.pk}), {"page_size": 2}).json()
    told = page["results"] + client.get(page["next"]).json()["results"]
    assert [entry["changes"]["name"] for entry in told] == [
        {"from": "2", "to": "3"}, {"from": "1", "to": "2"}, {"from": "0", "to": "1"}, {"from": None, "to": "0"},
    ]  # fmt: skip


def test_history_tells_links_that_changed(researcher, client_of):
    label = label_actions.create_label(by=researcher, name="Nodule")
    disease = make.DiseaseFactory()
    label_actions.change_label(by=researcher, label=label, diseases=[disease])
    newest = history_of(client_of(researcher), "label-history", label)[0]
    assert newest["changes"]["diseases"] == {"from": [], "to": [str(disease.pk)]}


def test_the_past_of_evidence_is_not_told_to_research(doctor, researcher, client_of):
    from imagery.actions import create_study

    study = create_study(by=doctor, description="Jane Doe, cough", date="2026-01-02")
    make.ImageFactory(study=study)
    client = client_of(researcher)
    seen = client.get(reverse("study-detail", kwargs={"pk": study.pk}))
    assert (seen.status_code, "ETag" in seen.headers) == (200, False)
    assert client.get(reverse("study-history", kwargs={"pk": study.pk})).status_code == 404


def test_history_survives_a_field_that_the_model_no_longer_has(researcher, label, client_of):
    label_actions.change_label(by=researcher, label=label, name="Opacity")
    version = Version.objects.get()
    version.serialized_data = version.serialized_data.replace('"definition"', '"explanation"')
    version.save()
    assert history_of(client_of(researcher), "label-history", label)[0]["changes"]["name"]["to"] == "Opacity"


def test_the_etag_counts_the_states_of_a_row(researcher, label, client_of):
    client, where = client_of(researcher), reverse("label-detail", kwargs={"pk": label.pk})
    first = client.get(where).headers["ETag"]
    second = client.patch(where, {"name": "Opacity"}).headers["ETag"]
    assert (first, second) == ('"1"', '"2"')


def test_a_change_of_what_one_has_not_seen_is_refused(researcher, label, client_of):
    client, where = client_of(researcher), reverse("label-detail", kwargs={"pk": label.pk})
    client.patch(where, {"name": "Opacity"})
    answer = client.patch(where, {"name": "Shadow"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 412
    label.refresh_from_db()
    assert label.name == "Opacity"


def test_a_change_of_what_one_has_seen_is_made(researcher, label, client_of):
    where = reverse("label-detail", kwargs={"pk": label.pk})
    assert client_of(researcher).patch(where, {"name": "Opacity"}, headers={"If-Match": '"0", "1"'}).status_code == 200
