"""The evidence: uploads of real images, their bytes and previews, sharing, and what research sees."""

import hashlib
import os
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image as Picture
from pydicom import dcmread

from imagery import actions
from imagery.models import Image, Patient, Series, Study
from tests.kit import factories as make
from tests.kit.api import upload
from tests.kit.files import real

pytestmark = pytest.mark.on_both


def jpeg() -> bytes:
    stream = BytesIO()
    Picture.new("RGB", (12, 8)).save(stream, "JPEG")
    return stream.getvalue()


@pytest.fixture
def ct(api):
    return upload(api, real("CT_small.dcm")).json()


def test_a_real_ct_is_taken_with_what_it_says_of_itself(ct):
    told = dcmread(BytesIO(real("CT_small.dcm")))
    assert (ct["media_type"], ct["modality"], ct["rows"], ct["columns"], ct["frames"]) == (
        "application/dicom",
        "CT",
        128,
        128,
        1,
    )
    assert ct["uid"] == told.SOPInstanceUID


def test_a_dicom_file_builds_its_study_and_series(ct):
    told = dcmread(BytesIO(real("CT_small.dcm")))
    study, series = Study.objects.get(), Series.objects.get()
    assert (study.uid, str(study.date)) == (told.StudyInstanceUID, "2004-01-19")
    assert (series.uid, series.modality) == (told.SeriesInstanceUID, "CT")


def test_a_second_image_of_a_study_joins_it(api, ct):
    again = dcmread(BytesIO(real("CT_small.dcm")))
    again.SOPInstanceUID = again.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    stream = BytesIO()
    again.save_as(stream)
    assert upload(api, stream.getvalue()).json()["series"] == ct["series"]


def test_another_file_of_the_same_uid_is_refused(api, ct):
    altered = dcmread(BytesIO(real("CT_small.dcm")))
    altered.PatientID = "another"
    stream = BytesIO()
    altered.save_as(stream)
    answer = upload(api, stream.getvalue())
    assert answer.status_code == 400 and "SOP Instance UID" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(make.png(), "image/png"), (jpeg(), "image/jpeg"), (real("MR_small.dcm"), "application/dicom")],
    ids=["png", "jpeg", "dicom"],
)
def test_a_file_is_recognised_by_content_and_not_by_name(content, media_type, api):
    assert upload(api, content, name="photo.exe").json()["media_type"] == media_type


def test_hash_and_size_are_of_the_bytes_as_uploaded(api):
    content = make.png()
    image = upload(api, content).json()
    assert (image["sha256"], image["size"]) == (hashlib.sha256(content).hexdigest(), len(content))


def test_the_same_bytes_from_the_same_owner_answer_200_with_the_image_that_is_there(api, ct):
    again = upload(api, real("CT_small.dcm"))
    assert (again.status_code, again.json()["id"], Image.objects.count()) == (200, ct["id"], 1)


def test_the_same_bytes_sent_twice_at_once_are_one_image(doctor, monkeypatch):
    """The second upload looks before the first has written its row, and meets the constraint."""
    first = actions.upload_image(by=doctor, file=SimpleUploadedFile("a", make.png()))
    looks = iter([None, Image.objects.get()])
    monkeypatch.setattr(actions.uploads, "find_existing", lambda by, upload: next(looks))
    second = actions.upload_image(by=doctor, file=SimpleUploadedFile("a", make.png()))
    assert (second.pk, second.is_new, Image.objects.count()) == (first.pk, False, 1)


def test_the_same_bytes_from_another_owner_are_another_image(ct, stranger, client_of):
    assert upload(client_of(stranger), real("CT_small.dcm")).status_code == 201


def test_the_same_bytes_when_archived_say_what_to_restore(api, ct):
    api.delete(reverse("image-detail", kwargs={"pk": ct["id"]}))
    answer = upload(api, real("CT_small.dcm"))
    assert answer.status_code == 409 and ct["id"] in answer.json()["detail"]


def test_a_picture_gets_a_study_of_its_own(api):
    one, two = (upload(api, make.png(n)).json() for n in (1, 2))
    assert one["study"] != two["study"]


def test_a_picture_goes_into_the_study_that_is_named(api, study):
    one, two = (upload(api, make.png(n), study=str(study.pk), modality="XC").json() for n in (1, 2))
    assert one["study"] == two["study"] == str(study.pk) and one["series"] == two["series"]


def test_what_a_picture_does_not_say_is_said_with_it(api, doctor):
    patient = make.PatientFactory(owner=doctor)
    image = upload(
        api, make.png(), modality="DX", body_part="CHEST", description="Cough", patient=str(patient.pk)
    ).json()
    study = Study.objects.get()
    assert (image["modality"], image["body_part"], study.description, study.patient) == (
        "DX",
        "CHEST",
        "Cough",
        patient,
    )


def test_a_dicom_file_does_not_go_into_another_study(api, study):
    answer = upload(api, real("CT_small.dcm"), study=str(study.pk))
    assert answer.status_code == 400 and "study" in answer.json()["fields"]


def test_an_upload_into_an_archived_study_is_refused(api, ct):
    api.delete(reverse("study-detail", kwargs={"pk": ct["study"]}))
    moved = dcmread(BytesIO(real("CT_small.dcm")))
    moved.SOPInstanceUID = moved.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    stream = BytesIO()
    moved.save_as(stream)
    answer = upload(api, stream.getvalue())
    assert answer.status_code == 409 and ct["study"] in answer.json()["detail"]


def test_a_study_of_one_patient_takes_no_image_of_another(api, doctor):
    study = make.StudyFactory(owner=doctor, patient=make.PatientFactory(owner=doctor))
    answer = upload(api, make.png(), study=str(study.pk), patient=str(make.PatientFactory(owner=doctor).pk))
    assert answer.status_code == 409


def test_a_doctor_gets_the_original_back_byte_for_byte(api, ct):
    answer = api.get(reverse("image-file", kwargs={"pk": ct["id"]}))
    assert b"".join(answer.streaming_content) == real("CT_small.dcm")


def test_bytes_are_served_so_that_no_browser_runs_or_keeps_them(api, image):
    answer = api.get(reverse("image-file", kwargs={"pk": image.pk}))
    b"".join(answer.streaming_content)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{image.pk}.png"'


def test_the_name_of_the_file_is_kept_nowhere(api):
    upload(api, make.png(), name="Jane_Doe.png")
    assert "Jane" not in Image.objects.get().original


def preview(client, image_id, **query):
    return client.get(reverse("image-preview", kwargs={"pk": image_id}), query)


def picture(answer) -> Picture.Image:
    return Picture.open(BytesIO(answer.content))


def test_a_preview_is_a_png_of_the_frame(api, ct):
    assert (picture(preview(api, ct["id"])).format, picture(preview(api, ct["id"])).size) == ("PNG", (128, 128))


def test_a_preview_is_made_smaller_on_request(api, ct):
    assert picture(preview(api, ct["id"], size=32)).size == (32, 32)


def test_a_window_changes_the_preview(api, ct):
    assert preview(api, ct["id"], window="40,400").content != preview(api, ct["id"], window="-600,1500").content


def test_each_frame_has_its_preview(api):
    image = upload(api, real("examples_ybr_color.dcm")).json()
    assert image["frames"] > 1
    assert preview(api, image["id"], frame=0).content != preview(api, image["id"], frame=image["frames"] - 1).content


def test_a_preview_is_had_whatever_the_client_accepts(api, image):
    answer = api.get(reverse("image-preview", kwargs={"pk": image.pk}), headers={"Accept": "image/png"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")


@pytest.mark.parametrize("route", ["image-file", "image-preview", "image-thumbnail", "image-deidentification"])
@pytest.mark.parametrize("who", ["doctor", "researcher"])
def test_an_answer_of_bytes_reads_its_row_once(who, route, request, client_of, image):
    make.DeidentificationFactory(image=image)
    client = client_of(request.getfixturevalue(who))
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(reverse(route, kwargs={"pk": image.pk}))
    answer.close()
    assert answer.status_code == 200
    assert sum('FROM "imagery_image"' in query["sql"] for query in asked) == 1


COUNTS = {"series_count", "images_count", "annotations_count"}  # of lists alone
RESEARCH = {
    "image-list": {"id", "study", "series", "modality", "body_part", "media_type", "rows", "columns", "frames"},
    "study-list": {"id", "patient", "age"} | COUNTS,
    "series-list": {"id", "study", "modality", "body_part"},
    "patient-list": {"id", "pseudonym", "sex"},
}


@pytest.mark.parametrize("route", RESEARCH)
def test_research_sees_these_fields_and_nothing_more(route, api, ct, researcher, client_of):
    client = client_of(researcher)
    (row,) = client.get(reverse(route)).json()["results"]
    detail = client.get(reverse(route.replace("list", "detail"), kwargs={"pk": row["id"]})).json()
    assert row.keys() == RESEARCH[route]
    assert detail.keys() == RESEARCH[route] - COUNTS | ({"series"} if route == "study-list" else set())


def test_nothing_a_researcher_reads_names_the_patient_the_date_or_a_uid(ct, researcher, client_of):
    told = dcmread(BytesIO(real("CT_small.dcm")))
    secrets = [
        str(told.PatientName),
        told.PatientID,
        "2004-01-19",
        told.StudyInstanceUID,
        told.SOPInstanceUID,
        "doctor",
    ]
    client = client_of(researcher)
    for route, key in [("image", ct["id"]), ("study", ct["study"]), ("series", ct["series"])]:
        for view in ("detail", "history"):
            answer = client.get(reverse(f"{route}-{view}", kwargs={"pk": key})).content.decode()
            shown = answer.replace('"username":"doctor"', "") if view == "history" else answer
            assert not [secret for secret in secrets if secret in shown], (route, view)


def test_archived_evidence_leaves_research(api, ct, researcher, client_of):
    api.delete(reverse("study-detail", kwargs={"pk": ct["study"]}))
    for route, key in [("image", ct["id"]), ("study", ct["study"]), ("series", ct["series"])]:
        assert client_of(researcher).get(reverse(f"{route}-detail", kwargs={"pk": key})).status_code == 404


def test_archived_evidence_stays_with_its_owner(api, ct):
    api.delete(reverse("study-detail", kwargs={"pk": ct["study"]}))
    assert api.get(reverse("image-detail", kwargs={"pk": ct["id"]})).status_code == 200


def test_images_of_an_archived_study_are_listed_as_archived(api, ct):
    api.delete(reverse("study-detail", kwargs={"pk": ct["study"]}))
    live, gone = (api.get(reverse("image-list"), {"archived": flag}).json()["results"] for flag in ("false", "true"))
    assert (live, [image["id"] for image in gone]) == ([], [ct["id"]])


def test_an_image_does_not_come_back_before_its_study(api, ct):
    api.delete(reverse("study-detail", kwargs={"pk": ct["study"]}))
    assert api.post(reverse("image-restore", kwargs={"pk": ct["id"]})).status_code == 409


def test_a_patient_with_studies_in_use_is_not_archived(api, doctor):
    patient = make.PatientFactory(owner=doctor)
    make.StudyFactory(owner=doctor, patient=patient)
    assert api.delete(reverse("patient-detail", kwargs={"pk": patient.pk})).status_code == 409


def test_a_study_does_not_come_back_before_its_patient(api, doctor):
    patient = make.PatientFactory(owner=doctor, archived_at="2026-01-01T00:00Z")
    study = make.StudyFactory(owner=doctor, patient=patient, archived_at="2026-01-01T00:00Z")
    assert api.post(reverse("study-restore", kwargs={"pk": study.pk})).status_code == 409


def test_a_study_taken_back_from_a_team_is_gone_for_it(api, study, team, colleague, client_of):
    client = client_of(colleague)
    where = reverse("study-detail", kwargs={"pk": study.pk})
    before = client.get(where).status_code
    api.post(reverse("study-unshare", kwargs={"pk": study.pk}), {"team": team.pk})
    assert (before, client.get(where).status_code) == (200, 404)


def test_a_study_is_not_shared_with_a_team_that_one_is_not_in(api, study):
    answer = api.post(reverse("study-share", kwargs={"pk": study.pk}), {"team": make.TeamFactory().pk})
    assert answer.status_code == 400 and "team" in answer.json()["fields"]


def test_an_archived_shared_study_is_gone_for_the_team(study, doctor, colleague, client_of):
    actions.archive_study(by=doctor, study=study)
    assert client_of(colleague).get(reverse("study-detail", kwargs={"pk": study.pk})).status_code == 404


def test_a_superuser_sees_everything_whole(image, client_of):
    admin = make.UserFactory(is_superuser=True)
    assert "sha256" in client_of(admin).get(reverse("image-detail", kwargs={"pk": image.pk})).json()


def test_somebody_who_is_doctor_and_researcher_sees_their_own_whole_and_the_rest_as_research_does(image, client_of):
    both = make.UserFactory(roles=["doctor", "researcher"])
    own = make.ImageFactory(study=make.StudyFactory(owner=both))
    client = client_of(both)
    assert "sha256" in client.get(reverse("image-detail", kwargs={"pk": own.pk})).json()
    assert client.get(reverse("image-detail", kwargs={"pk": image.pk})).json().keys() == RESEARCH["image-list"]


def test_somebody_who_is_doctor_and_researcher_changes_nothing_that_is_not_theirs(image, client_of):
    both = make.UserFactory(roles=["doctor", "researcher"])
    for route in ("image-release", "image-redact", "image-restore"):
        assert client_of(both).post(reverse(route, kwargs={"pk": image.pk}), {}).status_code == 404


def test_pseudonyms_cannot_be_guessed_from_each_other():
    one, two = make.PatientFactory(), make.PatientFactory()
    assert one.pseudonym != two.pseudonym and len(one.pseudonym) == 22


def test_a_study_uid_is_unique_per_owner(doctor):
    make.StudyFactory(owner=doctor, uid="1.2")
    make.StudyFactory(uid="1.2")
    with pytest.raises(ValidationError, match="already"):
        make.StudyFactory(owner=doctor, uid="1.2")


def test_a_stored_file_is_for_its_owner_on_the_machine_alone(api):
    upload(api, make.png())
    path = storages["originals"].path(Image.objects.get().original)
    with open(path, "rb") as file:
        assert file.read() == make.png()
    assert os.stat(path).st_mode & 0o077 == 0


def test_a_patient_is_nobody_elses(api, doctor):
    Patient.objects.create(owner=make.DoctorFactory())
    assert api.get(reverse("patient-list")).json()["results"] == []


def test_an_upload_meets_the_study_as_it_is_after_decoding(api, doctor, study, monkeypatch):
    """Somebody archives the study while its new image is being read."""
    make_copy = actions.uploads.make_copy

    def slowly(*args):
        actions.archive_study(by=doctor, study=Study.objects.get(pk=study.pk))
        return make_copy(*args)

    monkeypatch.setattr(actions.uploads, "make_copy", slowly)
    assert upload(api, make.png(), study=str(study.pk)).status_code == 409
    assert not study.images.exists()


def test_an_owner_takes_a_study_back_from_a_team_that_they_have_left(api, study, team, doctor):
    team.members.remove(doctor)
    answer = api.post(reverse("study-unshare", kwargs={"pk": study.pk}), {"team": team.pk})
    assert answer.status_code == 200 and not study.shared_with.exists()


def test_an_archived_study_is_not_changed(api, study):
    where = reverse("study-detail", kwargs={"pk": study.pk})
    api.delete(where)
    assert api.patch(where, {"description": "Other"}).status_code == 409
