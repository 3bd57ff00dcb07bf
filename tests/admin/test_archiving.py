"""Archive, restore and the other actions on selected rows."""

from django.contrib import admin
from django.urls import reverse
from reversion.models import Version

from accounts.models import Team
from core.admin import archiving
from disease.models import Disease
from events.models import Event
from imagery.models import Image, Patient, Release, Study
from label.models import Annotation, Label
from tests.kit import factories as make
from tests.kit.pages import page_of


def run_action(client, action: str, *selected, archived="") -> list[str]:
    """Run a bulk action on these rows. Return the messages of the page."""
    data = {"action": action, "_selected_action": [row.pk for row in selected], "index": 0}
    url = page_of("list", selected[0]) + (f"?archived={archived}" if archived else "")
    answer = client.post(url, data, format="multipart", follow=True)
    return [str(message) for message in answer.context["messages"]]


def last_change(row) -> tuple[str, str]:
    revision = Version.objects.get_for_object(row).order_by("-pk").first().revision
    return revision.user.username, revision.comment


def test_rows_are_archived_and_restored_by_a_recorded_action(rows, staff, client_as):
    people = {
        Team: "doctor", Disease: "researcher", Label: "researcher", Patient: "doctor", Study: "doctor",
        Image: "doctor", Annotation: "doctor",
    }  # fmt: skip
    assert {model for model, page in admin.site._registry.items() if "archive" in page.actions} == set(people)
    unused = rows | {Label: make.LabelFactory(), Patient: make.PatientFactory(owner=staff["doctor"])}
    for model, name in people.items():
        row, client = unused[model], client_as(name)
        assert run_action(client, "archive", row) == ["1 archived."]
        assert model.objects.get(pk=row.pk).archived_at and last_change(row) == (name, "archived")
        assert run_action(client, "restore", row, archived="yes") == ["1 restored."]
        assert not model.objects.get(pk=row.pk).archived_at and last_change(row) == (name, "restored")


def test_a_refused_row_is_reported_and_the_others_are_archived(client_as, annotation):
    unused = make.LabelFactory(name="Unused")
    done, refused = run_action(client_as("researcher"), "archive", annotation.label, unused)
    assert done == "1 archived." and refused.startswith("Consolidation: This label is in use")
    assert Label.objects.get(pk=unused.pk).archived and not Label.objects.get(pk=annotation.label_id).archived


def test_too_many_selected_rows_are_refused(client_as, monkeypatch):
    monkeypatch.setattr(archiving, "MAX_SELECTED", 1)
    messages = run_action(client_as("researcher"), "archive", *make.LabelFactory.create_batch(2))
    assert messages == ["Nothing was archived: select 1 rows or fewer."]
    assert not Label.objects.archived().exists()


def test_a_shared_row_is_archived_by_its_owner_only(client_as, study):
    assert run_action(client_as("colleague"), "archive", study) == [f"{study}: Only its owner may do this."]
    assert not Study.objects.get(pk=study.pk).archived


def test_people_without_the_right_archive_nothing(rows, client_as):
    """A stranger may archive studies, but sees not this one; the others' pages offer no such action."""
    statuses = {}
    for name, model in (("stranger", Study), ("researcher", Study), ("doctor", Label), ("auditor", Event)):
        data = {"action": "archive", "_selected_action": rows[model].pk, "index": 0}
        statuses[name] = client_as(name).post(page_of("list", rows[model]), data, format="multipart").status_code
        assert getattr(model.objects.get(pk=rows[model].pk), "archived_at", None) is None
    assert statuses == {"stranger": 302, "researcher": 200, "doctor": 200, "auditor": 200}


def test_a_list_shows_rows_in_use_by_default(client_as):
    make.LabelFactory(name="Old", archived_at="2026-01-01T00:00Z")
    client, url = client_as("researcher"), reverse("admin:label_label_changelist")
    shown = [b"Old" in client.get(url + query).content for query in ("", "?archived=yes", "?archived=all")]
    assert shown == [False, True, True]


def test_a_list_for_research_shows_annotations_in_use_by_default(client_as, annotation):
    annotation.archive()
    client, url = client_as("researcher"), page_of("list", annotation)
    shown = [len(client.get(url + query).context["cl"].result_list) for query in ("", "?archived=yes", "?archived=all")]
    assert shown == [0, 1, 1]


def test_an_owner_releases_an_image_and_withdraws_a_patient(client_as, rows):
    Image.objects.filter(pk=rows[Image].pk).update(release_state=Release.QUARANTINED)
    assert run_action(client_as("doctor"), "release", rows[Image]) == ["1 released."]
    assert Image.objects.get(pk=rows[Image].pk).release_state == Release.RELEASED
    assert run_action(client_as("doctor"), "withdraw", rows[Patient]) == ["1 withdrawn from research."]
    assert Patient.objects.get(pk=rows[Patient].pk).withdrawn_at


def test_a_row_whose_place_was_taken_is_reported_and_not_restored(client_as):
    old = make.LabelFactory(name="Nodule", archived_at="2026-01-01T00:00Z")
    make.LabelFactory(name="Nodule")
    messages = run_action(client_as("researcher"), "restore", old, archived="yes")
    assert messages == ["Nodule: A label of this name already exists."]
    assert Label.objects.get(pk=old.pk).archived


def test_a_superuser_archives_no_annotation_of_another_reader(client_as, annotation):
    (refusal,) = run_action(client_as("root"), "archive", annotation)
    assert "Only its owner" in refusal and not Annotation.objects.get(pk=annotation.pk).archived
