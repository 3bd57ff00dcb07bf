"""Staff of every role, and one row of every table."""

import pytest

from accounts.models import Team, User
from disease.models import Code, CodeMapping, CodeSystem, Disease
from events.models import Event
from imagery import actions as imagery_actions
from imagery.models import Deidentification, Image, Patient, Series, Study
from label.models import Annotation, Label
from tests.kit import factories as make


@pytest.fixture
def staff(doctor, colleague, stranger, researcher, auditor):
    """People by name. All of them are staff but `unstaffed`; `nobody` has not logged in."""
    people = {
        "doctor": doctor, "colleague": colleague, "stranger": stranger, "researcher": researcher, "auditor": auditor,
        "root": make.UserFactory(username="root", is_superuser=True),
    }  # fmt: skip
    for person in people.values():
        person.is_staff = True
        person.save()
    return {**people, "nobody": None, "unstaffed": make.DoctorFactory(username="unstaffed")}


@pytest.fixture
def client_as(staff, client_of):
    return lambda name: client_of(staff[name])


@pytest.fixture
def rows(annotation, doctor, team, label, study):
    """One row of every table. The doctor owns those that have an owner."""
    patient = imagery_actions.create_patient(
        by=doctor, sex="F", identity={"name": "Zzyzx^Quill", "record_number": "77"}
    )
    imagery_actions.change_study(by=doctor, study=Study.objects.get(pk=study.pk), patient=patient)
    return {
        User: make.UserFactory(username="somebody"),
        Team: team,
        CodeSystem: make.CodeSystemFactory(),
        Code: make.CodeFactory(),
        CodeMapping: make.CodeMappingFactory(),
        Disease: make.DiseaseFactory(),
        Patient: patient,
        Study: study,
        Series: annotation.image.series,
        Image: annotation.image,
        Deidentification: make.DeidentificationFactory(image=annotation.image),
        Label: label,
        Annotation: annotation,
        Event: make.EventFactory(),
    }
