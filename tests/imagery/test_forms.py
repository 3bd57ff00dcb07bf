"""The forms of the browsable API do not file an image under the patient of the one before."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from events.models import EventPatient
from imagery import actions
from imagery.models import Study
from tests.kit import factories as make

HTML = {"HTTP_ACCEPT": "text/html"}


@pytest.fixture
def anns_study(doctor):
    ann = actions.create_patient(by=doctor, identity={"name": "First^Ann"})
    return Study.objects.create(owner=doctor, patient=ann, date="2020-02-29")


def send_form(client, content: bytes, **fields) -> str:
    data = {"file": SimpleUploadedFile("a.png", content), **fields}
    return client.post(reverse("image-list"), data, format="multipart", **HTML).content.decode()


def form_in(html: str) -> str:
    return html[html.index("<form", html.index('enctype="multipart/form-data"') - 300) :]


def test_after_an_upload_the_form_is_empty_and_the_answer_says_whose_image_it_is(api, anns_study):
    html = send_form(api, make.png(), study=str(anns_study.pk), modality="DX")
    assert "HTTP 201" in html and "First^Ann" in html
    assert str(anns_study.pk) not in form_in(html) and "DX" not in form_in(html)


def test_a_refused_form_shows_whose_study_it_names(api, anns_study):
    html = send_form(api, b"no picture", study=str(anns_study.pk))
    assert "HTTP 400" in html or "HTTP 415" in html
    assert str(anns_study.pk) in form_in(html) and "This study is of First^Ann, 2020-02-29." in form_in(html)


def test_the_audit_log_knows_whom_a_refused_form_showed(api, anns_study):
    send_form(api, b"no picture", study=str(anns_study.pk))
    assert [row.patient_id for row in EventPatient.objects.all()] == [anns_study.patient_id]


def test_a_colleague_does_not_read_whom_a_shared_image_shows(colleague, client_of, study, image, doctor):
    ann = actions.create_patient(by=doctor, identity={"name": "First^Ann"})
    actions.change_study(by=doctor, study=study, patient=ann)
    where = reverse("image-detail", kwargs={"pk": image.pk})
    assert client_of(colleague).get(where).json()["patient"] is None
    assert client_of(doctor).get(where).json()["patient"]["name"] == "First^Ann"
