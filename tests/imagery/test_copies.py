"""Research copies are of whom their study shows: what a move leaves behind is in research no more, and is made anew."""

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
    return actions.upload_image(by=doctor, file=file(Modality="US"), patient=jane)


@pytest.fixture
def unnamed(doctor):
    """Released by itself, and of nobody knows whom."""
    return actions.upload_image(by=doctor, file=file(PatientID=""))


@pytest.fixture
def photo(doctor, jane):
    image = actions.upload_image(by=doctor, file=SimpleUploadedFile("a", make.png(7)), patient=jane)
    return actions.release_image(by=doctor, image=image)


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """`with committed():` what happens once a request is certain happens."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def move(doctor, image: Image, patient) -> None:
    actions.change_study(by=doctor, study=Study.objects.get(pk=image.study_id), patient=patient)


# --- A study becomes another patient's --------------------------------------------------------------------------------


def test_what_was_released_leaves_research_with_the_move(api, ct, joan, research_client):
    assert api.patch(where("study-detail", ct.study), {"patient": joan.pk}).status_code == 200
    assert research_client.get(where("image-detail", ct)).status_code == 404


def test_its_owner_reads_why(api, ct, joan):
    api.patch(where("study-detail", ct.study), {"patient": joan.pk})
    told = api.get(where("image-detail", ct)).json()
    assert told["release_state"] == "quarantined" and "another patient" in told["release_reason"]


def test_so_does_its_history(api, ct, joan):
    api.patch(where("study-detail", ct.study), {"patient": joan.pk})
    entry = api.get(where("image-history", ct)).json()["results"][0]
    assert entry["changes"]["release_state"] == {"from": "released", "to": "quarantined"}


def test_naming_the_patient_for_the_first_time_is_a_move(doctor, unnamed, jane):
    move(doctor, unnamed, jane)
    assert fresh(unnamed).release_state == Release.QUARANTINED


def test_so_is_taking_the_name_away(doctor, ct):
    move(doctor, ct, None)
    assert fresh(ct).release_state == Release.QUARANTINED


def test_an_upload_that_names_the_patient_is_a_move(doctor, unnamed):
    actions.upload_image(by=doctor, file=file(SOPInstanceUID="1.2.3"))
    assert fresh(unnamed).release_state == Release.QUARANTINED


def test_an_upload_that_names_the_patient_tells_their_age(doctor, unnamed):
    actions.upload_image(by=doctor, file=file(SOPInstanceUID="1.2.3", PatientBirthDate="19700517"))
    assert fresh(unnamed).study.age == 33


def test_another_change_of_the_study_leaves_its_images_alone(doctor, ct):
    actions.change_study(by=doctor, study=ct.study, description="Cough")
    assert fresh(ct).version == ct.version


def test_the_picture_of_a_study_stays_in_research(doctor, photo, joan, research_client):
    move(doctor, photo, joan)
    assert research_client.get(where("image-detail", photo)).status_code == 200


def test_a_move_back_brings_back_what_was_released(doctor, ct, jane, joan):
    move(doctor, ct, joan)
    move(doctor, ct, jane)
    assert (fresh(ct).release_state, fresh(ct).release_reason) == (Release.RELEASED, "")


def test_a_move_back_releases_nothing_that_waited(doctor, ultrasound, jane, joan):
    move(doctor, ultrasound, joan)
    move(doctor, ultrasound, jane)
    assert fresh(ultrasound).release_state == Release.QUARANTINED


# --- Whatever the row says, research does not see somebody else's copy ------------------------------------------------


def moved_unseen(image: Image, patient) -> None:
    """As no action does it: the images know nothing of it."""
    Study.objects.filter(pk=image.study_id).update(patient=patient)


@pytest.fixture(params=["renamed", "named", "forgotten"])
def left_behind(request, ct, unnamed_elsewhere, joan):
    image, patient = {"renamed": (ct, joan), "named": (unnamed_elsewhere, joan), "forgotten": (ct, None)}[request.param]
    moved_unseen(image, patient)
    return image


@pytest.fixture
def unnamed_elsewhere(doctor):
    others = {name: f"1.2.{n}" for n, name in enumerate(("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"))}
    return actions.upload_image(by=doctor, file=file(PatientID="", **others))


@pytest.mark.parametrize("route", ["image-detail", "image-file", "image-preview", "image-deidentification"])
def test_a_copy_of_somebody_else_does_not_exist_for_researchers(left_behind, route, research_client):
    assert fresh(left_behind).release_state == Release.RELEASED
    assert research_client.get(where(route, left_behind)).status_code == 404


@pytest.mark.parametrize("part", ["study", "series"])
def test_neither_does_the_study_that_has_no_other(left_behind, part, research_client):
    assert research_client.get(where(f"{part}-detail", getattr(left_behind, part))).status_code == 404


def test_neither_do_annotations_on_it(left_behind, doctor, research_client):
    make.AnnotationFactory(image=left_behind, annotator=doctor)
    assert research_client.get(reverse("annotation-list")).json()["results"] == []


def test_the_row_and_the_table_agree_on_whose_copy_it_is(left_behind, photo):
    outdated = set(Image.objects.outdated())
    assert outdated == {left_behind} == {image for image in Image.objects.all() if not image.copy_fits}
    assert set(Image.objects.fitting()) == set(Image.objects.all()) - outdated


def test_a_copy_of_somebody_else_is_not_released(api, left_behind):
    Image.objects.update(release_state=Release.QUARANTINED)
    assert api.post(where("image-release", left_behind)).status_code == 409


# --- Copies made anew -------------------------------------------------------------------------------------------------


def test_once_the_move_is_certain_copies_are_made_for_the_new_patient(doctor, ct, joan, committed, research_client):
    with committed():
        move(doctor, ct, joan)
    assert research_client.get(where("image-detail", ct)).status_code == 200
    assert str(copy_of(ct).PatientID) == joan.pseudonym


def test_their_dates_move_by_the_new_patients_days(doctor, ct, joan, committed, settings):
    with committed():
        move(doctor, ct, joan)
    days = days_earlier(Secrets(settings.PROJECT_KEY, ""), str(joan.pk))
    assert day(copy_of(ct)) == day(dcmread(files.originals().path(ct.original))) - timedelta(days)


def test_the_event_of_the_move_names_its_own_revision(doctor, ct, joan, committed):
    token = revision_made.set(None)
    with committed():
        move(doctor, ct, joan)
    assert revision_made.get().comment == "changed"
    revision_made.reset(token)


def test_the_copies_have_revisions_of_their_own(api, ct, joan, committed):
    with committed():
        api.patch(where("study-detail", ct.study), {"patient": joan.pk})
    told = api.get(where("image-history", ct)).json()["results"]
    assert [entry["verb"] for entry in told] == ["remade", "changed", "uploaded"]


def test_what_takes_too_long_is_left_for_later(doctor, ct, joan, committed, monkeypatch):
    monkeypatch.setattr(actions.copies, "REMAKING_SECONDS", -1)
    with committed():
        move(doctor, ct, joan)
    assert fresh(ct).release_state == Release.QUARANTINED and not fresh(ct).copy_fits


def test_what_waited_waits_on_with_its_own_reason(doctor, ultrasound, joan, committed):
    with committed():
        move(doctor, ultrasound, joan)
    assert fresh(ultrasound).copy_fits
    assert fresh(ultrasound).release_state == Release.QUARANTINED and "US" in fresh(ultrasound).release_reason


def test_the_boxes_are_drawn_again(doctor, ultrasound, joan, committed):
    actions.redact_image(by=doctor, image=fresh(ultrasound), boxes=CORNER)
    with committed():
        move(doctor, ultrasound, joan)
    kept = Deidentification.objects.get().manifest["boxes"]
    assert [Box(**box) for box in kept] == CORNER and copy_of(ultrasound).BurnedInAnnotation == "NO"


def test_what_its_owner_had_released_is_released_again_when_it_shows_the_same(doctor, ultrasound, joan, committed):
    actions.redact_image(by=doctor, image=fresh(ultrasound), boxes=CORNER)
    actions.release_image(by=doctor, image=fresh(ultrasound))
    with committed():
        move(doctor, ultrasound, joan)
    assert (fresh(ultrasound).release_state, fresh(ultrasound).held_back) == (Release.RELEASED, False)


@pytest.mark.parametrize("seen", ["pixels_sha256", "boxes"])
def test_what_shows_something_else_goes_back_to_its_owner(doctor, ultrasound, joan, committed, seen):
    actions.release_image(by=doctor, image=fresh(ultrasound))
    told = Deidentification.objects.get()
    corner = {"frame": None, "left": 0, "top": 0, "width": 9, "height": 5}
    told.change(manifest=told.manifest | {"pixels_sha256": "other"} | ({"boxes": [corner]} if seen == "boxes" else {}))
    with committed():
        move(doctor, ultrasound, joan)
    assert fresh(ultrasound).release_state == Release.QUARANTINED and "preview" in fresh(ultrasound).release_reason


def test_a_box_on_what_needs_none_is_its_owners_to_release(doctor, ct, joan, committed):
    actions.redact_image(by=doctor, image=fresh(ct), boxes=CORNER)
    with committed():
        move(doctor, ct, joan)
    assert fresh(ct).release_state == Release.QUARANTINED


def test_where_no_copy_can_be_made_the_old_one_stays_out_of_research(doctor, ct, joan, committed, monkeypatch):
    monkeypatch.setattr(Worker, "ask", breaking_off)
    with committed():
        move(doctor, ct, joan)
    assert fresh(ct).release_state == Release.QUARANTINED and fresh(ct).held_back and fresh(ct).research


def test_a_copy_made_while_the_image_changed_is_thrown_away(doctor, ct, joan):
    move(doctor, ct, joan)
    stale = fresh(ct)
    actions.archive_image(by=doctor, image=fresh(ct))
    with pytest.raises(Conflict, match="changed"):
        actions.remake_copy(by=doctor, image=stale)
    assert not fresh(ct).copy_fits


def test_a_copy_made_for_the_patient_before_the_move_says_so(doctor, ct, joan):
    """The study moves while a copy is being made: the image itself has not changed."""
    Image.objects.update(release_state=Release.QUARANTINED)
    with Undo() as undo:
        copy = actions.copies.copy_for(fresh(ct), [], undo)
        move(doctor, ct, joan)
        actions.copies.save_remade_copy(by=doctor, image=fresh(ct), copy=copy)
    assert not fresh(ct).copy_fits


def test_an_upload_outrun_by_the_naming_of_its_patient_is_copied_again(doctor, unnamed, jane, monkeypatch):
    moves, add = iter([jane]), actions.uploads.add_image

    def named_meanwhile(**facts):
        for patient in moves:
            move(doctor, unnamed, patient)
        return add(**facts)

    monkeypatch.setattr(actions.uploads, "add_image", named_meanwhile)
    image = actions.upload_image(by=doctor, file=file(PatientID="", SOPInstanceUID="1.2.3"), study=unnamed.study)
    assert image.research_patient == jane and str(copy_of(image).PatientID) == jane.pseudonym


def test_its_owner_has_the_copy_made_anew(api, doctor, ct, joan):
    move(doctor, ct, joan)
    answer = api.post(where("image-remake", ct))
    assert answer.json()["release_state"] == "released" and answer.headers["ETag"] == f'"{fresh(ct).version}"'
    assert str(copy_of(ct).PatientID) == joan.pseudonym


def test_a_copy_that_cannot_be_made_is_a_conflict(api, doctor, ct, joan, monkeypatch):
    move(doctor, ct, joan)
    monkeypatch.setattr(Worker, "ask", breaking_off)
    assert api.post(where("image-remake", ct)).status_code == 409


# --- The command that catches up --------------------------------------------------------------------------------------


def remake(**options) -> str:
    out = StringIO()
    call_command("remake_copies", stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


@pytest.fixture
def left(doctor, ct, joan):
    """A CT whose copy was left behind by a move."""
    move(doctor, ct, joan)
    return ct


def test_the_command_makes_what_a_move_has_left(left, joan):
    assert "1 released" in remake()
    assert str(copy_of(left).PatientID) == joan.pseudonym


def test_run_again_it_finds_nothing_to_do(left):
    remake()
    before = fresh(left).version
    assert "No research copy" in remake() and fresh(left).version == before


def test_a_dry_run_counts_and_changes_nothing(left):
    assert remake(dry_run=True).startswith("1 ") and not fresh(left).copy_fits


def test_it_can_be_kept_to_one_study(left, study):
    assert remake(study=study.pk).startswith("0 ") or not fresh(left).copy_fits
    assert "1 released" in remake(study=left.study_id)


def before_there_were_copies(image: Image) -> None:
    """As the migration that brought research copies found it."""
    Deidentification.objects.filter(image=image).delete()
    Image.objects.filter(pk=image.pk).update(
        research="", research_sha256="", research_patient=None, release_state=Release.QUARANTINED, release_reason=""
    )


def test_an_image_from_before_there_were_copies_gets_one(ct, jane):
    before_there_were_copies(ct)
    assert "1 released" in remake()
    assert str(copy_of(ct).PatientID) == jane.pseudonym and Deidentification.objects.exists()


def test_one_that_must_wait_waits(ultrasound):
    before_there_were_copies(ultrasound)
    assert "1 quarantined" in remake()
    assert "US" in fresh(ultrasound).release_reason


def test_its_owner_is_told_to_have_the_copy_made_before_it_is_released(api, ct):
    before_there_were_copies(ct)
    assert "remake" in api.post(where("image-release", ct)).json()["detail"]


def test_a_copy_from_before_copies_knew_whose_they_are_is_made_anew(ct, jane):
    Image.objects.update(research_patient=None)
    assert "1 released" in remake() and fresh(ct).research_patient == jane


@pytest.fixture
def broken_off(doctor, monkeypatch):
    """An upload whose cleaning broke off."""
    with monkeypatch.context() as patch:
        patch.setattr(Worker, "ask", breaking_off)
        image = actions.upload_image(by=doctor, file=file())
    assert image.release_state == Release.REFUSED
    return image


def test_what_was_refused_is_left_alone(broken_off):
    assert "No research copy" in remake()


def test_what_was_refused_is_tried_again_when_asked(broken_off):
    assert "1 released" in remake(refused=True)
    assert (
        fresh(broken_off).release_reason == "" and str(copy_of(broken_off).PatientID) == Patient.objects.get().pseudonym
    )


def test_what_is_refused_again_leaves_no_history(broken_off, monkeypatch):
    monkeypatch.setattr(Worker, "ask", breaking_off)
    assert "1 refused" in remake(refused=True) and fresh(broken_off).version == broken_off.version


def test_what_was_refused_is_tried_again_by_its_owner(api, broken_off):
    assert api.post(where("image-remake", broken_off)).json()["release_state"] == "released"


def test_copies_under_another_key_are_made_anew_when_asked(ct, settings):
    uid = copy_of(ct).SOPInstanceUID
    settings.PROJECT_KEY = b"another key of thirty-two bytes or more"
    assert (
        "No research copy" in remake() and "1 released" in remake(changed=True) and "0 images" in remake(changed=True)
    )
    assert copy_of(ct).SOPInstanceUID != uid


def test_what_could_not_be_made_is_named_and_the_rest_is_done(left, doctor, unnamed_elsewhere, jane):
    move(doctor, unnamed_elsewhere, jane)
    files.originals().delete(left.original)
    errors = StringIO()
    with pytest.raises(CommandError, match="1 copies"):
        call_command("remake_copies", stdout=StringIO(), stderr=errors)
    assert str(left.pk) in errors.getvalue() and fresh(unnamed_elsewhere).copy_fits
