"""Archive, restore and the other actions on many rows."""

import pytest
from django.contrib import admin
from django.urls import reverse
from reversion.models import Version

from accounts.models import Team
from disease.models import Disease
from events.models import Event
from imagery.models import Image, Patient, Release, Study
from label.models import Annotation, Label
from tests.kit import factories as make
from tests.kit.pages import page_of

pytestmark = pytest.mark.on_both


def bulk(client, action: str, *rows, archived=""):
    data = {"action": action, "_selected_action": [row.pk for row in rows], "index": 0}
    where = page_of("list", rows[0]) + (f"?archived={archived}" if archived else "")
    answer = client.post(where, data, format="multipart", follow=True)
    return [str(message) for message in answer.context["messages"]]


def test_what_is_refused_is_told_and_the_rest_is_done(cast, client_of, annotation):
    unused = make.LabelFactory(name="Unused")
    told = bulk(client_of(cast["researcher"]), "archive", annotation.label, unused)
    assert told == ["1 archived.", "Consolidation: This label is in use: archive its annotations first."]
    assert Label.objects.get(pk=unused.pk).archived and not Label.objects.get(pk=annotation.label_id).archived
    assert Version.objects.get_for_object(unused).get().revision.comment == "archived"


WHO = {
    Team: "doctor", Disease: "researcher", Label: "researcher", Patient: "doctor", Study: "doctor", Image: "doctor",
    Annotation: "doctor",
}  # fmt: skip


@pytest.fixture
def unused(world, cast):
    """A row of each that nothing hangs on, so that nothing keeps it from being archived."""
    doctor = cast["doctor"]
    return {**world, Label: make.LabelFactory(), Patient: make.PatientFactory(owner=doctor)}


@pytest.mark.parametrize("model", WHO, ids=lambda model: model.__name__)
def test_what_is_archived_is_out_of_use_and_recorded(model, unused, cast, client_of):
    row, who = unused[model], cast[WHO[model]]
    assert bulk(client_of(who), "archive", row) == ["1 archived."]
    assert model.objects.get(pk=row.pk).archived_at
    last = Version.objects.get_for_object(row).first().revision
    assert (last.user, last.comment) == (who, "archived")


@pytest.mark.parametrize("model", WHO, ids=lambda model: model.__name__)
def test_what_is_restored_is_in_use_and_recorded(model, unused, cast, client_of):
    row, who = unused[model], cast[WHO[model]]
    model.objects.filter(pk=row.pk).update(archived_at="2026-01-01T00:00Z")
    assert bulk(client_of(who), "restore", row, archived="yes") == ["1 restored."]
    assert not model.objects.get(pk=row.pk).archived_at
    last = Version.objects.get_for_object(row).first().revision
    assert (last.user, last.comment) == (who, "restored")


def test_every_table_that_offers_it_is_archived_here():
    offering = {model for model, each in admin.site._registry.items() if "archive" in each.actions}
    assert offering == set(WHO)


def test_a_list_shows_what_is_in_use_unless_asked(cast, client_of):
    make.LabelFactory(name="Old", archived_at="2026-01-01T00:00Z")
    client, where = client_of(cast["researcher"]), reverse("admin:label_label_changelist")
    shown = [b"Old" in client.get(where + asked).content for asked in ("", "?archived=yes", "?archived=all")]
    assert shown == [False, True, True]


def test_nobody_archives_what_is_only_shared_with_them(cast, client_of, study):
    assert bulk(client_of(cast["colleague"]), "archive", study) == [f"{study}: This is somebody else's."]
    assert not Study.objects.get(pk=study.pk).archived


@pytest.mark.parametrize(
    ("who", "model"), [("stranger", Study), ("researcher", Study), ("doctor", Label), ("auditor", Event)]
)
def test_nobody_archives_what_is_not_theirs(who, model, world, cast, client_of):
    row = world[model]
    bulk_of = client_of(cast[who]).post(
        page_of("list", row), {"action": "archive", "_selected_action": row.pk, "index": 0}, format="multipart"
    )
    assert bulk_of.status_code in (200, 302, 403)
    assert getattr(model.objects.get(pk=row.pk), "archived_at", None) is None


def test_an_owner_releases_an_image(cast, client_of, image):
    Image.objects.filter(pk=image.pk).update(release_state=Release.QUARANTINED)
    assert bulk(client_of(cast["doctor"]), "release", image) == ["1 released."]
    assert Image.objects.get(pk=image.pk).release_state == Release.RELEASED


def test_a_doctor_withdraws_a_patient(cast, client_of, world):
    assert bulk(client_of(cast["doctor"]), "withdraw", world[Patient]) == ["1 withdrawn from research."]
    assert Patient.objects.get(pk=world[Patient].pk).withdrawn_at
