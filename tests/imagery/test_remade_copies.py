"""Research copies are remade after the commit of a change, by their owner, or by `remake_copies`."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pydicom import dcmread

from core.actions import Undo, revision_made
from core.exceptions import Conflict
from dicom.deidentification.manifest import Box
from dicom.deidentification.replacements import Secrets, days_earlier
from dicom.sandbox.pool import Worker
from imagery import actions, files
from imagery.models import Deidentification, Image, Patient, Release
from tests.kit.api import where
from tests.kit.breaking import breaking_off
from tests.kit.copies import OF_NOBODY, copy_of, day, file, fresh, move, state

pytestmark = pytest.mark.on_both

CORNER = [Box(None, 0, 0, 10, 5)]


def test_after_the_commit_copies_are_remade_for_the_new_patient(doctor, ct, joan, committed, research_client, settings):
    with committed():
        move(doctor, ct, joan)
    assert research_client.get(where("image-detail", ct)).status_code == 200
    assert str(copy_of(ct).PatientID) == joan.pseudonym
    days = days_earlier(Secrets(settings.PROJECT_KEY, ""), str(joan.pk))
    assert day(copy_of(ct)) == day(dcmread(files.originals().path(ct.original))) - timedelta(days)


def test_the_event_names_the_revision_of_the_change_and_copies_have_their_own(api, ct, joan, committed):
    token = revision_made.set(None)
    with committed():
        move(ct.owner, ct, joan)
    assert revision_made.get().comment == "changed"
    revision_made.reset(token)
    entries = api.get(where("image-history", ct)).json()["results"]
    assert [entry["verb"] for entry in entries] == ["remade", "changed", "uploaded"]


def test_copies_that_take_too_long_are_left_for_later(doctor, ct, joan, committed, monkeypatch):
    monkeypatch.setattr(actions.copies, "REMAKING_SECONDS", -1)
    with committed():
        move(doctor, ct, joan)
    assert state(ct) == (Release.QUARANTINED, True, False)


def test_an_image_that_waited_still_waits_with_its_boxes_and_its_reason(doctor, ultrasound, joan, committed):
    reason = fresh(ultrasound).release_reason
    with committed():
        move(doctor, ultrasound, joan)
    assert state(ultrasound) == (Release.QUARANTINED, False, True) and fresh(ultrasound).release_reason == reason
    actions.redact_image(by=doctor, image=fresh(ultrasound), boxes=CORNER)
    with committed():
        move(doctor, ultrasound, ultrasound.study.patient)
    boxes = Deidentification.objects.get().manifest["boxes"]
    assert [Box(**box) for box in boxes] == CORNER and copy_of(ultrasound).BurnedInAnnotation == "NO"


def test_a_released_image_is_released_again_if_it_shows_the_same(doctor, ultrasound, joan, committed):
    actions.redact_image(by=doctor, image=fresh(ultrasound), boxes=CORNER)
    actions.release_image(by=doctor, image=fresh(ultrasound))
    with committed():
        move(doctor, ultrasound, joan)
    assert state(ultrasound) == (Release.RELEASED, False, True)


@pytest.mark.parametrize("seen", ["pixels_digest", "boxes"])
def test_a_copy_that_shows_something_else_goes_back_to_its_owner(doctor, ultrasound, joan, committed, seen):
    actions.release_image(by=doctor, image=fresh(ultrasound))
    done = Deidentification.objects.get()
    corner = {"frame": None, "left": 0, "top": 0, "width": 9, "height": 5}
    done.change(manifest=done.manifest | {"pixels_digest": "other"} | ({"boxes": [corner]} if seen == "boxes" else {}))
    with committed():
        move(doctor, ultrasound, joan)
    assert fresh(ultrasound).release_state == Release.QUARANTINED and "preview" in fresh(ultrasound).release_reason


def test_boxes_on_an_image_that_needs_none_are_its_owners_to_release(doctor, ct, joan, committed):
    actions.redact_image(by=doctor, image=fresh(ct), boxes=CORNER)
    with committed():
        move(doctor, ct, joan)
    assert fresh(ct).release_state == Release.QUARANTINED


def test_if_no_copy_can_be_made_the_old_one_stays_out_of_research(api, doctor, ct, joan, committed, monkeypatch):
    monkeypatch.setattr(Worker, "ask", breaking_off)
    with committed():
        move(doctor, ct, joan)
    assert state(ct) == (Release.QUARANTINED, True, False) and fresh(ct).research
    assert api.post(where("image-remake", ct)).status_code == 409


def test_a_copy_made_while_the_image_or_its_study_changed_does_not_count(doctor, ct, joan):
    move(doctor, ct, joan)
    stale = fresh(ct)
    actions.archive_image(by=doctor, image=fresh(ct))
    with pytest.raises(Conflict, match="changed"):
        actions.remake_copy(by=doctor, image=stale)
    actions.restore_image(by=doctor, image=fresh(ct))
    with Undo() as undo:
        copy = actions.copies.copy_for(fresh(ct), [], undo)
        move(doctor, ct, None)
        actions.copies.save_remade_copy(by=doctor, image=fresh(ct), copy=copy)
    assert not fresh(ct).copy_fits


def test_an_upload_is_copied_again_if_its_patient_is_named_meanwhile(doctor, unnamed, jane, monkeypatch):
    moves, add = iter([jane]), actions.uploads.add_image

    def named_meanwhile(**facts):
        for patient in moves:
            move(doctor, unnamed, patient)
        return add(**facts)

    monkeypatch.setattr(actions.uploads, "add_image", named_meanwhile)
    image = actions.upload_image(by=doctor, file=file(**OF_NOBODY, SOPInstanceUID="1.2.3"), study=unnamed.study)
    assert image.research_patient == jane and str(copy_of(image).PatientID) == jane.pseudonym


def test_its_owner_remakes_the_copy(api, doctor, ct, joan):
    move(doctor, ct, joan)
    answer = api.post(where("image-remake", ct))
    assert answer.json()["release_state"] == "released" and answer.headers["ETag"] == f'"{fresh(ct).version}"'
    assert str(copy_of(ct).PatientID) == joan.pseudonym


# --- remake_copies ----------------------------------------------------------------------------------------------------


def remake(**options) -> str:
    out = StringIO()
    call_command("remake_copies", stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


@pytest.fixture
def left(doctor, ct, joan):
    """A CT whose copy has the pseudonym of its former patient."""
    move(doctor, ct, joan)
    return ct


def test_the_command_remakes_outdated_copies_once(left, joan, study):
    assert remake(dry_run=True).startswith("1 ") and not fresh(left).copy_fits
    assert "No research copy" in remake(study=study.pk) and not fresh(left).copy_fits
    assert "1 released" in remake(study=left.study_id) and str(copy_of(left).PatientID) == joan.pseudonym
    before = fresh(left).version
    assert "No research copy" in remake() and fresh(left).version == before


def test_the_command_makes_missing_copies(api, ct, ultrasound, jane):
    for image in (ct, ultrasound):
        Deidentification.objects.filter(image=image).delete()
        Image.objects.filter(pk=image.pk).update(
            research="", research_sha256="", research_patient=None, release_state=Release.QUARANTINED, release_reason=""
        )
    assert "remake" in api.post(where("image-release", ct)).json()["detail"]
    assert "1 quarantined, 1 released" in remake()
    assert str(copy_of(ct).PatientID) == jane.pseudonym and "US" in fresh(ultrasound).release_reason
    assert Deidentification.objects.count() == 2


@pytest.fixture
def broken_off(doctor, monkeypatch):
    """An upload whose cleaning broke off."""
    with monkeypatch.context() as patch:
        patch.setattr(Worker, "ask", breaking_off)
        image = actions.upload_image(by=doctor, file=file())
    assert image.release_state == Release.REFUSED
    return image


def test_a_refused_image_is_tried_again_only_on_request(broken_off, monkeypatch):
    assert "No research copy" in remake()
    with monkeypatch.context() as patch:
        patch.setattr(Worker, "ask", breaking_off)
        assert "1 refused" in remake(refused=True) and fresh(broken_off).version == broken_off.version
    assert "1 released" in remake(refused=True) and fresh(broken_off).release_reason == ""
    assert str(copy_of(broken_off).PatientID) == Patient.objects.get().pseudonym


def test_a_refused_image_is_tried_again_by_its_owner(api, broken_off):
    assert api.post(where("image-remake", broken_off)).json()["release_state"] == "released"


def test_copies_of_another_key_are_remade_on_request(ct, settings):
    uid = copy_of(ct).SOPInstanceUID
    settings.PROJECT_KEY = b"another key of thirty-two bytes or more"
    said = [remake(), remake(changed=True), remake(changed=True)]
    assert ["No research copy" in line for line in said] == [True, False, True]
    assert copy_of(ct).SOPInstanceUID != uid


def test_a_copy_that_cannot_be_made_is_named_and_the_others_are_made(left, doctor, unnamed_elsewhere, jane):
    move(doctor, unnamed_elsewhere, jane)
    files.originals().delete(left.original)
    errors = StringIO()
    with pytest.raises(CommandError, match="1 copies"):
        call_command("remake_copies", stdout=StringIO(), stderr=errors)
    assert str(left.pk) in errors.getvalue() and fresh(unnamed_elsewhere).copy_fits
