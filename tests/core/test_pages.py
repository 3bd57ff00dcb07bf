"""What people see in a browser: the browsable API and its documentation."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from tests.kit import factories as make
from tests.kit.api import routes_of_the_api

AS_A_BROWSER = {"Accept": "text/html"}


@pytest.mark.parametrize(
    "route",
    [
        route
        for route in sorted(route for route in routes_of_the_api() if route.endswith("-list"))
        if route != "event-list"
    ],
)
def test_a_list_is_a_page_with_forms(route, api, annotation):
    answer = api.get(reverse(route), headers=AS_A_BROWSER)
    assert (answer.status_code == 200 and b"Harrison" in answer.content) or b"Django REST framework" in answer.content


def test_the_front_page_lists_every_endpoint(client_of):
    page = client_of(None).get(reverse("api-root"), headers=AS_A_BROWSER).content.decode()
    for name in ("images", "annotations", "labels", "diseases", "codes", "events", "teams", "auth/login", "me", "docs"):
        assert f"/api/v1/{name}/" in page


def test_related_inputs_show_nobody_elses_objects(api, annotation):
    hidden = [make.ImageFactory(), make.StudyFactory(), make.PatientFactory()]
    pages = [
        api.get(reverse(route), headers=AS_A_BROWSER).content.decode()
        for route in ("annotation-list", "study-list", "image-list")
    ]
    assert not [row for row in hidden for page in pages if str(row.pk) in page]


def test_related_inputs_are_text_boxes(api, annotation):
    page = api.get(reverse("annotation-list"), headers=AS_A_BROWSER).content.decode()
    assert re.search(r'<input[^>]*name="image"', page) and not re.search(r'<select[^>]*name="image"', page)


def test_one_logs_in_to_the_browsable_api_with_a_session(doctor, client_of):
    client = client_of(None)
    answer = client.post(
        reverse("rest_framework:login"),
        {"username": "doctor", "password": make.PASSWORD, "next": "/api/v1/me/"},
        format="multipart",
    )
    assert answer.status_code == 302 and client.get(reverse("me")).json()["username"] == "doctor"


def test_the_documentation_is_for_those_who_logged_in(api):
    assert b"swagger" in api.get(reverse("docs"), headers=AS_A_BROWSER).content.lower()


def test_a_browser_is_sent_to_the_login_and_back_and_a_program_is_told_401(client_of):
    for route in ("docs", "schema"):
        address = f"{reverse(route)}?lang=en"
        page = client_of(None).get(address, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
        assert page.status_code == 302 and page.headers["Location"].startswith(reverse("rest_framework:login"))
        assert parse_qs(urlsplit(page.headers["Location"]).query) == {"next": [address]}
        refusal = client_of(None).get(address, headers={"Accept": "*/*"})
        assert refusal.status_code == 401 and "WWW-Authenticate" in refusal.headers


def test_a_browser_shows_the_schema(api):
    answer = api.get(reverse("schema"), headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert answer.headers["Content-Type"] == "application/json" and answer.json()["openapi"]


def test_a_strict_content_security_policy_is_on_every_page(api):
    policy = api.get(reverse("api-root"), headers=AS_A_BROWSER).headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'self'" in policy


def test_a_stale_form_is_told_so_in_the_one_shape(doctor):
    from rest_framework.test import APIClient

    client = APIClient(enforce_csrf_checks=True)
    client.force_login(doctor)
    answer = client.post(reverse("rest_framework:login"), {}, format="multipart", secure=True, HTTP_HOST="localhost")
    assert answer.status_code == 403 and answer.json()["code"] == "csrf_failed"


def test_an_unknown_host_is_refused_and_the_log_names_the_setting(client_of, caplog):
    answer = client_of(None).get(reverse("api-root"), headers={"Host": "xray.hospital.example:8443"})
    assert answer.status_code == 400 and answer.json()["code"] == "unknown_host"
    (line,) = [record.getMessage() for record in caplog.records if record.name == "core.error_pages"]
    assert "'xray.hospital.example:8443'" in line and "HARRISON_ALLOWED_HOSTS" in line


def test_one_logs_out_of_the_browsable_api_without_a_script(api):
    page = api.get(reverse("api-root"), headers=AS_A_BROWSER).content.decode()
    assert f'action="{reverse("rest_framework:logout")}"' in page and "onclick" not in page.lower()
    api.post(reverse("rest_framework:logout"), {}, format="multipart")
    assert api.get(reverse("me")).status_code == 401
