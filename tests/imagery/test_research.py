"""Research copies: copies made at upload, nothing risky before its owner checks it, nothing after a withdrawal."""

import hashlib
from io import BytesIO
from itertools import count

import pytest
from django.core.files.storage import storages
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
from tests.kit.cases import failures
from tests.kit.files import ct as ct_file
from tests.kit.files import real

pytestmark = pytest.mark.on_both

CORNER = {"boxes": [{"left": 0, "top": 0, "width": 10, "height": 5}]}
UNCLEANABLE = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.481.2"}
LISTS = ("study-list", "series-list", "image-list", "annotation-list")


def altered(name: str = "CT_small.dcm", **values) -> bytes:
    dataset = dcmread(BytesIO(real(name)))
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    stream = BytesIO()
    dataset.save_as(stream)
    return stream.getvalue()


def picture(kind: str) -> bytes:
    """A white PNG, or a JPEG."""
    stream = BytesIO()
    Picture.new("L", (40, 30), 255).save(stream, kind)
    return stream.getvalue()


def stored() -> set:
    return {path for name in ("originals", "research") for path in storages[name].root.rglob("*") if path.is_file()}


def rows(client, route: str) -> list:
    return client.get(reverse(route)).json()["results"]


@pytest.fixture
def ct(api):
    return upload(api, real("CT_small.dcm")).json()


@pytest.fixture
def photo(api):
    return upload(api, picture("PNG")).json()


@pytest.fixture
def jpeg(api):
    """Released by its owner."""
    return api.post(where("image-release", upload(api, picture("JPEG")).json())).json()


# --- What is released, what waits, what is refused --------------------------------------------------------------------


def test_only_what_shows_no_text_is_released_at_upload(api):
    signs = {
        "released": [{"Modality": modality} for modality in ("CT", "MR", "CR", "DX", "MG", "NM", "PT")],
        "quarantined": [{"Modality": modality} for modality in ("US", "SC", "XA", "ES", "OT", "GM", "XC")]
        + [{"BurnedInAnnotation": "YES"}, {"ConversionType": "SYN"}],
    }
    cases = [(state, values) for state, files in signs.items() for values in files]
    numbers = count()

    def check(case):
        content = altered(SOPInstanceUID=f"1.2.{next(numbers)}", **case[1])
        assert upload(api, content).json()["release_state"] == case[0]

    assert failures(cases, check) == {}


def test_a_picture_waits_and_says_why(photo):
    assert photo["release_state"] == "quarantined" and "PNG" in photo["release_reason"]


def test_an_image_that_cannot_be_cleaned_is_refused_for_good(api):
    image = upload(api, altered(**UNCLEANABLE)).json()
    assert image["release_state"] == "refused" and "free text" in image["release_reason"]
    assert api.post(where("image-release", image)).status_code == 409
    assert api.post(where("image-redact", image), CORNER).status_code == 409
    assert api.get(where("image-preview", image), {"redacted": "true"}).status_code == 409
    assert api.get(where("image-deidentification", image)).status_code == 404


def test_a_failed_copy_or_transaction_leaves_no_file(api, monkeypatch):
    before = stored()
    for broken, name in ((Visit, "deidentify"), (actions.uploads, "add_image")):
        with monkeypatch.context() as patch:
            patch.setattr(broken, name, lambda *_, **__: 1 / 0)
            assert upload(api, real("CT_small.dcm")).status_code == 500
    assert stored() == before


def test_a_file_whose_cleaning_breaks_off_is_refused_and_the_next_is_cleaned(api, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Worker, "ask", breaking_off)
        assert upload(api, real("CT_small.dcm")).json()["release_state"] == "refused"
    assert upload(api, real("MR_small.dcm")).json()["release_state"] == "released"


# --- The copy ---------------------------------------------------------------------------------------------------------


def test_the_owner_gets_the_original_and_research_the_copy(api, ct, research_client):
    assert body(api.get(where("image-file", ct))) == real("CT_small.dcm")
    copy = dcmread(BytesIO(body(research_client.get(where("image-file", ct)))))
    assert copy.PatientIdentityRemoved == "YES" and copy.PatientID != "1CT1"


def test_the_copy_has_the_pseudonym_of_the_patient(api, doctor, research_client):
    patient = make.PatientFactory(owner=doctor)
    image = upload(api, real("CT_small.dcm"), patient=str(patient.pk)).json()
    copy = dcmread(BytesIO(body(research_client.get(where("image-file", image)))))
    assert str(copy.PatientID) == patient.pseudonym


def test_a_name_in_modality_or_body_part_is_read_and_found_by_its_doctor_alone(api, research_client):
    about = {"Modality": "ZQDOE", "BodyPartExamined": "ZQDOE JANE", "ImageType": ["ORIGINAL", "PRIMARY", "ZQDOE JANE"]}
    image = upload(api, ct_file(PatientName="Zqdoe^Jane", **about)).json()
    assert (image["modality"], image["body_part"]) == ("ZQDOE", "ZQDOE JANE")
    assert api.post(where("image-release", image)).status_code == 200
    paths = [reverse(route) for route in LISTS] + [
        where("image-detail", image), where("series-detail", image["series"]), where("study-detail", image["study"]),
        where("image-deidentification", image),
    ]  # fmt: skip
    contents = {path: research_client.get(path).content for path in paths}
    assert [path for path, content in contents.items() if b"ZQDOE" in content.upper()] == []
    shown = research_client.get(where("image-detail", image)).json()
    assert (shown["modality"], shown["body_part"]) == ("OT", "")
    for route, name, value in [
        ("image-list", "modality", "ZQDOE"), ("series-list", "modality", "ZQDOE"), ("study-list", "modality", "ZQDOE"),
        ("image-list", "body_part", "ZQDOE JANE"), ("series-list", "body_part", "ZQDOE JANE"),
    ]:  # fmt: skip
        found = [len(client.get(reverse(route), {name: value}).json()["results"]) for client in (api, research_client)]
        assert found == [1, 0], (route, name)


def test_the_copy_of_a_jpeg_is_a_png(jpeg, api, research_client):
    answer = research_client.get(where("image-file", jpeg))
    assert answer.headers["Content-Disposition"].endswith('.png"') and body(answer).startswith(b"\x89PNG")
    shown = research_client.get(where("image-detail", jpeg)).json()
    assert [row["media_type"] for row in rows(research_client, "image-list")] == ["image/png"] == [shown["media_type"]]
    assert api.get(where("image-detail", jpeg)).json()["media_type"] == "image/jpeg"


@pytest.mark.parametrize("who", ["doctor", "researcher", "both"])
def test_the_filter_finds_the_media_type_that_is_shown(jpeg, photo, ct, who, request, client_of):
    """A doctor who is a researcher too sees their own JPEG as a JPEG, and other people's as a PNG."""
    Image.objects.update(release_state=Release.RELEASED)
    make.ImageFactory(media_type="image/jpeg")
    both = make.UserFactory(roles=["doctor", "researcher"])
    make.ImageFactory(media_type="image/jpeg", study=make.StudyFactory(owner=both))
    client = client_of(both if who == "both" else request.getfixturevalue(who))
    shown = rows(client, "image-list")
    for media_type in ("image/png", "image/jpeg", "application/dicom"):
        found = client.get(reverse("image-list"), {"media_type": media_type}).json()["results"]
        assert found == [row for row in shown if row["media_type"] == media_type]
        assert any(found) or (media_type, who) == ("image/jpeg", "researcher")


def test_original_and_copy_are_in_separate_storages(ct):
    image, originals, copies = Image.objects.get(), storages["originals"], storages["research"]
    assert originals.exists(image.original) and copies.exists(image.research)
    assert not copies.exists(image.original) and not originals.exists(image.research)


def test_no_route_of_a_researcher_opens_the_originals(ct, research_client, monkeypatch):
    monkeypatch.setattr(storages["originals"], "path", lambda name: pytest.fail("an original was opened"))
    for route in ("image-file", "image-preview", "image-thumbnail", "image-deidentification", "image-detail"):
        answer = research_client.get(where(route, ct))
        assert answer.status_code == 200
        assert not answer.streaming or body(answer)


def test_the_manifest_tells_what_was_done_with_which_key_and_names_the_copy(ct, research_client, settings):
    manifest = research_client.get(where("image-deidentification", ct)).json()
    assert not [field for field in manifest if field.startswith("pixels")]
    assert manifest["profile"].startswith("PS3.15 2026") and "(0008,0080)" in manifest["removed"]
    assert manifest["key_id"] == hashlib.sha256(settings.PROJECT_KEY).hexdigest()[:8]
    assert manifest["sha256"] == hashlib.sha256(body(research_client.get(where("image-file", ct)))).hexdigest()


def test_a_project_may_switch_off_what_its_copies_keep(api, research_client, settings):
    content = altered(SeriesDescription="CHEST WITH CONTRAST", StationName="ROOM-3")
    settings.RESEARCH_OPTIONS = {**settings.RESEARCH_OPTIONS, "DESCRIPTORS": False}
    image = upload(api, content).json()
    copy = dcmread(BytesIO(body(research_client.get(where("image-file", image)))))
    manifest = research_client.get(where("image-deidentification", image)).json()
    assert "SeriesDescription" not in copy and copy.StationName.startswith("DEV-")
    assert "113105" not in manifest["options"] and "113109" in manifest["options"]


# --- Quarantine -------------------------------------------------------------------------------------------------------


def test_a_quarantined_image_does_not_exist_for_researchers(photo, doctor, research_client):
    annotation = make.AnnotationFactory(image=Image.objects.get(), annotator=doctor)
    routes = ("detail", "file", "preview", "history", "deidentification")
    addresses = [where(f"image-{route}", photo) for route in routes]
    addresses += [where("study-detail", photo["study"]), where("series-detail", photo["series"])]
    addresses += [where("annotation-detail", annotation)]
    assert {address: research_client.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 404)
    assert {route: rows(research_client, route) for route in LISTS} == {route: [] for route in LISTS}


def test_a_study_shows_researchers_its_released_series_alone(study, research_client):
    make.ImageFactory(study=study, series__modality="CR")
    make.ImageFactory(study=study, series__modality="US", release_state=Release.QUARANTINED)
    shown = research_client.get(where("study-detail", study)).json()["series"]
    assert [series["modality"] for series in shown] == ["CR"]
    assert research_client.get(reverse("study-list"), {"modality": "US"}).json()["results"] == []


def test_release_brings_an_image_to_research_and_is_in_its_history(api, photo, research_client):
    assert api.post(where("image-release", photo)).json()["release_state"] == "released"
    assert research_client.get(where("image-detail", photo)).status_code == 200
    entry = api.get(where("image-history", photo)).json()["results"][0]
    assert entry["verb"] == "released" and entry["changes"]["release_state"]["to"] == "released"


# --- Redaction --------------------------------------------------------------------------------------------------------


def pixel(client, image, place=(1, 1), **query) -> int:
    answer = client.get(where("image-preview", image), query)
    return Picture.open(BytesIO(answer.content)).convert("L").getpixel(place)


def test_boxes_are_black_in_the_copy_alone_and_in_its_manifest(api, photo, research_client):
    api.post(where("image-redact", photo), CORNER)
    assert (pixel(api, photo, redacted="true"), pixel(api, photo, (20, 20), redacted="true")) == (0, 255)
    assert pixel(api, photo) == 255
    assert Deidentification.objects.get().manifest["boxes"] == [CORNER["boxes"][0] | {"frame": None}]
    api.post(where("image-release", photo))
    assert pixel(research_client, photo) == 0


def test_a_redacted_image_waits_again(api, ct, research_client):
    api.post(where("image-redact", ct), CORNER)
    assert research_client.get(where("image-detail", ct)).status_code == 404


def test_boxes_may_be_drawn_on_some_frames(api):
    image = upload(api, real("examples_ybr_color.dcm")).json()
    api.post(where("image-redact", image), CORNER | {"frames": [1]})
    redacted = [pixel(api, image, redacted="true", frame=frame) for frame in (0, 1)]
    assert redacted[1] == 0 and abs(redacted[0] - pixel(api, image, frame=0)) <= 2


def test_boxes_outside_the_image_and_no_boxes_are_refused(api, photo):
    answer = api.post(where("image-redact", photo), {"boxes": [{"left": 99, "top": 0, "width": 1, "height": 1}]})
    assert answer.status_code == 400 and "boxes" in answer.json()["fields"]
    assert api.post(where("image-redact", photo), {"boxes": []}).status_code == 400


def test_boxes_and_frames_of_a_redaction_are_sets(api, photo):
    assert api.post(where("image-redact", photo), {"boxes": CORNER["boxes"] * 3, "frames": [0, 0]}).status_code == 200
    assert Deidentification.objects.get().manifest["boxes"] == [CORNER["boxes"][0] | {"frame": 0}]


def test_a_redaction_has_at_most_a_thousand_boxes_on_frames(api, photo):
    boxes = [{"left": left, "top": 0, "width": 1, "height": 1} for left in range(11)]
    answer = api.post(where("image-redact", photo), {"boxes": boxes, "frames": list(range(91))})
    assert answer.status_code == 400 and "1,001" in answer.json()["fields"]["boxes"][0]


def test_boxes_on_an_image_that_changed_meanwhile_are_refused(doctor, photo):
    stale = Image.objects.get()
    actions.release_image(by=doctor, image=Image.objects.get())
    with pytest.raises(Conflict, match="changed"):
        actions.redact_image(by=doctor, image=stale, boxes=[Box(None, 0, 0, 1, 1)])


# --- Consent ----------------------------------------------------------------------------------------------------------


def test_after_a_withdrawal_nothing_of_the_patient_exists_for_researchers(api, doctor, research_client):
    patient = make.PatientFactory(owner=doctor)
    image = make.ImageFactory(study=make.StudyFactory(owner=doctor, patient=patient))
    make.AnnotationFactory(image=image, annotator=doctor)
    assert all(rows(research_client, route) for route in ("patient-list", *LISTS))
    api.post(where("patient-withdraw", patient))
    assert not any(rows(research_client, route) for route in ("patient-list", *LISTS))
    for route in ("image-detail", "image-file", "image-preview"):
        assert research_client.get(where(route, image)).status_code == 404
    assert api.get(where("image-detail", image)).status_code == 200
    assert api.get(where("patient-history", patient)).json()["results"][0]["verb"] == "withdrawn"
