"""What people see in a browser: the browsable API and the admin."""

import re

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import User
from tests import factories as make
from tests.test_lists import LISTS

AS_A_BROWSER = {"Accept": "text/html"}


@pytest.mark.parametrize("route", [route for route in LISTS if route != "event-list"])
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


@pytest.fixture
def staff(client_of):
    return client_of(make.UserFactory(username="root", is_superuser=True, is_staff=True))


OURS = [
    m
    for m in admin.site._registry
    if m.__module__.split(".")[0] in ("accounts", "disease", "imagery", "label", "events")
]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_the_admin_lists_every_table(model, staff, annotation):
    assert staff.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")).status_code == 200


@pytest.mark.parametrize("model", [m for m in OURS if m is not User], ids=lambda model: model.__name__)
def test_the_admin_changes_nothing_clinical(model, staff):
    assert staff.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")).status_code == 403


def test_the_admin_shows_a_row(staff, annotation):
    assert staff.get(reverse("admin:label_annotation_change", args=[annotation.pk])).status_code == 200


def test_a_role_given_in_the_admin_is_recorded(staff, doctor, researcher):
    from reversion.models import Version

    form = {"username": "doctor", "groups": [group.pk for group in researcher.groups.all()], "is_active": "on",
            "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}  # fmt: skip
    answer = staff.post(reverse("admin:accounts_user_change", args=[doctor.pk]), form, format="multipart")
    assert answer.status_code == 302, answer.content
    version = Version.objects.get_for_object(doctor).get()
    assert version.revision.user.username == "root"
    assert version.field_dict["groups"] == [researcher.groups.get().pk]


def test_a_user_is_never_deleted_in_the_admin(staff, doctor):
    assert staff.post(reverse("admin:accounts_user_delete", args=[doctor.pk]), {"post": "yes"}).status_code == 403


def test_the_documentation_is_for_those_who_logged_in(api):
    assert b"swagger" in api.get(reverse("docs"), headers=AS_A_BROWSER).content.lower()


def test_a_strict_content_security_policy_is_on_every_page(api):
    policy = api.get(reverse("api-root"), headers=AS_A_BROWSER).headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'self'" in policy


def test_a_stale_form_is_told_so_in_the_one_shape(doctor):
    from rest_framework.test import APIClient

    client = APIClient(enforce_csrf_checks=True)
    client.force_login(doctor)
    answer = client.post(reverse("rest_framework:login"), {}, format="multipart", secure=True, HTTP_HOST="localhost")
    assert answer.status_code == 403 and answer.json()["code"] == "csrf_failed"


def test_one_logs_out_of_the_browsable_api_without_a_script(api):
    page = api.get(reverse("api-root"), headers=AS_A_BROWSER).content.decode()
    assert f'action="{reverse("rest_framework:logout")}"' in page and "onclick" not in page.lower()
    api.post(reverse("rest_framework:logout"), {}, format="multipart")
    assert api.get(reverse("me")).status_code == 401
