"""What research gets: copies made at upload, nothing risky before its owner has looked, nothing after a withdrawal."""

import hashlib
from io import BytesIO

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image as Picture
from pydicom import dcmread

from core.exceptions import Conflict
from dicom.deidentification.manifest import Box
from dicom.sandbox.pool import Worker
from dicom.visits import Visit
from imagery import actions
from imagery.models import Deidentification, Image, Release
from tests.kit import factories as make
from tests.kit.api import body, upload, where
from tests.kit.breaking import breaking_off
from tests.kit.files import real

pytestmark = pytest.mark.on_both


def altered(name: str = "CT_small.dcm", **values) -> bytes:
    dataset = dcmread(BytesIO(real(name)))
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    stream = BytesIO()
    dataset.save_as(stream)
    return stream.getvalue()


def files(storage: str) -> list:
    there = (path for path in storages[storage].root.rglob("*") if path.is_file() and path.suffix != ".lock")
    return sorted(path for path in there if "made" not in path.parts)


@pytest.fixture
def ct(api):
    return upload(api, real("CT_small.dcm")).json()


@pytest.fixture
def photo(api):
    """A white PNG."""
    stream = BytesIO()
    Picture.new("L", (40, 30), 255).save(stream, "PNG")
    return upload(api, stream.getvalue()).json()


# --- What is released at once, what waits, what is refused ------------------------------------------------------------


def test_a_ct_straight_from_a_device_is_released_at_upload(ct):
    assert ct["release_state"] == "released"


@pytest.mark.parametrize("modality", ["MR", "CR", "DX", "MG", "NM", "PT"])
def test_so_is_every_modality_that_writes_nothing_into_its_pixels(api, modality):
    assert upload(api, altered(Modality=modality)).json()["release_state"] == "released"


@pytest.mark.parametrize("modality", ["US", "SC", "XA", "ES", "OT", "GM", "XC"])
def test_a_modality_that_writes_into_its_pixels_waits(api, modality):
    assert upload(api, altered(Modality=modality)).json()["release_state"] == "quarantined"


@pytest.mark.parametrize("sign", [{"BurnedInAnnotation": "YES"}, {"ConversionType": "SYN"}])
def test_a_ct_that_says_it_is_risky_waits(api, sign):
    assert upload(api, altered(**sign)).json()["release_state"] == "quarantined"


def test_a_picture_waits_and_says_why(photo):
    assert photo["release_state"] == "quarantined" and "PNG" in photo["release_reason"]


def test_what_cannot_be_cleaned_is_refused_with_a_reason(api):
    image = upload(api, altered(SOPClassUID="1.2.840.10008.5.1.4.1.1.481.2")).json()
    assert image["release_state"] == "refused" and "free text" in image["release_reason"]


def test_what_is_refused_is_not_released(api):
    image = upload(api, altered(SOPClassUID="1.2.840.10008.5.1.4.1.1.481.2")).json()
    assert api.post(where("image-release", image)).status_code == 409


def test_what_is_refused_has_no_research_copy_to_look_at(api):
    image = upload(api, altered(SOPClassUID="1.2.840.10008.5.1.4.1.1.481.2")).json()
    assert api.get(where("image-preview", image), {"redacted": "true"}).status_code == 409


def test_where_the_making_of_the_copy_fails_no_file_stays(api, monkeypatch):
    before = files("originals"), files("research")
    monkeypatch.setattr(Visit, "deidentify", lambda *_: 1 / 0)
    assert upload(api, real("CT_small.dcm")).status_code == 500
    assert (files("originals"), files("research")) == before


def test_a_file_whose_cleaning_breaks_off_is_refused_and_the_next_is_cleaned(api, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Worker, "ask", breaking_off)
        assert upload(api, real("CT_small.dcm")).json()["release_state"] == "refused"
    assert upload(api, real("MR_small.dcm")).json()["release_state"] == "released"


# --- The copy ---------------------------------------------------------------------------------------------------------


def test_the_original_stays_as_it_came(api, ct):
    assert body(api.get(where("image-file", ct))) == real("CT_small.dcm")


def test_a_researcher_gets_the_copy(ct, research_client):
    copy = dcmread(BytesIO(body(research_client.get(where("image-file", ct)))))
    assert copy.PatientIdentityRemoved == "YES" and copy.PatientID != "1CT1"


@pytest.fixture
def jpeg(api):
    """Released by its owner."""
    stream = BytesIO()
    Picture.new("RGB", (12, 8)).save(stream, "JPEG")
    image = upload(api, stream.getvalue()).json()
    return api.post(where("image-release", image)).json()


def test_the_copy_of_a_jpeg_is_called_a_png(jpeg, research_client):
    answer = research_client.get(where("image-file", jpeg))
    assert answer.headers["Content-Disposition"].endswith('.png"') and body(answer).startswith(b"\x89PNG")


def test_researchers_read_that_the_copy_of_a_jpeg_is_a_png(jpeg, research_client):
    listed = research_client.get(reverse("image-list")).json()["results"]
    shown = research_client.get(where("image-detail", jpeg)).json()
    assert [row["media_type"] for row in listed] == ["image/png"] == [shown["media_type"]]


def test_its_owner_reads_that_it_is_a_jpeg(jpeg, api):
    assert api.get(where("image-detail", jpeg)).json()["media_type"] == "image/jpeg"


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "application/dicom"])
@pytest.mark.parametrize("who", ["doctor", "researcher", "both"])
def test_the_filter_finds_what_is_shown(jpeg, photo, ct, media_type, who, request, client_of):
    """A doctor who is a researcher too sees their own JPEG as one, and everybody else's as a PNG."""
    Image.objects.update(release_state=Release.RELEASED)
    make.ImageFactory(media_type="image/jpeg")
    both = make.UserFactory(roles=["doctor", "researcher"])
    make.ImageFactory(media_type="image/jpeg", study=make.StudyFactory(owner=both))
    client = client_of(both if who == "both" else request.getfixturevalue(who))
    shown = client.get(reverse("image-list")).json()["results"]
    found = client.get(reverse("image-list"), {"media_type": media_type}).json()["results"]
    assert found == [row for row in shown if row["media_type"] == media_type]
    assert any(found) or (media_type, who) == ("image/jpeg", "researcher")


def test_original_and_copy_lie_in_storages_of_their_own(ct):
    image = Image.objects.get()
    assert storages["originals"].exists(image.original) and storages["research"].exists(image.research)
    assert not storages["research"].exists(image.original) and not storages["originals"].exists(image.research)


def test_no_route_of_a_researcher_opens_the_originals(ct, research_client, monkeypatch):
    def shut(*_):
        raise AssertionError("an original was opened")

    monkeypatch.setattr(storages["originals"], "path", shut)
    for route in ("image-file", "image-preview", "image-deidentification", "image-detail"):
        answer = research_client.get(where(route, ct))
        assert answer.status_code == 200
        assert not answer.streaming or body(answer)


def test_the_copies_of_one_patient_bear_their_pseudonym(api, doctor, research_client):
    patient = make.PatientFactory(owner=doctor)
    image = upload(api, real("CT_small.dcm"), patient=str(patient.pk)).json()
    copy = dcmread(BytesIO(body(research_client.get(where("image-file", image)))))
    assert str(copy.PatientID) == patient.pseudonym


def test_a_transaction_that_fails_leaves_no_file_in_either_storage(doctor, monkeypatch):
    def fail(**_):
        raise RuntimeError("no more room")

    before = files("originals"), files("research")
    monkeypatch.setattr(actions.uploads, "add_image", fail)
    with pytest.raises(RuntimeError):
        actions.upload_image(by=doctor, file=SimpleUploadedFile("a", real("CT_small.dcm")))
    assert (files("originals"), files("research")) == before


# --- The manifest -----------------------------------------------------------------------------------------------------


def test_the_manifest_tells_what_was_done(api, ct):
    told = api.get(where("image-deidentification", ct)).json()
    assert told["profile"].startswith("PS3.15 2026") and "(0008,1010)" in told["removed"]


def test_the_manifest_names_the_key_by_its_digest(api, ct, settings):
    told = api.get(where("image-deidentification", ct)).json()
    assert told["key_id"] == hashlib.sha256(settings.PROJECT_KEY).hexdigest()[:8]


def test_the_manifest_has_the_hash_of_the_copy(ct, research_client):
    told = research_client.get(where("image-deidentification", ct)).json()
    assert told["sha256"] == hashlib.sha256(body(research_client.get(where("image-file", ct)))).hexdigest()


def test_the_manifest_of_what_is_refused_does_not_exist(api):
    image = upload(api, altered(SOPClassUID="1.2.840.10008.5.1.4.1.1.481.2")).json()
    assert api.get(where("image-deidentification", image)).status_code == 404


# --- Quarantine -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "route", ["image-detail", "image-file", "image-preview", "image-history", "image-deidentification"]
)
def test_an_image_in_quarantine_does_not_exist_for_researchers(photo, route, research_client):
    assert research_client.get(where(route, photo)).status_code == 404


@pytest.mark.parametrize("part", ["study", "series"])
def test_a_study_or_series_with_nothing_released_does_not_exist_for_researchers(photo, part, research_client):
    assert research_client.get(where(f"{part}-detail", photo[part])).status_code == 404


@pytest.mark.parametrize("route", ["image-list", "study-list", "series-list", "annotation-list"])
def test_lists_of_researchers_leave_out_what_is_in_quarantine(photo, route, doctor, research_client):
    make.AnnotationFactory(image=Image.objects.get(), annotator=doctor)
    assert research_client.get(reverse(route)).json()["results"] == []


def test_an_annotation_on_an_image_in_quarantine_does_not_exist_for_researchers(photo, doctor, research_client):
    annotation = make.AnnotationFactory(image=Image.objects.get(), annotator=doctor)
    assert research_client.get(where("annotation-detail", str(annotation.pk))).status_code == 404


@pytest.fixture
def half(study):
    """A study with a released CR and an ultrasound that waits."""
    make.ImageFactory(study=study, series__modality="CR")
    make.ImageFactory(study=study, series__modality="US", release_state=Release.QUARANTINED)
    return study


def test_a_study_shows_researchers_the_series_that_are_released(half, research_client):
    shown = research_client.get(where("study-detail", str(half.pk))).json()["series"]
    assert [series["modality"] for series in shown] == ["CR"]


def test_a_filter_tells_researchers_nothing_of_what_waits(half, research_client):
    assert research_client.get(reverse("study-list"), {"modality": "US"}).json()["results"] == []


def test_release_brings_an_image_to_research(api, photo, research_client):
    assert api.post(where("image-release", photo)).json()["release_state"] == "released"
    assert research_client.get(where("image-detail", photo)).status_code == 200


def test_release_is_told_by_the_history(api, photo):
    api.post(where("image-release", photo))
    entry = api.get(where("image-history", photo)).json()["results"][0]
    assert entry["verb"] == "released" and entry["changes"]["release_state"]["to"] == "released"


# --- Redaction --------------------------------------------------------------------------------------------------------

CORNER = {"boxes": [{"left": 0, "top": 0, "width": 10, "height": 5}]}


def pixel(client, image, place=(1, 1), **query) -> int:
    answer = client.get(where("image-preview", image), query)
    return Picture.open(BytesIO(answer.content)).convert("L").getpixel(place)


def test_the_redacted_preview_shows_the_box_in_black(api, photo):
    api.post(where("image-redact", photo), CORNER)
    assert (pixel(api, photo, redacted="true"), pixel(api, photo, (20, 20), redacted="true")) == (0, 255)


def test_the_original_is_not_redacted(api, photo):
    api.post(where("image-redact", photo), CORNER)
    assert pixel(api, photo) == 255


def test_research_gets_the_redacted_copy(api, photo, research_client):
    api.post(where("image-redact", photo), CORNER)
    api.post(where("image-release", photo))
    assert pixel(research_client, photo) == 0


def test_a_released_image_waits_again_once_boxes_are_drawn(api, ct, research_client):
    api.post(where("image-redact", ct), CORNER)
    assert research_client.get(where("image-detail", ct)).status_code == 404


def test_boxes_may_be_drawn_on_some_frames_alone(api):
    image = upload(api, real("examples_ybr_color.dcm")).json()
    api.post(where("image-redact", image), CORNER | {"frames": [1]})
    shown = [pixel(api, image, redacted="true", frame=frame) for frame in (0, 1)]
    plain = [pixel(api, image, frame=frame) for frame in (0, 1)]
    assert shown[1] == 0 and abs(shown[0] - plain[0]) <= 2


def test_a_box_outside_the_image_is_refused(api, photo):
    answer = api.post(where("image-redact", photo), {"boxes": [{"left": 99, "top": 0, "width": 1, "height": 1}]})
    assert answer.status_code == 400 and "boxes" in answer.json()["fields"]


def test_a_redaction_without_boxes_is_refused(api, photo):
    assert api.post(where("image-redact", photo), {"boxes": []}).status_code == 400


def test_the_manifest_names_the_boxes(api, photo):
    api.post(where("image-redact", photo), CORNER)
    assert Deidentification.objects.get().manifest["boxes"] == [
        {"frame": None, "left": 0, "top": 0, "width": 10, "height": 5}
    ]


def test_boxes_drawn_on_what_changed_meanwhile_are_refused(doctor, photo):
    stale = Image.objects.get()
    actions.release_image(by=doctor, image=Image.objects.get())
    with pytest.raises(Conflict, match="changed"):
        actions.redact_image(by=doctor, image=stale, boxes=[Box(None, 0, 0, 1, 1)])


def test_boxes_on_what_cannot_be_cleaned_are_refused(api):
    image = upload(api, altered(SOPClassUID="1.2.840.10008.5.1.4.1.1.481.2")).json()
    assert api.post(where("image-redact", image), CORNER).status_code == 409


# --- Consent ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def withdrawn(api, doctor):
    """An image whose patient has withdrawn their consent."""
    patient = make.PatientFactory(owner=doctor)
    image = make.ImageFactory(study=make.StudyFactory(owner=doctor, patient=patient))
    api.post(where("patient-withdraw", str(patient.pk)))
    return image


@pytest.mark.parametrize("route", ["patient-list", "study-list", "series-list", "image-list", "annotation-list"])
def test_who_withdraws_consent_leaves_every_list_of_researchers(withdrawn, route, doctor, research_client):
    make.AnnotationFactory(image=withdrawn, annotator=doctor)
    assert research_client.get(reverse(route)).json()["results"] == []


@pytest.mark.parametrize("route", ["image-detail", "image-file", "image-preview"])
def test_their_images_do_not_exist_for_researchers(withdrawn, route, research_client):
    assert research_client.get(where(route, str(withdrawn.pk))).status_code == 404


def test_their_images_stay_with_the_doctor(withdrawn, api):
    assert api.get(where("image-detail", str(withdrawn.pk))).status_code == 200


def test_the_history_tells_the_withdrawal(withdrawn, api):
    patient = str(withdrawn.study.patient.pk)
    assert api.get(where("patient-history", patient)).json()["results"][0]["verb"] == "withdrawn"
