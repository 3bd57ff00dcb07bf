"""What bad input gets: a clear 4xx in the one shape, nothing stored, and never a 500."""

import json

import pytest
from django.core.files.storage import storages
from django.urls import reverse

from core.models import new_id
from imagery import files
from imagery.models import Image, Series, Study
from label.models import Annotation
from tests.kit import factories as make
from tests.kit.api import upload


@pytest.fixture
def well_shaped():
    def check(answer, status, field=None):
        assert answer.status_code == status, answer.content
        assert answer.json().keys() == {"detail", "code", "fields"}
        assert field is None or field in answer.json()["fields"], answer.json()
        return answer.json()

    return check


def send(client, body, content_type="application/json", route="annotation-list"):
    return client.generic("POST", reverse(route), body, content_type)


def test_json_nested_two_thousand_deep(api, well_shaped):
    well_shaped(send(api, "[" * 2000 + "]" * 2000), 400)


def test_json_nested_deep_in_a_field(api, image, label, well_shaped):
    nested = '{"a":' * 900 + "1" + "}" * 900
    deep = f'{{"image":"{image.pk}","label":"{label.pk}","state":"present","geometry":{nested}}}'
    well_shaped(send(api, deep), 400)


@pytest.mark.parametrize("body", ["", "{", "nonsense", b"\xff\xfe", '{"a": NaN}', '"', "\0"])
def test_a_body_that_is_not_json(body, api, well_shaped):
    well_shaped(send(api, body), 400)


@pytest.mark.parametrize("body", ["[]", "1", "null", '"text"', "[[]]"])
def test_json_that_is_not_an_object(body, api, well_shaped):
    well_shaped(send(api, body), 400)


def test_a_json_body_that_is_too_large(api, well_shaped):
    well_shaped(send(api, json.dumps({"comment": "x" * 3_000_000})), 413)


@pytest.mark.parametrize("id", ["nonsense", "", 1, [], {}, None, "00000000-0000-0000-0000-00000000000g"])
def test_a_uuid_that_is_not_one(id, api, label, well_shaped):
    answer = api.post(reverse("annotation-list"), {"image": id, "label": label.pk, "state": "present"})
    well_shaped(answer, 400, "image")


@pytest.mark.parametrize("path", ["images/nonsense/", "images/%00/", "images/1/", "images/" + "9" * 500 + "/"])
def test_an_address_that_is_not_one(path, api, well_shaped):
    well_shaped(api.get(f"/api/v1/{path}"), 404)


def test_nul_in_text(researcher, client_of, well_shaped):
    well_shaped(client_of(researcher).post(reverse("label-list"), {"name": "a\0b"}), 400, "name")


def test_a_lone_surrogate_in_text(researcher, client_of, well_shaped):
    well_shaped(send(client_of(researcher), '{"name": "\\ud800"}', route="label-list"), 400)


def test_nul_in_a_filter(api, well_shaped):
    well_shaped(api.get(reverse("label-list"), {"name": "a\0b"}), 400, "name")


@pytest.mark.parametrize(("route", "query"), [
    ("annotation-list", {"image": "nonsense"}),
    ("annotation-list", {"state": "maybe"}),
    ("image-list", {"study": "1"}),
    ("image-list", {"media_type": "text/plain"}),
    ("code-list", {"kind": "planet"}),
])  # fmt: skip
def test_a_filter_value_that_is_not_one(route, query, api, well_shaped):
    well_shaped(api.get(reverse(route), query), 400, next(iter(query)))


@pytest.mark.parametrize(
    "query", [{"status": "abc"}, {"status": "1e999"}, {"user": "x"}, {"after": "yesterday"}, {"object_id": "x"}]
)
def test_an_event_filter_value_that_is_not_one(query, auditor, client_of, well_shaped):
    well_shaped(client_of(auditor).get(reverse("event-list"), query), 400, next(iter(query)))


def test_a_wrong_method(api, well_shaped):
    well_shaped(api.put(reverse("image-list")), 405)


def test_a_wrong_media_type(api, well_shaped):
    well_shaped(send(api, "<a/>", "application/xml"), 415)


def test_json_where_a_form_with_a_file_is_wanted(api, well_shaped):
    well_shaped(send(api, "{}", route="image-list"), 415)


def test_a_form_that_is_broken(api, well_shaped):
    well_shaped(send(api, "--nothing", "multipart/form-data; boundary=x", route="image-list"), 400, "file")


def test_a_form_without_a_boundary(api, well_shaped):
    well_shaped(send(api, "x", "multipart/form-data", route="image-list"), 400)


def test_an_answer_in_a_form_we_do_not_have(api, well_shaped):
    well_shaped(api.get(reverse("label-list"), headers={"Accept": "text/csv"}), 406)


def test_an_unknown_label(api, image, well_shaped):
    well_shaped(
        api.post(reverse("annotation-list"), {"image": image.pk, "label": new_id(), "state": "present"}), 400, "label"
    )


def test_fields_that_are_missing_are_named(api, well_shaped):
    said = well_shaped(api.post(reverse("annotation-list"), {}), 400)
    assert said["fields"].keys() == {"image", "label", "state"}


def test_an_annotation_that_is_refused_stores_nothing(api, image, label):
    api.post(reverse("annotation-list"), {"image": image.pk, "label": label.pk, "state": "present", "confidence": 2})
    assert not Annotation.objects.exists()


def test_text_that_is_too_long(researcher, client_of, well_shaped):
    well_shaped(client_of(researcher).post(reverse("label-list"), {"name": "x" * 201}), 400, "name")


def stored_files():
    return {path for path in storages["originals"].root.rglob("*") if path.is_file() and path.suffix != ".lock"}


@pytest.fixture
def nothing_stored():
    before = stored_files()
    yield
    assert stored_files() == before
    assert not Image.objects.exists() and not Series.objects.exists() and not Study.objects.exists()


@pytest.mark.parametrize("content", [b"", make.png()[:-20], make.png()[:30], b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
def test_a_file_that_is_no_image(content, api, well_shaped, nothing_stored):
    well_shaped(upload(api, content), 400, "file")


def test_a_text_file_named_png(api, well_shaped, nothing_stored):
    assert well_shaped(upload(api, b"just text"), 415, "file")["code"] == "unknown_format"


@pytest.mark.parametrize("field", ["study", "patient"])
def test_an_upload_into_something_of_somebody_else(field, api, well_shaped):
    theirs = make.StudyFactory() if field == "study" else make.PatientFactory()
    well_shaped(upload(api, make.png(), **{field: str(theirs.pk)}), 400, field)


def test_an_upload_whose_row_cannot_be_written_leaves_no_file(api, monkeypatch, nothing_stored):
    monkeypatch.setattr("imagery.models.Image.objects.create", lambda **row: 1 / 0)
    assert upload(api, make.png()).status_code == 500


def test_a_preview_of_a_frame_that_is_not_there(api, image, well_shaped):
    well_shaped(api.get(reverse("image-preview", kwargs={"pk": image.pk}), {"frame": 1}), 400, "frame")


@pytest.mark.parametrize(
    "query",
    [
        {"frame": "-1"},
        {"frame": "x"},
        {"size": "0"},
        {"size": "4097"},
        {"window": "x"},
        {"window": "1"},
        {"window": "1,0"},
    ],
)
def test_a_preview_of_nothing_sensible(query, api, image, well_shaped):
    well_shaped(api.get(reverse("image-preview", kwargs={"pk": image.pk}), query), 400, next(iter(query)))


def test_bytes_that_are_gone_are_a_503(api, image, well_shaped):
    files.originals().delete(image.original)
    well_shaped(api.get(reverse("image-file", kwargs={"pk": image.pk})), 503)


def test_a_page_for_people_outside_the_api(api):
    answer = api.get("/nowhere/")
    assert answer.status_code == 404 and b"<h1>404</h1>" in answer.content


@pytest.mark.parametrize(("room", "status"), [(-1, 413), (0, 201), (1, 201)])
def test_an_upload_is_cut_off_at_the_limit_while_it_arrives(room, status, api, settings):
    content = make.png(columns=400, rows=300)
    settings.MAX_UPLOAD_BYTES = len(content) + room
    assert upload(api, content).status_code == status


def test_an_upload_that_is_cut_off_says_so(api, settings, well_shaped, nothing_stored):
    settings.MAX_UPLOAD_BYTES = 10
    well_shaped(upload(api, make.png()), 413)


def test_a_form_with_deep_json_in_a_field(api, image, label, well_shaped):
    for depth in (100, 900, 2000):
        body = {"image": image.pk, "label": label.pk, "state": "present", "geometry": "[" * depth + "]" * depth}
        well_shaped(api.post(reverse("annotation-list"), body, format="multipart"), 400, "geometry")


@pytest.mark.parametrize("count", ["0" * 5000, "00000999999", "-1", "²"])
def test_a_count_that_is_none(count, api):
    url = make.CodeSystemFactory().uri
    answer = api.get(reverse("fhir-expand"), {"url": url, "count": count})
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (400, "invalid")


def test_a_name_that_is_too_long_to_look_for(api, label, well_shaped):
    well_shaped(api.get(reverse("label-list"), {"name": "x" * 201}), 400, "name")
