"""Research copies have the pseudonym of the study's patient: after a change they leave research, and are remade."""

import pytest
from django.urls import reverse

from imagery import actions
from imagery.models import Image, Release, Study
from tests.kit import factories as make
from tests.kit.api import where
from tests.kit.copies import file, fresh, move

pytestmark = pytest.mark.on_both


# --- A study gets another patient -------------------------------------------------------------------------------------


def test_a_released_image_leaves_research_and_its_owner_reads_why(api, ct, joan, research_client):
    assert api.patch(where("study-detail", ct.study), {"patient": joan.pk}).status_code == 200
    assert research_client.get(where("image-detail", ct)).status_code == 404
    shown = api.get(where("image-detail", ct)).json()
    assert shown["release_state"] == "quarantined" and "another patient" in shown["release_reason"]
    entry = api.get(where("image-history", ct)).json()["results"][0]
    assert entry["changes"]["release_state"] == {"from": "released", "to": "quarantined"}


def test_naming_and_removing_the_patient_are_changes_too(doctor, unnamed_elsewhere, ct, jane):
    move(doctor, unnamed_elsewhere, jane)
    move(doctor, ct, None)
    assert [fresh(image).release_state for image in (unnamed_elsewhere, ct)] == [Release.QUARANTINED] * 2


def test_an_upload_that_names_the_patient_is_a_change_and_gives_the_age(doctor, unnamed):
    actions.upload_image(by=doctor, file=file(SOPInstanceUID="1.2.3", PatientBirthDate="19700517"))
    assert (fresh(unnamed).release_state, fresh(unnamed).study.age) == (Release.QUARANTINED, 33)


def test_other_changes_and_pictures_are_left_alone(doctor, ct, photo, joan, research_client):
    actions.change_study(by=doctor, study=ct.study, description="Cough")
    move(doctor, photo, joan)
    assert fresh(ct).version == ct.version
    assert research_client.get(where("image-detail", photo)).status_code == 200


def test_a_change_back_releases_only_what_was_released(doctor, ct, ultrasound, jane, joan):
    for image in (ct, ultrasound):
        move(doctor, image, joan)
        move(doctor, image, jane)
    assert (fresh(ct).release_state, fresh(ct).release_reason) == (Release.RELEASED, "")
    assert fresh(ultrasound).release_state == Release.QUARANTINED


# --- A copy of another patient is out of research, whatever its row says ----------------------------------------------


@pytest.fixture(params=["renamed", "named", "forgotten"])
def left_behind(request, ct, unnamed_elsewhere, joan):
    """A released image whose study has another patient without any action."""
    image, patient = {"renamed": (ct, joan), "named": (unnamed_elsewhere, joan), "forgotten": (ct, None)}[request.param]
    Study.objects.filter(pk=image.study_id).update(patient=patient)
    return image


def test_a_copy_of_another_patient_does_not_exist_for_researchers(left_behind, doctor, research_client):
    make.AnnotationFactory(image=left_behind, annotator=doctor)
    assert fresh(left_behind).release_state == Release.RELEASED
    addresses = [where(f"image-{route}", left_behind) for route in ("detail", "file", "preview", "deidentification")]
    addresses += [where("study-detail", left_behind.study), where("series-detail", left_behind.series)]
    assert {address: research_client.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 404)
    assert research_client.get(reverse("annotation-list")).json()["results"] == []


def test_the_property_and_the_query_agree_on_which_copies_fit(left_behind, photo):
    outdated = set(Image.objects.outdated())
    assert outdated == {left_behind} == {image for image in Image.objects.all() if not image.copy_fits}
    assert set(Image.objects.fitting()) == set(Image.objects.all()) - outdated


def test_a_copy_of_another_patient_is_not_released(api, left_behind):
    Image.objects.update(release_state=Release.QUARANTINED)
    assert api.post(where("image-release", left_behind)).status_code == 409
