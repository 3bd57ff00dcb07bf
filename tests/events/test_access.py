"""An event names every patient whose data its answer showed, so an auditor can ask who saw a patient."""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from core.models import first_id, new_id
from events.models import Event, EventPatient
from tests.kit import factories as make
from tests.kit.api import body

pytestmark = pytest.mark.on_both


@pytest.fixture
def evidence(doctor):
    """An annotated image of a patient, and another patient with a study."""
    study = make.StudyFactory(owner=doctor, patient=make.PatientFactory(owner=doctor))
    annotation = make.AnnotationFactory(image=make.ImageFactory(study=study), annotator=doctor)
    make.StudyFactory(owner=doctor, patient=make.PatientFactory(owner=doctor))
    return annotation


def patients_of_last_event() -> set:
    return set(Event.objects.latest("id").patients.values_list("patient_id", flat=True))


def test_an_answer_about_one_object_names_its_patient(evidence, api):
    image, patient = evidence.image, evidence.image.study.patient_id
    objects = {"patient": patient, "study": image.study_id, "series": image.series_id, "image": image.pk}
    routes = {f"{name}-detail": pk for name, pk in objects.items()} | {
        f"{name}-history": pk for name, pk in objects.items()
    }
    routes |= {"annotation-detail": evidence.pk, "annotation-history": evidence.pk}
    wrong = {}
    for route, pk in routes.items():
        assert api.get(reverse(route, kwargs={"pk": pk})).status_code == 200
        wrong[route] = patients_of_last_event() ^ {patient}
    assert {route: difference for route, difference in wrong.items() if difference} == {}


def test_a_list_names_every_patient_on_its_page(evidence, api):
    both = set(evidence.image.study.patient.owner.patients.values_list("pk", flat=True))
    expected = {"patient": both, "study": both, "series": {evidence.image.study.patient_id}}
    expected |= {name: {evidence.image.study.patient_id} for name in ("image", "annotation")}
    shown = {}
    for name in expected:
        api.get(reverse(f"{name}-list"))
        shown[name] = patients_of_last_event()
    assert shown == expected


def test_files_and_previews_name_the_patient(evidence, api):
    for route in ("image-file", "image-preview", "image-thumbnail"):
        answer = api.get(reverse(route, kwargs={"pk": evidence.image.pk}))
        assert answer.status_code == 200 and (body(answer) if answer.streaming else answer.content)
        assert patients_of_last_event() == {evidence.image.study.patient_id}


def test_pages_of_the_admin_name_the_patients(evidence, doctor):
    client = Client()
    doctor.is_staff = True
    doctor.save()
    client.force_login(doctor)
    client.get(reverse("admin:imagery_image_change", args=[evidence.image.pk]))
    one = patients_of_last_event()
    client.get(reverse("admin:imagery_study_changelist"))
    assert (one, len(patients_of_last_event())) == ({evidence.image.study.patient_id}, 2)


def test_a_refusal_names_no_patient(evidence, client_of):
    stranger = make.DoctorFactory(username="stranger")
    url = reverse("image-detail", kwargs={"pk": evidence.image.pk})
    assert client_of(stranger).get(url).status_code == 404
    assert client_of(make.UserFactory(roles=[Role.AUDITOR])).get(url).status_code == 403
    assert not EventPatient.objects.exists()


def test_one_request_does_not_inherit_the_patients_of_another(evidence, api):
    api.get(reverse("image-detail", kwargs={"pk": evidence.image.pk}))
    api.get(reverse("me"))
    assert patients_of_last_event() == set()


def test_an_auditor_asks_who_saw_a_patient(evidence, api, auditor, client_of):
    api.get(reverse("image-detail", kwargs={"pk": evidence.image.pk}))
    api.get(reverse("me"))
    query = {"patient": evidence.image.study.patient_id, "after": "2026-01-01T00:00:00Z"}
    found = client_of(auditor).get(reverse("event-list"), query).json()["results"]
    assert [(event["user"]["username"], event["object_id"]) for event in found] == [("doctor", str(evidence.image.pk))]
    detail = client_of(auditor).get(reverse("event-detail", kwargs={"pk": found[0]["id"]})).json()
    assert detail["patients"] == [str(evidence.image.study.patient_id)]


@pytest.fixture
def accesses(doctor):
    """Two requests that showed one patient, in January and in March."""
    patient = new_id()
    for month in (1, 3):
        at = datetime(2026, month, 2, tzinfo=UTC)
        event = make.EventFactory(id=first_id(at), occurred_at=at, user=doctor, roles=["doctor"], route="=HYPERLINK()")
        EventPatient.objects.create(event=event, patient_id=patient)
    return reverse("patient-access-report", kwargs={"pk": patient})


def test_an_access_report_lists_requests_newest_first(accesses, auditor, client_of):
    results = client_of(auditor).get(accesses).json()["results"]
    assert [(line["occurred_at"][:7], line["user"]["username"]) for line in results] == [
        ("2026-03", "doctor"),
        ("2026-01", "doctor"),
    ]


def test_an_access_report_is_cut_to_a_time(accesses, auditor, client_of):
    results = client_of(auditor).get(accesses, {"before": "2026-02-01T00:00:00Z"}).json()["results"]
    assert [line["occurred_at"][:7] for line in results] == ["2026-01"]


def test_an_access_report_as_csv_is_whole_and_runs_nothing(accesses, auditor, client_of):
    answer = client_of(auditor).get(accesses, {"format": "csv"})
    assert answer.headers["Content-Type"] == "text/csv"
    lines = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert [(line["user"], line["roles"], line["route"]) for line in lines] == [
        ("doctor", "doctor", "'=HYPERLINK()")
    ] * 2


def test_an_access_report_refuses_a_client_of_csv_as_it_refuses_others(accesses, api, auditor, client_of):
    refused = {
        400: client_of(auditor).get(accesses, {"format": "csv", "after": "yesterday"}),
        403: api.get(accesses, headers={"Accept": "text/csv"}),
        405: client_of(auditor).post(f"{accesses}?format=csv"),
    }
    assert {status: answer.status_code for status, answer in refused.items()} == {400: 400, 403: 403, 405: 405}
    assert refused[400].json()["fields"].keys() == {"after"}


def test_a_report_on_an_unknown_patient_is_empty(auditor, client_of):
    answer = client_of(auditor).get(reverse("patient-access-report", kwargs={"pk": new_id()}))
    assert (answer.status_code, answer.json()["results"]) == (200, [])


def test_failed_logins_are_found_by_the_name_that_was_tried(doctor, auditor, client_of):
    for door in (reverse("login"), reverse("rest_framework:login"), reverse("admin:login")):
        Client().post(door, {"username": "jane.doe", "password": "wrong"}, secure=True)
    found = client_of(auditor).get(reverse("event-list"), {"failed_login": "jane.doe"}).json()["results"]
    assert len(found) == 3
    assert client_of(auditor).get(reverse("event-list"), {"failed_login": "doctor"}).json()["results"] == []
