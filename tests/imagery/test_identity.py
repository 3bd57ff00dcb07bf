"""What names a patient: sealed at rest, for the doctor who keeps them alone, and nowhere in research."""

import re
from io import BytesIO, StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from pydicom import dcmread
from pydicom.data import get_testdata_file
from reversion.models import Version

from imagery import actions, files, identity
from imagery.ages import age_in_years
from imagery.models import Identity, Image, Patient, Study
from tests.kit import factories as make

pytestmark = pytest.mark.on_both

JANE = {
    "name": "Doe^Jane",
    "record_number": "MRN-4711",
    "issuer": "St Elsewhere",
    "birth_date": "1970-05-17",
    "address": "1 Elm Street",
    "telephone": "555-0199",
    "other_ids": ["SSN-1234"],
}
OLD, NEW = "an-old-key-of-thirty-two-characters-or-more", "a-new-key-of-thirty-two-characters-or-more"


def file(**values) -> bytes:
    """The CT of a patient of this record number."""
    dataset = dcmread(get_testdata_file("CT_small.dcm", download=False))
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    stream = BytesIO()
    dataset.save_as(stream)
    return stream.getvalue()


def upload(client, **values):
    content = SimpleUploadedFile("a", file(**values))
    return client.post(reverse("image-list"), {"file": content}, format="multipart").json()


def another(number: int) -> dict:
    """What makes a file one of another study."""
    return {name: f"1.2.{number}.{at}" for at, name in enumerate(("StudyInstanceUID", "SeriesInstanceUID"), 1)} | {
        "SOPInstanceUID": f"1.2.{number}"
    }


def where(patient, route="patient-detail") -> str:
    return reverse(route, kwargs={"pk": patient.pk})


@pytest.fixture
def jane(doctor):
    return actions.create_patient(by=doctor, sex="F", identity=JANE)


# --- At rest ----------------------------------------------------------------------------------------------------------


def everything_in_the_database() -> str:
    """Every value of every table, as the database has it."""
    told = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            told += [str(row) for row in cursor.fetchall()]
    return "\n".join(told)


# Ciphertexts, digests and ids: three letters stand in them by chance, as digits do in times.
RANDOM = re.compile(r"[\w+/=$-]{32,}")


@pytest.mark.parametrize("fact", ["Doe", "MRN-4711", "Elsewhere", "1970-", "Elm", "-0199", "SSN"])
def test_no_table_holds_what_names_a_patient(fact, jane, doctor):
    actions.change_patient(by=doctor, patient=jane, identity={"telephone": "555-0200"})
    assert fact not in RANDOM.sub("", everything_in_the_database())


@pytest.mark.parametrize("fact", [JANE[name] for name in JANE if name != "other_ids"] + JANE["other_ids"])
def test_no_table_holds_a_whole_fact_even_inside_something_longer(fact, jane):
    assert fact not in everything_in_the_database()


def test_versions_keep_the_ciphertext_alone(jane):
    (version,) = Version.objects.get_for_model(Identity)
    assert set(version.field_dict) & {"sealed", "record_index", "number_index"} == {"sealed"}


def test_the_same_facts_are_sealed_differently_each_time():
    assert identity.encrypt(JANE) != identity.encrypt(JANE)


def test_a_record_number_has_another_digest_for_each_owner(doctor, stranger):
    for owner in (doctor, stranger):
        actions.create_patient(by=owner, identity=JANE)
    assert Identity.objects.values("record_index").distinct().count() == 2


# --- Another key ------------------------------------------------------------------------------------------------------


@pytest.fixture
def rotating(settings, doctor):
    """A patient under the old key, while the new one is current."""
    settings.IDENTITY_KEYS = [OLD]
    patient = actions.create_patient(by=doctor, identity=JANE)
    settings.IDENTITY_KEYS = [NEW, OLD]
    return Patient.objects.get(pk=patient.pk)


def rotate() -> str:
    out = StringIO()
    call_command("rotate_identity_key", stdout=out)
    return out.getvalue()


def test_the_old_key_still_opens_what_it_sealed(rotating):
    assert rotating.facts == JANE


def test_a_record_number_is_found_under_the_old_key(rotating, doctor):
    assert Identity.objects.of_record(doctor, "St Elsewhere", "MRN-4711").exists()


def test_after_the_rotation_the_new_key_is_enough(rotating, settings, doctor):
    rotate()
    settings.IDENTITY_KEYS = [NEW]
    found = Identity.objects.of_record(doctor, "St Elsewhere", "MRN-4711").get()
    assert found.facts == JANE


def test_the_rotation_seals_stored_versions_too(rotating, settings):
    rotate()
    settings.IDENTITY_KEYS = [NEW]
    (version,) = Version.objects.get_for_model(Identity)
    assert identity.decrypt(version.field_dict["sealed"]) == JANE


def test_a_second_rotation_changes_nothing(rotating):
    rotate()
    before = everything_in_the_database()
    rotate()
    assert everything_in_the_database() == before


# --- For the doctor who keeps them ------------------------------------------------------------------------------------


def test_a_doctor_writes_and_reads_the_identity_of_their_patient(api):
    made = api.post(reverse("patient-list"), {"sex": "F", "identity": JANE}).json()
    assert api.get(reverse("patient-detail", kwargs={"pk": made["id"]})).json()["identity"] == JANE


def test_of_a_change_what_is_left_out_stays(api, jane):
    told = api.patch(where(jane), {"identity": {"telephone": "555-0200"}}).json()
    assert told["identity"] == JANE | {"telephone": "555-0200"}


def test_a_patient_of_whom_nothing_is_known_has_no_identity(api, doctor):
    assert api.get(where(make.PatientFactory(owner=doctor))).json()["identity"] is None


def test_a_change_of_identity_moves_the_etag(api, jane):
    before = api.get(where(jane)).headers["ETag"]
    assert api.patch(where(jane), {"identity": {"telephone": "1"}}).headers["ETag"] != before


def test_the_same_identity_again_leaves_no_history(api, jane):
    api.patch(where(jane), {"identity": JANE})
    assert Version.objects.get_for_model(Identity).count() == 1


def test_the_history_tells_that_an_identity_changed_and_not_what(api, jane):
    api.patch(where(jane), {"identity": {"telephone": "555-0200"}})
    told = api.get(where(jane, "patient-history"))
    assert told.json()["results"][0]["verb"] == "changed"
    assert b"555-0199" not in told.content and b"555-0200" not in told.content


def test_a_record_number_finds_its_patient(api, jane, doctor):
    make.PatientFactory(owner=doctor)
    found = api.get(reverse("patient-list"), {"record_number": "MRN-4711"}).json()["results"]
    assert [row["id"] for row in found] == [str(jane.pk)]


def test_a_record_number_finds_nobody_elses_patient(jane, stranger, client_of):
    assert client_of(stranger).get(reverse("patient-list"), {"record_number": "MRN-4711"}).json()["results"] == []


def test_somebody_who_is_a_researcher_too_finds_their_own_patients_alone(jane, client_of):
    client = client_of(make.UserFactory(roles=["doctor", "researcher"]))
    assert client.get(reverse("patient-list"), {"record_number": "MRN-4711"}).json()["results"] == []


def test_a_record_number_is_given_once(api, jane):
    answer = api.post(reverse("patient-list"), {"identity": JANE})
    assert answer.status_code == 400 and "record number" in answer.json()["detail"]


def test_the_record_of_requests_does_not_hold_the_number_that_was_asked_for(api, jane):
    api.get(reverse("patient-list"), {"record_number": "MRN-4711"})
    assert "MRN-4711" not in everything_in_the_database()


# --- From DICOM -------------------------------------------------------------------------------------------------------


def test_a_dicom_file_brings_its_patient(api, doctor):
    upload(api, PatientID="MRN-1", PatientName="Roe^Richard", PatientSex="M")
    patient = Patient.objects.get()
    assert (patient.owner, patient.sex, patient.facts["name"]) == (doctor, "M", "Roe^Richard")


def test_a_second_study_of_a_record_number_finds_the_patient(api):
    upload(api, PatientID="MRN-1")
    upload(api, PatientID="MRN-1", **another(2))
    assert Patient.objects.count() == 1 and Study.objects.filter(patient=Patient.objects.get()).count() == 2


def test_the_same_number_of_another_issuer_is_another_patient(api):
    upload(api, PatientID="MRN-1", IssuerOfPatientID="A")
    upload(api, PatientID="MRN-1", IssuerOfPatientID="B", **another(2))
    assert Patient.objects.count() == 2


def test_the_same_number_of_another_owner_is_another_patient(api, stranger, client_of):
    upload(api, PatientID="MRN-1")
    upload(client_of(stranger), PatientID="MRN-1")
    assert Patient.objects.count() == 2


def test_a_patient_whom_the_doctor_has_typed_in_is_found(api, jane):
    upload(api, PatientID=JANE["record_number"], IssuerOfPatientID=JANE["issuer"])
    assert Study.objects.get().patient == jane


def test_a_file_without_a_record_number_brings_no_patient(api):
    upload(api, PatientID="")
    assert not Patient.objects.exists() and Study.objects.get().patient is None


def test_the_copy_bears_the_pseudonym_of_the_patient_it_brought(api, research_client):
    image = upload(api, PatientID="MRN-1")
    answer = research_client.get(reverse("image-file", kwargs={"pk": image["id"]}))
    copy = dcmread(BytesIO(b"".join(answer.streaming_content)))
    assert str(copy.PatientID) == Patient.objects.get().pseudonym


def test_two_uploads_that_bring_a_patient_at_once_bring_one(doctor, monkeypatch):
    """The second looks before the first has written; its copy is made again under the patient who is there now."""
    upload_of = [SimpleUploadedFile("a", file(PatientID="MRN-1", **another(n))) for n in (1, 2)]
    actions.upload_image(by=doctor, file=upload_of[0])
    looks, look = iter([Patient(owner=doctor)]), actions.uploads.find_patient
    monkeypatch.setattr(actions.uploads, "find_patient", lambda *args: next(looks, None) or look(*args))
    image = actions.upload_image(by=doctor, file=upload_of[1])
    assert image.study.patient == Patient.objects.get()
    assert str(dcmread(files.research_copies().path(image.research)).PatientID) == Patient.objects.get().pseudonym


def test_the_patient_of_a_file_that_is_archived_is_to_be_restored_first(api, doctor):
    patient = actions.create_patient(by=doctor, identity={"record_number": "MRN-1"})
    actions.archive_patient(by=doctor, patient=patient)
    answer = api.post(
        reverse("image-list"), {"file": SimpleUploadedFile("a", file(PatientID="MRN-1"))}, format="multipart"
    )
    assert answer.status_code == 409 and str(patient.pk) in answer.json()["detail"]


# --- For research -----------------------------------------------------------------------------------------------------


def test_a_filter_by_record_number_is_unknown_to_researchers(jane, research_client):
    answer = research_client.get(reverse("patient-list"), {"record_number": "MRN-4711"})
    assert answer.status_code == 400 and "record_number" in answer.json()["fields"]


@pytest.mark.parametrize("filter", ["name", "birth_date", "issuer", "date", "description", "search", "ordering"])
@pytest.mark.parametrize("route", ["patient-list", "study-list"])
def test_so_is_whatever_else_names_a_patient(route, filter, research_client):
    assert research_client.get(reverse(route), {filter: "x"}).status_code == 400


def test_a_researcher_sees_pseudonym_and_sex(jane, research_client):
    assert research_client.get(where(jane)).json() == {
        "id": str(jane.pk), "pseudonym": jane.pseudonym, "sex": "F",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("born", "studied", "age"),
    [
        ("1970-05-17", "2020-05-16", 49),
        ("1970-05-17", "2020-05-17", 50),
        ("1930-01-01", "2019-12-31", 89),
        ("1930-01-01", "2020-01-01", 90),
        ("1910-01-01", "2020-01-01", 90),
        ("2020-02-29", "2020-02-29", 0),
        ("2021-01-01", "2020-01-01", None),
    ],
)
def test_age_is_in_whole_years_at_the_study_and_ninety_is_the_oldest(born, studied, age, doctor):
    patient = actions.create_patient(by=doctor, identity={"birth_date": born})
    assert actions.create_study(by=doctor, patient=patient, date=studied).age == age


@pytest.mark.parametrize(
    ("told", "age"), [("045Y", 45), ("099Y", 90), ("030M", 2), ("051W", 0), ("003D", 0), ("", None)]
)
def test_without_a_birth_date_the_age_is_what_the_file_says(told, age, api):
    assert age_in_years(told) == age
    upload(api, PatientBirthDate="", PatientAge=told)
    assert Study.objects.get().age == age


def test_a_birth_date_that_is_mended_mends_the_age(doctor, jane):
    study = actions.create_study(by=doctor, patient=jane, date="2020-06-01")
    actions.change_patient(by=doctor, patient=jane, identity={"birth_date": "1980-05-17"})
    study.refresh_from_db()
    assert study.age == 40


def test_an_age_moves_with_the_date_of_its_study(doctor, jane):
    study = actions.create_study(by=doctor, patient=jane, date="2020-06-01")
    assert actions.change_study(by=doctor, study=study, date="2021-06-01").age == 51


def test_a_patient_names_nobody_in_a_log(jane):
    assert "Doe" not in repr(jane) + str(jane) + repr(jane.identity) + str(jane.identity)


def test_an_identity_is_one_patients(jane):
    with pytest.raises(ValidationError):
        Identity.objects.create(patient=jane, sealed="")


def test_the_image_of_a_patient_is_the_owners(api):
    upload(api, PatientID="MRN-1")
    assert Image.objects.get().study.patient.owner == Image.objects.get().owner
