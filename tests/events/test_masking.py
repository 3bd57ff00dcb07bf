"""An event holds plain text only where Harrison knows the value: a client may write a name anywhere."""

import json

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.test import Client
from django.urls import reverse

from events.models import Event

pytestmark = pytest.mark.on_both

NAME = "zqdoe"  # a name that looks like a word
BIRTH_DATE = "19500102"
SHORT_NUMBER = "1947"


def recorded() -> str:
    return json.dumps(list(Event.objects.values()), cls=DjangoJSONEncoder).lower()


PLACES = {
    "first segment": ("GET", f"/{NAME}/", {}),
    "segment of the API": ("GET", f"/api/v1/patients/{NAME}/", {}),
    "segment after an id": ("GET", f"/api/v1/images/0198c0de-0000-4000-8000-000000000000/{NAME}/", {}),
    "segment of the admin": ("GET", f"/admin/imagery/patient/{NAME}/change/", {}),
    "number in the path": ("GET", f"/api/v1/{BIRTH_DATE}/", {}),
    "parameter": ("GET", f"/api/v1/images/?{NAME}=1", {}),
    "value of an enumeration": ("GET", f"/api/v1/images/?modality={NAME}&state={NAME}&format={NAME}", {}),
    "number as a value": ("GET", f"/api/v1/images/?page_size={BIRTH_DATE}&frame={BIRTH_DATE}", {}),
    "short record number": ("GET", f"/api/v1/patients/?record_number={SHORT_NUMBER}", {}),
    "year of birth in a search": ("GET", f"/admin/imagery/patient/?q={SHORT_NUMBER}", {}),
    "number as a username": ("GET", f"/api/v1/events/?username={SHORT_NUMBER}&failed_login={SHORT_NUMBER}", {}),
    "header": ("GET", "/api/v1/me/", {f"X-{NAME}": "1"}),
    "user agent": ("GET", "/api/v1/me/", {"User-Agent": f"Mozilla/5.0 ({NAME} {BIRTH_DATE}) {NAME}/1.0"}),
    "version to match": ("GET", "/api/v1/me/", {"If-Match": f'"{NAME}"', "If-None-Match": f'"{BIRTH_DATE}"'}),
    "range": ("GET", "/api/v1/me/", {"Range": f"bytes={BIRTH_DATE}-"}),
    "accepted types": ("GET", "/api/v1/me/", {"Accept": f"{NAME}/{NAME}, application/json;q={BIRTH_DATE}"}),
    "accepted languages": ("GET", "/api/v1/me/", {"Accept-Language": f"{NAME}, en-{NAME}"}),
    "accepted encodings": ("GET", "/api/v1/me/", {"Accept-Encoding": NAME}),
    "type of the body": ("POST", "/api/v1/me/", {"Content-Type": f"multipart/form-data; boundary={NAME}"}),
    "host": ("GET", "/api/v1/me/", {"Host": f"{NAME}.example"}),
    "page it came from": ("GET", "/api/v1/me/", {"Referer": f"https://localhost/{NAME}/"}),
    "forwarded address": ("GET", "/api/v1/me/", {"X-Forwarded-For": NAME}),
    "method": (NAME.upper(), "/api/v1/me/", {}),
}


def test_a_name_enters_the_audit_log_from_nowhere(doctor):
    client, leaks = Client(raise_request_exception=False), {}
    client.force_login(doctor)
    for place, (method, path, headers) in PLACES.items():
        Event.objects.all().delete()
        client.generic(method, path, content_type=headers.pop("Content-Type", "text/plain"), headers=headers)
        leaks[place] = [text for text in (NAME, BIRTH_DATE, f'"{SHORT_NUMBER}"') if text in recorded()]
        assert Event.objects.count() == 1
    assert {place: found for place, found in leaks.items() if found} == {}


def test_a_client_is_known_by_its_program_and_language(api):
    browser = (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.6778.85 Safari/537.36"
    )
    api.get(reverse("me"), headers={"User-Agent": browser, "Accept-Language": "en-US,de;q=0.5", "Accept": "*/*"})
    headers = Event.objects.latest("id").headers
    assert headers["User-Agent"] == "Mozilla/5 AppleWebKit/537 Chrome/131 Safari/537"
    assert (headers["Accept-Language"], headers["Accept"], headers["Host"]) == ("en, de", "*/*", "localhost")


def test_known_values_of_a_query_are_kept(api, image):
    api.get(reverse("image-list"), {"modality": "CT", "archived": "true", "page_size": 50, "study": image.study_id})
    kept = {"modality": ["CT"], "archived": ["true"], "page_size": ["50"], "study": [str(image.study_id)]}
    assert Event.objects.latest("id").query == kept


def test_an_event_is_small_whatever_comes(api):
    headers = {f"X-Header-{number}": "x" * 60 for number in range(300)} | {"Cookie": "a=b; " * 400}
    query = "&".join(
        f"{name}={'x' * 90}" for name in ("study", "label", "state", "search", "cursor") for _ in range(90)
    )
    api.get(f"{reverse('image-list')}?{query}", headers=headers)
    event = Event.objects.values().latest("id")
    assert len(json.dumps(event, cls=DjangoJSONEncoder)) < 4096
    assert event["headers"]["others"] >= 300


def test_headers_and_parameters_without_a_known_name_are_counted(api):
    api.get(f"{reverse('image-list')}?one=1&two=2", headers={"X-Ward": "7"})
    event = Event.objects.latest("id")
    assert event.query == {"others": 2} and event.headers["others"] == 1


def test_a_query_of_more_parameters_than_django_reads_leaves_an_event(api):
    query = "&".join(f"p{number}=1" for number in range(1001))
    assert api.get(f"{reverse('image-list')}?{query}").status_code == 400
    assert Event.objects.latest("id").query == {"unreadable": len(query)}


def test_headers_that_are_not_text_leave_an_event(api):
    api.get(reverse("me"), headers={"X-Ward": "\xff\xfe", "Cookie": "\x00\xff=\xfe", "Accept": "\xfe/\xff"})
    assert Event.objects.latest("id").status in (200, 401, 406)
