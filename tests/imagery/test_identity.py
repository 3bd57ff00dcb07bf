"""Identity: encrypted at rest, shown to the patient's doctor alone, and not in research."""

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

from dicom.ages import age_in_years
from imagery import actions, files, identity
from imagery.models import Identity, Image, Patient, Study
from tests.kit import factories as make
from tests.kit.api import body, where

pytestmark = pytest.mark.on_both

JANE = {
    "name": "Doe^Jane",
    "other_names": ["Roe^Jane"],
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
    """The values of a file of another study."""
    return {name: f"1.2.{number}.{at}" for at, name in enumerate(("StudyInstanceUID", "SeriesInstanceUID"), 1)} | {
        "SOPInstanceUID": f"1.2.{number}"
    }


def patients_of(client, **query) -> list:
    return client.get(reverse("patient-list"), query).json()["results"]


@pytest.fixture
def jane(doctor):
    return actions.create_patient(by=doctor, sex="F", identity=JANE)


# --- At rest ----------------------------------------------------------------------------------------------------------


def everything_in_the_database() -> str:
    """Every value of every table."""
    rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows += [str(row) for row in cursor.fetchall()]
    return "\n".join(rows)


# Ciphertexts, digests and ids: three letters occur in them by chance, as digits do in times.
RANDOM = re.compile(r"[\w+/=$-]{32,}")


def test_no_table_holds_what_names_a_patient(jane, doctor):
    actions.change_patient(by=doctor, patient=jane, identity={"telephone": "555-0200"})
    content = everything_in_the_database()
    parts, facts = ["Doe", "MRN-4711", "Elsewhere", "1970-", "Elm", "-0199", "SSN"], []
    for value in JANE.values():
        facts += value if isinstance(value, list) else [value]
    assert [part for part in parts if part in RANDOM.sub("", content)] == []
    assert [fact for fact in facts if fact in content] == []


def test_versions_keep_the_ciphertext_alone_and_it_differs_each_time(jane):
    (version,) = Version.objects.get_for_model(Identity)
    assert set(version.field_dict) & {"sealed", "record_index", "number_index"} == {"sealed"}
    assert identity.encrypt(JANE) != identity.encrypt(JANE)


def test_a_record_number_has_another_digest_for_each_owner(doctor, stranger):
    for owner in (doctor, stranger):
        actions.create_patient(by=owner, identity=JANE)
    assert Identity.objects.values("record_index").distinct().count() == 2


def test_a_patient_names_nobody_in_a_log(jane):
    assert "Doe" not in repr(jane) + str(jane) + repr(jane.identity) + str(jane.identity)


def test_a_patient_has_one_identity(jane):
    with pytest.raises(ValidationError):
        Identity.objects.create(patient=jane, sealed="")


# --- Another key ------------------------------------------------------------------------------------------------------


@pytest.fixture
def rotating(settings, doctor):
    """A patient under the old key, while the new one is current."""
    settings.IDENTITY_KEYS = [OLD]
    patient = actions.create_patient(by=doctor, identity=JANE)
    settings.IDENTITY_KEYS = [NEW, OLD]
    return Patient.objects.get(pk=patient.pk)


def test_the_old_key_still_decrypts_and_finds(rotating, doctor):
    assert rotating.facts == JANE
    assert Identity.objects.of_record(doctor.pk, "St Elsewhere", "MRN-4711").exists()


def test_after_the_rotation_the_new_key_is_enough_also_for_versions(rotating, settings, doctor):
    call_command("rotate_identity_key", stdout=StringIO())
    before = everything_in_the_database()
    call_command("rotate_identity_key", stdout=StringIO())
    assert everything_in_the_database() == before
    settings.IDENTITY_KEYS = [NEW]
    assert Identity.objects.of_record(doctor.pk, "St Elsewhere", "MRN-4711").get().facts == JANE
    (version,) = Version.objects.get_for_model(Identity)
    assert identity.decrypt(version.field_dict["sealed"]) == JANE


# --- For the patient's doctor -----------------------------------------------------------------------------------------


def test_a_doctor_writes_and_reads_the_identity_of_their_patient(api, doctor):
    created = api.post(reverse("patient-list"), {"sex": "F", "identity": JANE}).json()
    assert api.get(where("patient-detail", created)).json()["identity"] == JANE
    changed = api.patch(where("patient-detail", created), {"identity": {"telephone": "555-0200"}}).json()
    assert changed["identity"] == JANE | {"telephone": "555-0200"}
    assert api.get(where("patient-detail", make.PatientFactory(owner=doctor))).json()["identity"] is None
    again = api.post(reverse("patient-list"), {"identity": JANE})
    assert again.status_code == 409 and created["id"] in again.json()["detail"]


def test_a_change_of_identity_is_one_of_the_patient_and_its_values_are_not_in_the_history(api, jane):
    address = where("patient-detail", jane)
    before = api.get(address).headers["ETag"]
    api.patch(address, {"identity": JANE})
    assert Version.objects.get_for_model(Identity).count() == 1
    assert api.patch(address, {"identity": {"telephone": "555-0200"}}).headers["ETag"] != before
    history = api.get(where("patient-history", jane))
    assert history.json()["results"][0]["verb"] == "changed"
    assert b"555-0199" not in history.content and b"555-0200" not in history.content


def test_a_record_number_finds_ones_own_patients_alone(api, jane, doctor, stranger, client_of):
    make.PatientFactory(owner=doctor)
    assert [row["id"] for row in patients_of(api, record_number="MRN-4711")] == [str(jane.pk)]
    both = make.UserFactory(roles=["doctor", "researcher"])
    assert [patients_of(client_of(who), record_number="MRN-4711") for who in (stranger, both)] == [[], []]
    assert "MRN-4711" not in everything_in_the_database()


# --- From DICOM -------------------------------------------------------------------------------------------------------


def test_a_dicom_file_brings_its_patient(api, doctor, research_client):
    image = upload(api, PatientID="MRN-1", PatientName="Roe^Richard", PatientSex="M")
    patient = Patient.objects.get()
    assert (patient.owner, patient.sex, patient.facts["name"]) == (doctor, "M", "Roe^Richard")
    copy = dcmread(BytesIO(body(research_client.get(where("image-file", image)))))
    assert str(copy.PatientID) == patient.pseudonym


def test_a_record_number_of_an_issuer_is_one_patient_of_an_owner(api, stranger, client_of):
    upload(api, PatientID="MRN-1", IssuerOfPatientID="A")
    upload(api, PatientID="MRN-1", IssuerOfPatientID="A", **another(2))
    assert Patient.objects.count() == 1 and Patient.objects.get().studies.count() == 2
    upload(api, PatientID="MRN-1", IssuerOfPatientID="B", **another(3))
    upload(client_of(stranger), PatientID="MRN-1", IssuerOfPatientID="A")
    assert Patient.objects.count() == 3


def test_a_patient_that_the_doctor_has_entered_is_found(api, jane):
    upload(
        api, PatientID=JANE["record_number"], IssuerOfPatientID=JANE["issuer"], PatientName="DOE^JANE", PatientSex="F"
    )
    assert Study.objects.get().patient == jane


def test_a_file_that_says_nothing_of_its_patient_brings_none(api):
    upload(api, **dict.fromkeys(("PatientID", "PatientName", "PatientBirthDate", "PatientSex"), ""))
    assert not Patient.objects.exists() and Study.objects.get().patient is None


def test_two_uploads_that_bring_a_patient_at_once_bring_one(doctor, monkeypatch):
    """The second looks before the first has written; its copy is made again with the pseudonym of the first."""
    uploads = [SimpleUploadedFile("a", file(PatientID="MRN-1", **another(n))) for n in (1, 2)]
    actions.upload_image(by=doctor, file=uploads[0])
    looks, look = iter([Patient(owner=doctor)]), actions.uploads.find_patient
    monkeypatch.setattr(actions.uploads, "find_patient", lambda *args: next(looks, None) or look(*args))
    image = actions.upload_image(by=doctor, file=uploads[1])
    assert image.study.patient == Patient.objects.get()
    assert str(dcmread(files.research_copies().path(image.research)).PatientID) == Patient.objects.get().pseudonym


def test_an_image_of_an_archived_patient_is_refused(api, doctor):
    patient = actions.create_patient(by=doctor, identity={"record_number": "MRN-1"})
    actions.archive_patient(by=doctor, patient=patient)
    assert str(patient.pk) in upload(api, PatientID="MRN-1")["detail"]
    assert not Image.objects.exists()


# --- For research -----------------------------------------------------------------------------------------------------


def test_researchers_see_pseudonym_and_sex_and_filter_by_nothing_else(jane, research_client):
    shown = research_client.get(where("patient-detail", jane)).json()
    addresses = {name: shown.pop(name) for name in ("url", "studies_url")}
    assert all(str(jane.pk) in address for address in addresses.values())
    assert shown == {"id": str(jane.pk), "pseudonym": jane.pseudonym, "sex": "F"}
    names = ["record_number", "name", "birth_date", "issuer", "date", "description", "search", "ordering"]
    for route in ("patient-list", "study-list"):
        answers = {name: research_client.get(reverse(route), {name: "x"}) for name in names}
        assert {name for name, answer in answers.items() if answer.status_code != 400} == set(), route
        assert "record_number" in answers["record_number"].json()["fields"]


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
def test_the_age_at_a_study_is_in_whole_years_up_to_ninety(born, studied, age, doctor):
    patient = actions.create_patient(by=doctor, identity={"birth_date": born})
    assert actions.create_study(by=doctor, patient=patient, date=studied).age == age


@pytest.mark.parametrize(
    ("text", "age"), [("045Y", 45), ("099Y", 90), ("030M", 2), ("051W", 0), ("003D", 0), ("", None)]
)
def test_without_a_birth_date_the_age_is_that_of_the_file(text, age, api):
    assert age_in_years(text) == age
    upload(api, PatientBirthDate="", PatientAge=text)
    assert Study.objects.get().age == age


def test_the_age_follows_the_birth_date_and_the_date_of_the_study(doctor, jane):
    study = actions.create_study(by=doctor, patient=jane, date="2020-06-01")
    assert actions.change_study(by=doctor, study=study, date="2021-06-01").age == 51
    actions.change_patient(by=doctor, patient=jane, identity={"birth_date": "1980-05-17"})
    study.refresh_from_db()
    assert study.age == 41
