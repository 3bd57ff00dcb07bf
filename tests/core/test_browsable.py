"""Forms of the browsable API: refused ones keep what was typed, and each action that takes POST has one."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.kit import factories as make
from tests.kit.api import where
from tests.kit.files import real

BROWSER = {"Accept": "text/html"}
UNKNOWN = "5d0e0b6e-2f6e-4b8e-9d3c-1f6f0a1c2b3d"


def send_form(client, address: str, method: str = "post", **fields):
    """Send a form as a browser does, and return the status and the page."""
    answer = getattr(client, method)(address, fields, format="multipart", headers=BROWSER)
    return answer.status_code, answer.content.decode()


def field_of(page: str, name: str) -> str:
    """Return the input, text area or select box of this name in the first form that has one."""
    (field, *_) = re.findall(
        rf'<input[^>]*name="{name}"[^>]*>|<(?:textarea|select)[^>]*name="{name}".*?</(?:textarea|select)>', page, re.S
    )
    return field


def test_a_refused_form_keeps_what_was_typed(api, image, annotation):
    typed = {"image": UNKNOWN, "label": str(annotation.label.pk), "state": "uncertain", "comment": "at the left apex"}
    status, page = send_form(api, reverse("annotation-list"), **typed)
    assert status == 400
    assert UNKNOWN in field_of(page, "image") and typed["label"] in field_of(page, "label")
    assert re.search(r'name="state" value="uncertain"\s+checked', page)
    assert typed["comment"] in field_of(page, "comment")


def test_a_form_that_conflicts_keeps_what_was_typed(research_client, label):
    status, page = send_form(
        research_client, reverse("label-list"), name=label.name, definition="Air replaced by fluid."
    )
    assert status in (400, 409)
    assert label.name in field_of(page, "name") and "Air replaced by fluid." in field_of(page, "definition")


def test_a_refused_change_keeps_what_was_typed(api, annotation):
    status, page = send_form(api, where("annotation-detail", annotation), "put", confidence="7", state="absent")
    assert status == 400 and 'value="7"' in field_of(page, "confidence")


def test_nested_fields_of_a_refused_form_keep_what_was_typed(api):
    status, page = send_form(api, reverse("patient-list"), **{"sex": "X", "identity.name": "Roe^Richard"})
    assert status == 400 and "Roe^Richard" in field_of(page, "identity.name")


def test_refused_raw_data_is_kept(api):
    answer = api.post(reverse("patient-list"), {"sex": "Q"}, headers=BROWSER)
    assert answer.status_code == 400 and "&quot;sex&quot;: &quot;Q&quot;" in field_of(
        answer.content.decode(), "_content"
    )


def test_a_password_is_typed_again(client_of, doctor):
    status, page = send_form(client_of(None), reverse("login"), username="doctor", password="not the one")
    assert status == 400 and "doctor" in field_of(page, "username") and "not the one" not in page


def test_after_a_creation_the_form_is_empty(api):
    status, page = send_form(api, reverse("patient-list"), **{"sex": "F", "identity.name": "Roe^Jane"})
    assert status == 201 and "Roe^Jane" not in field_of(page, "identity.name")
    status, page = send_form(api, reverse("image-list"), file=SimpleUploadedFile("a", real("CT_small.dcm")))
    kept = [name for name in ("study", "patient", "modality") if re.search('value="[^"]', field_of(page, name))]
    assert status == 201 and kept == []


def test_a_form_on_a_filtered_list_is_accepted(api, image, label):
    address = f"{reverse('annotation-list')}?image={image.pk}&page_size=10"
    status, _ = send_form(api, address, image=str(image.pk), label=str(label.pk), state="present")
    assert status == 201
    assert api.post(f"{reverse('annotation-list')}?colour=red", {}).json()["fields"].keys() == {"colour"}


def test_an_action_that_only_takes_post_shows_its_form_to_a_browser(api, image, annotation, team):
    study = image.study
    addresses = [
        where("image-release", image), where("image-redact", image), where("image-restore", image),
        where("study-share", study), where("annotation-restore", annotation), where("team-let-in", team),
        reverse("study-upload"), reverse("login"),
    ]  # fmt: skip
    wrong = {}
    for address in addresses:
        page = api.get(address, headers=BROWSER)
        text = page.content.decode()
        has_form = re.search(rf'<form action="{address}" method="POST"', text)
        if (
            page.status_code != 200
            or not has_form
            or "Method Not Allowed" in text
            or api.get(address).status_code != 405
        ):
            wrong[address] = page.status_code, bool(has_form)
    assert wrong == {}


def test_the_form_of_an_action_without_a_body_has_no_fields(research_client, label):
    page = research_client.get(where("label-restore", label), headers=BROWSER).content.decode()
    assert not re.search(r'name="(name|definition)"', page)


def test_the_form_of_an_action_is_for_those_who_may_take_it(client_of, stranger, research_client, image):
    address = where("image-release", image)
    assert client_of(stranger).get(address, headers=BROWSER).status_code == 404
    assert research_client.get(address, headers=BROWSER).status_code == 403
    assert client_of(None).get(address, headers=BROWSER).status_code == 401


@pytest.mark.parametrize("name", ["study", "image", "annotation", "patient", "team"])
def test_a_page_says_archive_and_never_delete(api, annotation, team, name):
    row = {"study": annotation.image.study, "image": annotation.image, "annotation": annotation, "team": team}
    row |= {"patient": make.PatientFactory(owner=annotation.annotator)}
    page = api.get(where(f"{name}-detail", row[name]), headers=BROWSER).content.decode()
    words = re.sub(r"<script.*?</script>|<[^>]+>", " ", page, flags=re.S)
    assert "Archive" in words and not re.search(r"\b[Dd]elete", words)


def test_a_page_is_named_after_its_rows(api, annotation):
    image, study = annotation.image, annotation.image.study
    titles = {
        reverse("image-list"): "Images", where("image-detail", image): "Image",
        where("image-release", image): "Release",
        reverse("study-list"): "Studies", where("study-detail", study): "Study",
        reverse("annotation-list"): "Annotations",
        reverse("disease-list"): "Diseases",
    }  # fmt: skip
    pages = {address: api.get(address, headers=BROWSER).content.decode() for address in titles}
    assert {address: re.search("<h1>(.*?)</h1>", page)[1] for address, page in pages.items()} == titles


def test_a_refused_form_says_how_a_modality_is_written(api):
    file = SimpleUploadedFile("picture.png", b"no picture")
    status, page = send_form(api, reverse("image-list"), file=file, modality="x-ray")
    assert status == 400 and "capital letters" in page
