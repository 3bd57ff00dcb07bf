"""`POST /images/`: one file becomes an image, with its patient, study and series."""

import hashlib
import os
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from PIL import Image as Picture
from pydicom import dcmread

from core.exceptions import Conflict
from imagery import actions
from imagery.models import Image, Series, Study
from tests.kit import factories as make
from tests.kit.api import body, upload, where
from tests.kit.files import real

pytestmark = pytest.mark.on_both


def jpeg() -> bytes:
    stream = BytesIO()
    Picture.new("RGB", (12, 8)).save(stream, "JPEG")
    return stream.getvalue()


def altered(**values) -> bytes:
    dataset = dcmread(BytesIO(real("CT_small.dcm")))
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    stream = BytesIO()
    dataset.save_as(stream)
    return stream.getvalue()


@pytest.fixture
def ct(api):
    return upload(api, real("CT_small.dcm")).json()


# --- What is read from the file ---------------------------------------------------------------------------------------


def test_a_dicom_file_describes_itself_its_study_and_its_series(ct):
    header, study, series = dcmread(BytesIO(real("CT_small.dcm"))), Study.objects.get(), Series.objects.get()
    facts = {name: ct[name] for name in ("media_type", "modality", "rows", "columns", "frames", "uid")}
    assert facts == {
        "media_type": "application/dicom", "modality": "CT", "rows": 128, "columns": 128, "frames": 1,
        "uid": header.SOPInstanceUID,
    }  # fmt: skip
    assert (study.uid, str(study.date)) == (header.StudyInstanceUID, "2004-01-19")
    assert (series.uid, series.modality) == (header.SeriesInstanceUID, "CT")


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(make.png(), "image/png"), (jpeg(), "image/jpeg"), (real("MR_small.dcm"), "application/dicom")],
    ids=["png", "jpeg", "dicom"],
)
def test_a_file_is_recognised_by_its_content_and_stored_unchanged_without_its_name(content, media_type, api):
    image = upload(api, content, name="Jane_Doe.exe").json()
    assert image["media_type"] == media_type
    assert (image["sha256"], image["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert body(api.get(where("image-file", image))) == content
    path = storages["originals"].path(Image.objects.get().original)
    assert "Jane" not in str(path) and os.stat(path).st_mode & 0o077 == 0


# --- Studies and series -----------------------------------------------------------------------------------------------


def test_a_second_image_of_a_study_joins_it(api, ct):
    assert upload(api, altered(SOPInstanceUID="1.2.3")).json()["series"] == ct["series"]


def test_another_file_of_the_uid_of_an_image_in_use_is_refused(api, ct):
    answer = upload(api, altered(StudyDescription="another", StudyInstanceUID="1.2.4"))
    assert answer.status_code == 409 and ct["id"] in answer.json()["detail"]


def test_a_picture_gets_a_study_of_its_own_unless_one_is_named(api, study):
    alone = [upload(api, make.png(n)).json()["study"] for n in (1, 2)]
    one, two = (upload(api, make.png(n), study=str(study.pk), modality="XC").json() for n in (3, 4))
    assert len({*alone, one["study"]}) == 3
    assert one["study"] == two["study"] == str(study.pk) and one["series"] == two["series"]


def test_facts_that_a_picture_does_not_contain_are_sent_with_it(api, doctor):
    patient = make.PatientFactory(owner=doctor)
    facts = {"modality": "DX", "body_part": "CHEST", "description": "Cough", "patient": str(patient.pk)}
    image, study = upload(api, make.png(), **facts).json(), Study.objects.get()
    assert (image["modality"], image["body_part"], study.description, study.patient) == (
        "DX",
        "CHEST",
        "Cough",
        patient,
    )


def test_an_image_does_not_go_into_a_study_where_it_does_not_belong(api, doctor, ct, study):
    other = upload(api, real("MR_small.dcm"), study=str(study.pk))
    assert other.status_code == 400 and "study" in other.json()["fields"]
    of_patient = make.StudyFactory(owner=doctor, patient=make.PatientFactory(owner=doctor))
    another = str(make.PatientFactory(owner=doctor).pk)
    assert upload(api, make.png(), study=str(of_patient.pk), patient=another).status_code == 409
    api.delete(where("study-detail", ct["study"]))
    archived = upload(api, altered(SOPInstanceUID="1.2.3"))
    assert archived.status_code == 409 and ct["study"] in archived.json()["detail"]


def test_a_study_that_is_archived_while_its_image_is_read_gets_no_image(api, doctor, study, monkeypatch):
    make_copy = actions.uploads.make_copy

    def slowly(*args):
        actions.archive_study(by=doctor, study=Study.objects.get(pk=study.pk))
        return make_copy(*args)

    monkeypatch.setattr(actions.uploads, "make_copy", slowly)
    assert upload(api, make.png(), study=str(study.pk)).status_code == 409
    assert not study.images.exists()


def test_a_study_uid_is_unique_per_owner(doctor):
    make.StudyFactory(owner=doctor, uid="1.2")
    make.StudyFactory(uid="1.2")
    with pytest.raises(ValidationError, match="already"):
        make.StudyFactory(owner=doctor, uid="1.2")


# --- Identical bytes --------------------------------------------------------------------------------------------------


def test_the_same_bytes_of_the_same_owner_give_the_existing_image(api, ct, stranger, client_of):
    again = upload(api, real("CT_small.dcm"))
    assert (again.status_code, again.json()["id"], Image.objects.count()) == (200, ct["id"], 1)
    assert upload(client_of(stranger), real("CT_small.dcm")).status_code == 201
    api.delete(where("image-detail", ct))
    archived = upload(api, real("CT_small.dcm"))
    assert archived.status_code == 409 and ct["id"] in archived.json()["detail"]


def test_the_same_bytes_sent_twice_at_once_are_one_image(doctor, monkeypatch):
    """The second upload looks before the first has written its row, and meets the constraint."""
    first = actions.upload_image(by=doctor, file=SimpleUploadedFile("a", make.png()))
    looks = iter([None, Image.objects.get()])
    monkeypatch.setattr(actions.uploads, "find_existing", lambda by, upload: next(looks))
    second = actions.get_or_upload_image(by=doctor, file=SimpleUploadedFile("a", make.png()))
    assert (second, Image.objects.count()) == ((first, False), 1)


# --- Failures ---------------------------------------------------------------------------------------------------------


def stored() -> int:
    return sum(path.is_file() for name in ("originals", "research") for path in storages[name].root.glob("????-*/*"))


@pytest.mark.parametrize(("error", "kept"), [(ValueError, 0), (OperationalError, 2)])
def test_files_stay_only_if_the_database_may_have_committed(error, kept, doctor, monkeypatch):
    before = stored()

    def fail(**facts):
        raise error

    monkeypatch.setattr(actions.uploads, "add_image", fail)
    with pytest.raises(error):
        actions.upload_image(by=doctor, file=SimpleUploadedFile("a", make.png(251)))
    assert stored() - before == kept


def test_two_uploads_that_outrun_each_other_every_time_are_told_to_try_again(doctor, ct, monkeypatch):
    monkeypatch.setattr(actions.uploads, "lock_study", lambda by, facts, study: None)
    before = stored()
    with pytest.raises(Conflict, match="again"):
        actions.upload_image(by=doctor, file=SimpleUploadedFile("a", altered(SOPInstanceUID="1.2.3")))
    assert stored() == before
