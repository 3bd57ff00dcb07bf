"""Every route that takes a body refuses unknown and read-only fields, and fields given twice, by name."""

from itertools import product

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import get_resolver, reverse
from rest_framework import serializers

from core.bodies import READ_ONLY, TWICE, BodySerializer, NoBodySerializer
from label.models import Annotation, Label
from tests.kit import factories as make
from tests.kit.api import where
from tests.kit.cases import failures
from tests.kit.database import rolled_back

UNSAFE = {"post", "put", "patch", "delete"}


def list_operations():
    """Give route, method, and view class with its settings, of every operation that changes something."""
    (v1,) = [pattern for pattern in get_resolver().url_patterns if str(pattern.pattern) == "api/v1/"]
    for pattern in v1.url_patterns:
        view_class, settings = pattern.callback.cls, getattr(pattern.callback, "initkwargs", {})
        actions = getattr(pattern.callback, "actions", None) or {
            name: name for name in UNSAFE if hasattr(view_class, name)
        }
        for method in sorted(UNSAFE & actions.keys()):
            yield pattern.name, method, view_class, settings


OPERATIONS = list(list_operations())


@pytest.fixture
def send(root, rows, client_of):
    client = client_of(root)

    def send(route, method, data, content_type="application/json"):
        name = route.rpartition("-detail")[0] or route.split("-")[0]
        takes_row = name in rows and not route.endswith(("-list", "-upload"))
        address = where(route, rows[name]) if takes_row else reverse(route)
        with rolled_back():
            return client.generic(method.upper(), address, data, content_type)

    return send


def is_parsed(media_type, view_class, settings, method):
    """Return whether an operation reads this media type. One that takes no fields reads them all, to refuse fields."""
    if method == "delete" or settings.get("serializer_class") is NoBodySerializer:
        return True
    parsers = settings.get("parser_classes", view_class.parser_classes)
    return media_type.split(";")[0] in {parser.media_type for parser in parsers}


def test_every_operation_refuses_an_unknown_field_by_name_in_each_media_type(send):
    forms = {
        "application/json": b'{"confidense": 0.3}',
        "application/x-www-form-urlencoded": b"confidense=0.3&csrfmiddlewaretoken=x",
        MULTIPART_CONTENT: encode_multipart(BOUNDARY, {"confidense": "0.3", "csrfmiddlewaretoken": "x"}),
    }

    def check(case):
        (route, method, view_class, settings), media_type = case
        if route.startswith("logout"):
            return  # test_logging_out_takes_no_fields
        answer = send(route, method, forms[media_type], media_type)
        if not is_parsed(media_type, view_class, settings, method):
            assert answer.status_code == 415
            return
        assert answer.status_code == 400, answer.content
        assert answer.json()["fields"].keys() >= {"confidense"}, answer.content
        assert "csrfmiddlewaretoken" not in answer.json()["fields"]

    assert len(OPERATIONS) > 40
    assert failures(product(OPERATIONS, forms), check, lambda case: f"{case[0][:2]} {case[1][:20]}") == {}


def serializer_of(view_class, method, route):
    if route.endswith("-list"):
        return getattr(view_class, "create_serializer_class", None) or view_class.serializer_class
    return getattr(view_class, "serializer_class", None)


def test_every_detail_refuses_each_read_only_field_by_name(send, rows, root, client_of):
    def check(case):
        route, method, view_class, _ = case
        read_only = [name for name, field in view_class.serializer_class().fields.items() if field.read_only]
        shown = client_of(root).get(where(route, rows[route.removesuffix("-detail")])).json()
        body = {name: shown[name] for name in read_only}
        fields = send(route, method, orjson.dumps(body)).json()["fields"]
        assert read_only and {name for name in fields if fields[name] == [READ_ONLY]} == set(read_only), fields

    details = [case for case in OPERATIONS if case[0].endswith("-detail") and case[1] in ("put", "patch")]
    assert len(details) == 12
    assert failures(details, check, lambda case: str(case[:2])) == {}


def test_every_serializer_of_a_view_and_every_object_in_it_refuses_unknown_fields():
    def serializers_in(serializer):
        yield serializer
        for field in getattr(serializer, "fields", {}).values():
            child = getattr(field, "child", field)
            if isinstance(child, serializers.BaseSerializer) and not child.read_only:
                yield from serializers_in(child)

    views = {
        (serializer_of(view, method, route), settings.get("serializer_class"))
        for route, method, view, settings in OPERATIONS
    }
    classes = {one for pair in views for one in pair if one} - {None}
    found = [item for each in classes for item in serializers_in(each())]
    assert len(found) > 12
    assert [item for item in found if not isinstance(item, BodySerializer)] == []


def test_a_misspelled_field_is_named_and_stores_nothing(api, image, label):
    body = {"image": image.pk, "label": label.pk, "state": "present", "confidense": 0.3}
    answer = api.post(reverse("annotation-list"), body)
    assert answer.status_code == 400
    assert answer.json()["fields"] == {
        "confidense": ["There is no such field here. Known: state, geometry, confidence, comment, image, label."]
    }
    assert not Annotation.objects.exists()


def test_unknown_and_wrong_fields_are_named_together(api, image, label):
    answer = api.post(reverse("annotation-list"), {"image": image.pk, "state": "maybe", "x": 1, "y": 2})
    assert answer.json()["fields"].keys() == {"label", "state", "x", "y"}


def test_an_image_and_a_label_of_an_annotation_are_not_changed(api, annotation):
    for name in ("image", "label", "annotator", "id", "created_at", "label_name"):
        answer = api.patch(where("annotation-detail", annotation), {name: str(make.LabelFactory().pk)})
        assert (answer.status_code, answer.json()["fields"]) == (400, {name: [READ_ONLY]})


def test_a_whole_answer_sent_back_is_refused_and_its_writable_part_is_taken(research_client, label):
    label.diseases.set([make.DiseaseFactory()])
    shown = research_client.get(where("label-detail", label)).json()
    answer = research_client.put(where("label-detail", label), shown)
    assert answer.status_code == 400 and set(answer.json()["fields"]) == {
        "id",
        "url",
        "created_at",
        "updated_at",
        "archived_at",
    }
    writable = {name: value for name, value in shown.items() if name not in answer.json()["fields"]}
    assert research_client.put(where("label-detail", label), writable).json() == shown


def test_an_unknown_field_of_a_nested_object_is_named(api, doctor):
    patient = make.PatientFactory(owner=doctor)
    for form, body in (
        ("json", {"identity": {"name": "Ann", "nmae": "x"}}),
        ("multipart", {"identity.name": "Ann", "identity.nmae": "x"}),
    ):
        answer = api.patch(where("patient-detail", patient), body, format=form)
        assert (answer.status_code, set(answer.json()["fields"])) == (400, {"identity.nmae"}), form
    assert api.patch(where("patient-detail", patient), {"identity.name": "Ann"}, format="multipart").status_code == 200
    assert api.patch(where("patient-detail", patient), {"sex.name": "F"}, format="multipart").status_code == 400


def test_an_unknown_field_of_a_box_is_named(api, image):
    box = {"left": 1, "top": 1, "width": 5, "height": 5, "depth": 1}
    answer = api.post(where("image-redact", image), {"boxes": [box]})
    assert (answer.status_code, set(answer.json()["fields"])) == (400, {"boxes.0.depth"})


def test_a_geometry_with_an_unknown_field_is_refused_by_name(api, image, label):
    geometry = {"type": "point", "frame": 0, "points": [[1, 1]], "colour": "red"}
    body = {"image": image.pk, "label": label.pk, "state": "present", "geometry": geometry}
    answer = api.post(reverse("annotation-list"), body)
    assert answer.status_code == 400 and "colour" in answer.json()["fields"]["geometry"][0]


def test_a_field_given_twice_in_a_form_is_refused(api, image, label):
    body = QueryDict(mutable=True)
    body.update({"image": str(image.pk), "label": str(label.pk), "state": "present"})
    body.appendlist("state", "absent")
    answer = api.generic("POST", reverse("annotation-list"), body.urlencode(), "application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["fields"]) == (400, {"state": [TWICE]})


def test_an_upload_with_an_unknown_field_stores_nothing(api):
    body = {"file": SimpleUploadedFile("a.png", make.png()), "studdy": "x"}
    answer = api.post(reverse("image-list"), body, format="multipart")
    assert (answer.status_code, set(answer.json()["fields"])) == (400, {"studdy"})


def test_a_code_is_taken_back_as_an_answer_shows_it_and_not_otherwise(research_client):
    disease, code = make.DiseaseFactory(), make.CodeFactory()
    address = where("disease-detail", disease)
    (shown,) = research_client.patch(address, {"codes": [str(code.pk)]}).json()["codes"]
    assert {"id", "system", "code", "title"} <= shown.keys()
    for part in (shown, {"id": shown["id"]}, {"system": shown["system"], "code": shown["code"]}):
        assert research_client.patch(address, {"codes": [part]}).json()["codes"] == [shown]
    for wrong in ({"code": "Z99"}, {"title": "Other"}, {"colour": "red"}):
        answer = research_client.patch(address, {"codes": [shown | wrong]})
        assert answer.status_code == 400 and f"codes.{next(iter(wrong))}" in answer.json()["fields"], answer.content


def test_logging_out_takes_no_fields(client_of, doctor):
    for route in ("logout", "logout-all"):
        client = client_of(None)
        token = client.post(reverse("login"), {"username": "doctor", "password": make.PASSWORD}).json()["token"]
        client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
        assert client.post(reverse(route), {"everywhere": True}).json()["fields"].keys() == {"everywhere"}
        assert client.post(reverse(route)).status_code == 204


@pytest.mark.parametrize("path", ["/api/v1/labels", "/api/v1/auth/login", "/admin/label/label/add", "/admin/login"])
def test_a_change_without_the_final_slash_is_a_404_that_says_so(path, research_client):
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = research_client.generic(method, path, b'{"name": "x"}', "application/json")
        assert answer.status_code == 404, answer.headers
        assert f"{path}/" in answer.content.decode()
    assert not Label.objects.exists()


def test_reading_without_the_final_slash_is_redirected(research_client):
    answer = research_client.get("/api/v1/labels?page_size=1")
    assert (answer.status_code, answer["Location"]) == (301, "/api/v1/labels/?page_size=1")


def test_an_unknown_address_is_a_404_without_advice(research_client):
    assert "slash" not in research_client.post("/api/v1/lables").json()["detail"]


def test_the_start_page_redirects_readers_only(research_client):
    assert [research_client.get("/").status_code, research_client.post("/").status_code] == [302, 405]
