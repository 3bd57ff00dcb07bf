"""Research copies have the pseudonym of the study's patient: after a change they leave research, and are remade."""

from datetime import datetime, timedelta
from io import BytesIO, StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from pydicom import dcmread
from pydicom.data import get_testdata_file

from core.actions import Undo, revision_made
from core.exceptions import Conflict
from dicom.deidentification.manifest import Box
from dicom.deidentification.replacements import Secrets, days_earlier
from dicom.sandbox.pool import Worker
from imagery import actions, files
from imagery.models import Deidentification, Image, Patient, Release, Study
from tests.kit import factories as make
from tests.kit.api import where
from tests.kit.breaking import breaking_off

pytestmark = pytest.mark.on_both

CORNER = [Box(None, 0, 0, 10, 5)]
OF_NOBODY = dict.fromkeys(("PatientID", "PatientName", "PatientBirthDate", "PatientSex"), "")


def file(name: str = "CT_small.dcm", **values) -> SimpleUploadedFile:
    dataset = dcmread(get_testdata_file(name, download=False))
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    stream = BytesIO()
    dataset.save_as(stream)
    return SimpleUploadedFile("a", stream.getvalue())


def fresh(image: Image) -> Image:
    return Image.objects.get(pk=image.pk)


def copy_of(image: Image):
    return dcmread(files.research_copies().path(fresh(image).research))


def day(dataset) -> datetime:
    return datetime.strptime(str(dataset.StudyDate), "%Y%m%d")


@pytest.fixture
def jane(doctor):
    return make.PatientFactory(owner=doctor)


@pytest.fixture
def joan(doctor):
    return make.PatientFactory(owner=doctor)


@pytest.fixture
def ct(doctor, jane):
    """Released by itself."""
    return actions.upload_image(by=doctor, file=file(), patient=jane)


@pytest.fixture
def ultrasound(doctor, jane):
    """Waits for its owner."""
    return actions.upload_image(by=doctor, file=file(Modality="US", SOPInstanceUID="1.2.9"), patient=jane)


@pytest.fixture
def unnamed(doctor):
    """Released by itself, of an unknown patient."""
    return actions.upload_image(by=doctor, file=file(**OF_NOBODY))


@pytest.fixture
def photo(doctor, jane):
    image = actions.upload_image(by=doctor, file=SimpleUploadedFile("a", make.png(7)), patient=jane)
    return actions.release_image(by=doctor, image=image)


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """`with committed():` runs what waits for the commit."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def state(image: Image) -> tuple:
    return fresh(image).release_state, fresh(image).held_back, fresh(image).copy_fits


def move(doctor, image: Image, patient) -> None:
    actions.change_study(by=doctor, study=Study.objects.get(pk=image.study_id), patient=patient)


# --- A study gets another patient -------------------------------------------------------------------------------------


def test_a_released_image_leaves_research_and_its_owner_reads_why(api, ct, joan, research_client):
    assert api.patch(where("study-detail", ct.study), {"patient": joan.pk}).status_code == 200
    assert research_client.get(where("image-detail", ct)).status_code == 404
    shown = api.get(where("image-detail", ct)).json()
    assert shown["release_state"] == "quarantined" and "another patient" in shown["release_reason"]
    entry = api.get(where("image-history", ct)).json()["results"][0]
    assert entry["changes"]["release_state"] == {"from": "released", "to": "quarantined"}


def test_naming_and_removing_the_patient_are_changes_too(doctor, unnamed_elsewhere, ct, jane):
    move(doctor, unnamed_elsewhere, jane)
    move(doctor, ct, None)
    assert [fresh(image).release_state for image in (unnamed_elsewhere, ct)] == [Release.QUARANTINED] * 2


def test_an_upload_that_names_the_patient_is_a_change_and_gives_the_age(doctor, unnamed):
    actions.upload_image(by=doctor, file=file(SOPInstanceUID="1.2.3", PatientBirthDate="19700517"))
    assert (fresh(unnamed).release_state, fresh(unnamed).study.age) == (Release.QUARANTINED, 33)


def test_other_changes_and_pictures_are_left_alone(doctor, ct, photo, joan, research_client):
    actions.change_study(by=doctor, study=ct.study, description="Cough")
    move(doctor, photo, joan)
    assert fresh(ct).version == ct.version
    assert research_client.get(where("image-detail", photo)).status_code == 200


def test_a_change_back_releases_only_what_was_released(doctor, ct, ultrasound, jane, joan):
    for image in (ct, ultrasound):
        move(doctor, image, joan)
        move(doctor, image, jane)
    assert (fresh(ct).release_state, fresh(ct).release_reason) == (Release.RELEASED, "")
    assert fresh(ultrasound).release_state == Release.QUARANTINED


# --- A copy of another patient is out of research, whatever its row says ----------------------------------------------


@pytest.fixture
def unnamed_elsewhere(doctor):
    others = {name: f"1.2.{n}" for n, name in enumerate(("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"))}
    return actions.upload_image(by=doctor, file=file(PatientID="", **others))


@pytest.fixture(params=["renamed", "named", "forgotten"])
def left_behind(request, ct, unnamed_elsewhere, joan):
    """A released image whose study has another patient without any action."""
    image, patient = {"renamed": (ct, joan), "named": (unnamed_elsewhere, joan), "forgotten": (ct, None)}[request.param]
    Study.objects.filter(pk=image.study_id).update(patient=patient)
    return image


def test_a_copy_of_another_patient_does_not_exist_for_researchers(left_behind, doctor, research_client):
    make.AnnotationFactory(image=left_behind, annotator=doctor)
    assert fresh(left_behind).release_state == Release.RELEASED
    addresses = [where(f"image-{route}", left_behind) for route in ("detail", "file", "preview", "deidentification")]
    addresses += [where("study-detail", left_behind.study), where("series-detail", left_behind.series)]
    assert {address: research_client.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 404)
    assert research_client.get(reverse("annotation-list")).json()["results"] == []


def test_the_property_and_the_query_agree_on_which_copies_fit(left_behind, photo):
    outdated = set(Image.objects.outdated())
    assert outdated == {left_behind} == {image for image in Image.objects.all() if not image.copy_fits}
    assert set(Image.objects.fitting()) == set(Image.objects.all()) - outdated


def test_a_copy_of_another_patient_is_not_released(api, left_behind):
    Image.objects.update(release_state=Release.QUARANTINED)
    assert api.post(where("image-release", left_behind)).status_code == 409


# --- Copies are remade ------------------------------------------------------------------------------------------------


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
