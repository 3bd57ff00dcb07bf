"""Auditors read the history of every object, and learn from it no text that anyone wrote."""

import json

import pytest
from django.urls import reverse

from imagery.actions import change_patient, change_study, create_patient, create_study
from label.actions import annotate
from tests.kit import factories as make

pytestmark = pytest.mark.on_both


@pytest.fixture
def patient(doctor):
    patient = create_patient(by=doctor, sex="F", identity={"name": "Zqdoe^Jane", "record_number": "ZQ-77"})
    return change_patient(by=doctor, patient=patient, sex="M")


@pytest.fixture
def study(doctor, patient):
    study = create_study(by=doctor, patient=patient, description="Zqdoe, cough")
    return change_study(by=doctor, study=study, description="Zqdoe, fever")


def histories(client, **objects) -> dict[str, list]:
    answers = {name: client.get(reverse(f"{name}-history", kwargs={"pk": row.pk})) for name, row in objects.items()}
    return {name: answer.json()["results"] for name, answer in answers.items()}


def test_an_auditor_reads_who_changed_what_and_when_without_any_text(patient, study, doctor, auditor, client_of):
    image = make.ImageFactory(study=study)
    annotation = annotate(by=doctor, image=image, label=make.LabelFactory(), state="present", comment="Zqdoe again")
    read = histories(client_of(auditor), patient=patient, study=study, annotation=annotation)
    assert "zq" not in json.dumps(read).lower()
    assert [change["by"]["username"] for change in read["study"]] == ["doctor", "doctor"]
    assert read["patient"][0]["changes"]["sex"] == {"from": "F", "to": "M"}
    assert read["annotation"][0]["changes"]["state"] == {"from": None, "to": "present"}
    assert read["annotation"][0]["at"]


def test_equal_texts_are_told_from_different_ones(study, auditor, client_of):
    newest, first = histories(client_of(auditor), study=study)["study"]
    assert newest["changes"]["description"]["from"] == first["changes"]["description"]["to"]
    assert newest["changes"]["description"]["from"] != newest["changes"]["description"]["to"]


def test_an_auditor_who_is_the_doctor_too_reads_their_own_history_plain(study, doctor, client_of):
    doctor.groups.add(make.UserFactory(roles=["auditor"]).groups.get())
    newest, _ = histories(client_of(doctor), study=study)["study"]
    assert newest["changes"]["description"] == {"from": "Zqdoe, cough", "to": "Zqdoe, fever"}
