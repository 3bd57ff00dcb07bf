"""A file is filed under the patient whom it shows, and never under one whom it contradicts."""

from io import BytesIO

import pytest
from django.urls import reverse
from pydicom import dcmread
from pydicom.uid import generate_uid

from core.exceptions import Conflict
from imagery import actions, files
from imagery.models import Identity, Image, Patient, Study
from tests.kit.api import body, side_by_side, upload, where
from tests.kit.files import ct

pytestmark = pytest.mark.on_both

ANN = {"PatientID": "H1", "PatientName": "First^Ann", "PatientBirthDate": "19500101", "PatientSex": "F"}
BOB = {"PatientID": "H1", "PatientName": "Second^Bob", "PatientBirthDate": "19900202", "PatientSex": "M"}
OF_NOBODY = dict.fromkeys(("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "PatientAge"), "")


def patient_of(answer) -> Patient:
    return Image.objects.get(pk=answer.json()["id"]).study.patient


# --- One record number ------------------------------------------------------------------------------------------------


def test_two_people_of_one_record_number_stay_two(api, research_client):
    ann, bob = upload(api, ct(**ANN)), upload(api, ct(**BOB, StudyDate="20200229"))
    assert patient_of(ann) != patient_of(bob)
    patient = api.get(where("patient-detail", patient_of(bob))).json()
    assert (patient["identity"]["name"], patient["identity"]["birth_date"], patient["sex"]) == (
        "Second^Bob",
        "1990-02-02",
        "M",
    )
    assert api.get(where("study-detail", bob.json()["study"])).json()["age"] == 30
    copy = dcmread(BytesIO(body(research_client.get(where("image-file", bob.json())))))
    assert (copy.PatientID, copy.PatientSex) == (patient["pseudonym"], patient["sex"])
    assert research_client.get(where("patient-detail", patient)).json()["sex"] == "M"


@pytest.mark.parametrize(
    ("values", "is_same"),
    [
        ({"PatientName": "FIRST^ANN^^DR"}, True),
        ({"PatientName": ""}, True),
        ({"PatientName": "ANONYMOUS"}, True),
        ({"PatientBirthDate": ""}, True),
        ({"PatientSex": ""}, True),
        ({"PatientName": "Married^Ann"}, False),
        ({"PatientBirthDate": "19500102"}, False),
        ({"PatientSex": "M"}, False),
        ({"IssuerOfPatientID": "elsewhere"}, False),
    ],
)  # fmt: skip
def test_a_file_joins_its_patient_unless_it_contradicts(api, values, is_same):
    first, second = upload(api, ct(**ANN)), upload(api, ct(**ANN | values))
    assert (patient_of(first) == patient_of(second)) is is_same


def test_a_patient_learns_what_a_later_file_says_so_that_the_next_is_compared(api):
    nameless = upload(api, ct(**ANN | {"PatientName": "", "PatientBirthDate": "", "PatientSex": ""}))
    assert patient_of(upload(api, ct(**ANN))) == patient_of(nameless)
    assert patient_of(nameless).facts["name"] == "First^Ann" and patient_of(nameless).sex == "F"
    assert patient_of(upload(api, ct(**BOB))) != patient_of(nameless)


def test_of_several_patients_of_a_number_the_likeliest_is_taken(api):
    ann, bob = upload(api, ct(**ANN)), upload(api, ct(**BOB))
    for first, values in ((ann, ANN), (bob, BOB), (bob, BOB | {"PatientName": "", "PatientSex": ""})):
        assert patient_of(upload(api, ct(**values))) == patient_of(first)


def test_a_file_that_may_show_either_waits_until_its_owner_says_who(api):
    ann, bob = patient_of(upload(api, ct(**ANN))), patient_of(upload(api, ct(**BOB)))
    vague = ct(**OF_NOBODY | {"PatientID": "H1"})
    answer = upload(api, vague)
    assert (
        answer.status_code == 409 and str(ann.pk) in answer.json()["detail"] and str(bob.pk) in answer.json()["detail"]
    )
    assert patient_of(upload(api, vague, patient=str(bob.pk))) == bob


def test_the_owner_sees_that_two_patients_have_one_record_number(api, doctor):
    ann, bob = patient_of(upload(api, ct(**ANN))), patient_of(upload(api, ct(**BOB)))
    other = actions.create_patient(by=doctor, identity={"record_number": "H2"})
    shown = {
        patient: api.get(where("patient-detail", patient)).json()["same_record_number"] for patient in (ann, bob, other)
    }
    assert shown == {ann: [str(bob.pk)], bob: [str(ann.pk)], other: []}
    listed = api.get(reverse("patient-list"), {"record_number": "H1"}).json()["results"]
    assert {row["id"] for row in listed} == {str(ann.pk), str(bob.pk)}


def test_a_doctor_enters_no_patient_twice_but_two_people_of_one_number(doctor):
    ann = {"record_number": "H1", "name": "First^Ann", "birth_date": "1950-01-01"}
    first = actions.create_patient(by=doctor, identity=ann, sex="F")
    second = actions.create_patient(by=doctor, identity=ann, sex="M")
    for values in ({"sex": "F"}, {"sex": ""}):
        with pytest.raises(Conflict, match=str(first.pk)):
            actions.change_patient(by=doctor, patient=Patient.objects.get(pk=second.pk), **values)
    with pytest.raises(Conflict, match=str(first.pk)):
        actions.create_patient(by=doctor, identity={"record_number": "H1", "name": "FIRST^ANN"}, sex="F")
    assert list(Identity.objects.order_by("ordinal").values_list("patient", "ordinal")) == [
        (first.pk, 1),
        (second.pk, 2),
    ]


def test_the_owner_decides_that_two_names_are_one_person(api):
    maiden, married = ANN, ANN | {"PatientName": "Married^Ann"}
    first, second = upload(api, ct(**maiden)), upload(api, ct(**married))
    stays, goes = patient_of(second), patient_of(first)
    assert api.patch(where("study-detail", first.json()["study"]), {"patient": str(stays.pk)}).status_code == 200
    assert api.delete(where("patient-detail", goes)).status_code == 204
    names = {"identity": {"other_names": ["First^Ann"]}}
    assert api.patch(where("patient-detail", stays), names, format="json").status_code == 200
    assert {patient_of(upload(api, ct(**values))) for values in (maiden, married)} == {stays}
    refused = api.post(where("patient-restore", goes))
    assert refused.status_code == 409 and str(stays.pk) in refused.json()["detail"]


# --- No record number -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["ANONYMOUS", "0", "UNKNOWN", "", "N/A", "XXXX"])
def test_a_placeholder_joins_nobody_and_the_facts_are_kept(api, number):
    first, second = (upload(api, ct(**ANN | {"PatientID": number}, StudyDate="20200101")) for _ in range(2))
    assert patient_of(first) != patient_of(second)
    assert (patient_of(first).facts["name"], patient_of(first).sex) == ("First^Ann", "F")
    study = Study.objects.get(pk=first.json()["study"])
    assert (study.age, patient_of(first).facts["birth_date"]) == (70, "1950-01-01")
    same_study = upload(api, ct(**ANN | {"PatientID": number}, StudyInstanceUID=study.uid))
    assert patient_of(same_study) == patient_of(first)


# --- One study --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [BOB, ANN | {"PatientID": "H2"}])
def test_a_file_of_a_known_study_that_shows_another_patient_is_refused_with_the_study(api, values):
    uid = generate_uid()
    first = upload(api, ct(**ANN, StudyInstanceUID=uid)).json()
    answer = upload(api, ct(**values, StudyInstanceUID=uid))
    assert answer.status_code == 409 and first["study"] in answer.json()["detail"]
    assert (Image.objects.count(), Patient.objects.count()) == (1, 1)
    api.delete(where("study-detail", first["study"]))
    assert upload(api, ct(**values, StudyInstanceUID=uid)).status_code == 201


@pytest.mark.parametrize("named", ["patient", "study"])
def test_a_patient_or_study_that_is_named_does_not_take_the_file_of_another(api, named):
    uid = generate_uid()
    first = upload(api, ct(**ANN, StudyInstanceUID=uid))
    ids = {"patient": str(patient_of(first).pk), "study": first.json()["study"]}
    answer = upload(api, ct(**BOB, StudyInstanceUID=uid if named == "study" else generate_uid()), **{named: ids[named]})
    assert answer.status_code == 409 and ids[named] in answer.json()["detail"]
    assert Image.objects.count() == 1


def test_in_a_batch_each_file_finds_its_own_patient(api):
    answer = side_by_side(api, ct(**ANN), ct(**BOB), ct(**ANN))
    patients = [Study.objects.get(pk=row["study"]).patient for row in answer.json()["results"]]
    assert patients[0] == patients[2] != patients[1]


# --- One SOP Instance UID ---------------------------------------------------------------------------------------------


def test_a_corrected_file_takes_the_place_of_an_archived_one(api):
    uids = {"SOPInstanceUID": "1.2.3", "StudyInstanceUID": "1.2.4", "SeriesInstanceUID": "1.2.5"}
    wrong = upload(api, ct(**uids, **ANN | {"PatientName": "Typo^Ann"})).json()
    refused = upload(api, ct(**uids, **ANN))
    assert refused.status_code == 409 and wrong["id"] in refused.json()["detail"]
    api.delete(where("image-detail", wrong))
    right = upload(api, ct(**uids, **ANN))
    assert right.status_code == 201 and patient_of(right).facts["name"] == "First^Ann"
    assert Study.objects.get(pk=wrong["study"]).archived and right.json()["study"] != wrong["study"]
    restored = api.post(where("study-restore", wrong["study"]))
    assert restored.status_code == 409 and right.json()["study"] in restored.json()["detail"]


@pytest.mark.parametrize("route", ["image-detail", "study-detail"])
def test_what_was_archived_comes_back_only_if_its_uid_is_free(api, route):
    wrong = upload(api, ct(**ANN, SOPInstanceUID="1.2.3")).json()
    api.delete(where(route, wrong["id"] if route == "image-detail" else wrong["study"]))
    right = upload(api, ct(**ANN, SOPInstanceUID="1.2.3", StudyDescription="again")).json()
    api.post(where("study-restore", wrong["study"]))
    refused = api.post(where("image-restore", wrong))
    assert refused.status_code == 409 and right["id"] in refused.json()["detail"]
    api.delete(where("image-detail", right))
    assert api.post(where("image-restore", wrong)).status_code == 200


def test_two_files_of_one_uid_sent_at_once_are_one_image_and_a_refusal(api, monkeypatch):
    """The second looks before the first has written, and meets the constraint."""
    first = upload(api, ct(**ANN, SOPInstanceUID="1.2.3")).json()
    look, looks = actions.uploads.refuse_taken_uid, iter([None])
    monkeypatch.setattr(actions.uploads, "refuse_taken_uid", lambda *args: next(looks, 1) and look(*args))
    refused = upload(api, ct(**ANN, SOPInstanceUID="1.2.3"))
    assert refused.status_code == 409 and first["id"] in refused.json()["detail"]
    assert sum(path.is_file() for path in files.originals().root.rglob("*")) >= Image.objects.count() == 1


# --- Sex and age in research ------------------------------------------------------------------------------------------


def copy_of(client, image):
    return dcmread(BytesIO(body(client.get(where("image-file", image)))))


def test_a_patient_who_is_corrected_while_a_file_is_read_does_not_get_a_file_of_another(api, doctor, monkeypatch):
    ann, make_copy, corrections = upload(api, ct(**ANN)), actions.uploads.make_copy, []

    def correct_meanwhile(*args):
        if not corrections:
            corrections.append({"name": "Other^Eve"})
            actions.change_patient(by=doctor, patient=patient_of(ann), identity=corrections[0])
        return make_copy(*args)

    monkeypatch.setattr(actions.uploads, "make_copy", correct_meanwhile)
    late = upload(api, ct(**ANN, StudyInstanceUID=generate_uid()))
    assert late.status_code == 201 and corrections
    assert patient_of(late) != patient_of(ann) and patient_of(late).facts["name"] == "First^Ann"


def test_a_copy_states_the_age_that_research_reads_whatever_the_file_says(api, research_client):
    image = upload(api, ct(**ANN, PatientAge="017Y", StudyDate="20200101")).json()
    assert research_client.get(where("study-detail", image["study"])).json()["age"] == 70
    assert copy_of(research_client, image).PatientAge == "070Y"
    infant = ANN | {"PatientID": "H2", "PatientBirthDate": "20180601"}
    image = upload(api, ct(**infant, PatientAge="018M", StudyDate="20200101")).json()
    assert copy_of(research_client, image).PatientAge == "018M"


@pytest.mark.parametrize(
    "correction", [{"sex": "M"}, {"identity": {"birth_date": "1960-01-01"}}, {"sex": "O", "identity": {"name": "A^B"}}]
)
def test_a_correction_of_sex_or_birth_date_reaches_the_copies(
    api, research_client, correction, django_capture_on_commit_callbacks
):
    image = upload(api, ct(**ANN, PatientAge="070Y", StudyDate="20200101"))
    with django_capture_on_commit_callbacks(execute=True):
        assert api.patch(where("patient-detail", patient_of(image)), correction, format="json").status_code == 200
    copy = copy_of(research_client, image.json())
    patient = research_client.get(where("patient-detail", patient_of(image))).json()
    study = research_client.get(where("study-detail", image.json()["study"])).json()
    assert (copy.PatientSex, copy.PatientAge) == (patient["sex"], f"{study['age']:03}Y")


def test_until_a_copy_is_remade_after_a_correction_research_does_not_see_it(api, research_client):
    image = upload(api, ct(**ANN))
    api.patch(where("patient-detail", patient_of(image)), {"sex": "M"}, format="json")
    assert research_client.get(where("image-detail", image.json())).status_code == 404
    assert "corrected" in api.get(where("image-detail", image.json())).json()["release_reason"]
