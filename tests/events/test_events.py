"""The record of requests: one event for every answer, and nothing in it that should not be."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, InterfaceError, connection
from django.test import RequestFactory
from django.urls import reverse

from core.http import client_address
from core.masking import mask_value
from core.models import first_id
from events.models import Event
from label.models import Annotation
from tests.kit import factories as make

pytestmark = pytest.mark.on_both


def last() -> Event:
    return Event.objects.order_by("id").last()


def test_an_answer_leaves_an_event_that_says_who_asked_what(api, doctor, image):
    api.get(reverse("image-detail", kwargs={"pk": image.pk}))
    event = last()
    assert (event.user, event.roles) == (doctor, ["doctor"])
    assert (event.method, event.path, event.status) == ("GET", f"/api/v1/images/{image.pk}/", 200)
    assert (event.route, event.object_id) == ("api/v1/images/<uuid:pk>/", image.pk)
    assert event.duration > 0 and event.client_address == "127.0.0.1"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/images/?x=1", 400),
        ("/api/v1/events/", 403),
        ("/api/v1/nothing/", 404),
        ("/api/v1/auth/login/", 405),
        ("/", 302),
    ],
)
def test_refusals_leave_an_event_too(path, status, api):
    assert api.get(path).status_code == status
    assert last().status == status


def test_an_error_of_ours_leaves_an_event_too(api, monkeypatch):
    monkeypatch.setattr("label.views.LabelViewSet.get_queryset", lambda view: 1 / 0)
    assert api.get(reverse("label-list")).status_code == 500
    assert last().status == 500


def test_the_answer_carries_the_events_id(api):
    answer = api.get(reverse("me"))
    assert UUID(answer.headers["X-Request-ID"]) == last().pk


def test_a_login_is_recorded_as_the_person_who_logged_in(doctor, client_of):
    client_of(None).post(reverse("login"), {"username": "doctor", "password": make.PASSWORD})
    assert last().user == doctor


def test_the_event_of_a_change_names_its_revision(api, image, label):
    api.post(reverse("annotation-list"), {"image": image.pk, "label": label.pk, "state": "present"})
    event = last()
    assert event.revision.comment == "annotated"
    assert event.object_id == Annotation.objects.get().pk


def test_the_event_of_a_reading_names_no_revision(api):
    api.get(reverse("me"))
    assert last().revision is None


def test_the_event_of_a_refused_change_names_no_revision(api, annotation):
    api.patch(
        reverse("annotation-detail", kwargs={"pk": annotation.pk}), {"state": "absent"}, headers={"If-Match": '"7"'}
    )
    assert last().revision is None


@pytest.mark.parametrize("error", [DatabaseError("disk full"), InterfaceError("the connection is closed")])
def test_an_event_that_cannot_be_written_makes_the_answer_a_503(error, api, monkeypatch):
    def fail(**facts):
        raise error

    monkeypatch.setattr(Event.objects, "create", fail)
    answer = api.get(reverse("me"))
    assert answer.status_code == 503 and b"doctor" not in answer.content


SECRETS = ("hunter2-secret", "Jane^Doe", "19700101")


def test_no_secret_and_no_identity_enters_the_record(client_of, doctor):
    client = client_of(None)
    client.credentials(
        HTTP_AUTHORIZATION="Token hunter2-secret", HTTP_COOKIE="sessionid=hunter2-secret", HTTP_X_PATIENT="Jane^Doe"
    )
    client.get("/api/v1/images/?token=hunter2-secret&patient=Jane^Doe&Jane^Doe=19700101")
    client.post(reverse("login"), {"username": "Jane^Doe", "password": "hunter2-secret"})
    written = json.dumps(list(Event.objects.values("path", "query", "headers", "route")))
    assert not [secret for secret in SECRETS if secret in written]


def test_no_file_name_enters_the_record(api):
    api.post(reverse("image-list"), {"file": SimpleUploadedFile("Jane^Doe.png", make.png())}, format="multipart")
    assert "Jane" not in json.dumps(list(Event.objects.values("path", "query", "headers")))


def test_a_masked_value_can_be_told_from_another_and_no_more():
    one, same, other = mask_value("xyz"), mask_value("xyz"), mask_value("xyw")
    assert one == same != other and one["length"] == 3 and "xyz" not in str(one)


def test_ids_in_a_query_are_kept(api, image):
    api.get(reverse("annotation-list"), {"image": str(image.pk)})
    assert last().query == {"image": [str(image.pk)]}


@pytest.mark.parametrize(
    ("proxies", "forwarded", "believed"),
    [
        (0, "6.6.6.6", "10.0.0.1"),
        (1, "6.6.6.6", "6.6.6.6"),
        (1, "6.6.6.6, 7.7.7.7", "7.7.7.7"),
        (2, "6.6.6.6, 7.7.7.7", "6.6.6.6"),
        (1, "rubbish", None),
        (1, "::1", "::1"),
    ],
)
def test_only_what_our_proxies_wrote_is_believed(proxies, forwarded, believed, settings):
    settings.PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == believed


@pytest.fixture
def two_events(doctor, auditor):
    january, march = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC)
    wanted = make.EventFactory(
        id=first_id(january), occurred_at=january, user=doctor, status=404, method="POST", object_id=doctor.pk,
        route="api/v1/images/<uuid:pk>/", verb="uploaded",
    )  # fmt: skip
    make.EventFactory(id=first_id(march), occurred_at=march, user=auditor)
    return wanted


@pytest.mark.parametrize(
    "query",
    [
        {"username": "doctor"},
        {"status": "404"},
        {"status_from": "400", "status_to": "499"},
        {"refused": "true"},
        {"route": "api/v1/images/<uuid:pk>/"},
        {"verb": "uploaded"},
        {"method": "POST"},
        {"before": "2026-02-01T00:00:00Z"},
        {"after": "2026-01-01T00:00:00Z", "before": "2026-01-03T00:00:00Z"},
    ],
)
def test_an_auditor_finds_events(query, two_events, auditor, client_of):
    found = client_of(auditor).get(reverse("event-list"), query).json()["results"]
    assert [event["id"] for event in found] == [str(two_events.pk)]


@pytest.mark.parametrize("parameter", ["user", "object_id"])
def test_an_auditor_finds_events_by_id(parameter, two_events, doctor, auditor, client_of):
    found = client_of(auditor).get(reverse("event-list"), {parameter: doctor.pk}).json()["results"]
    assert [event["id"] for event in found] == [str(two_events.pk)]


def test_an_event_shows_what_its_change_touched(api, auditor, image, label, client_of):
    api.post(reverse("annotation-list"), {"image": image.pk, "label": label.pk, "state": "present"})
    shown = client_of(auditor).get(reverse("event-detail", kwargs={"pk": last().pk})).json()
    assert shown["revision"]["verb"] == "annotated"
    assert shown["revision"]["touched"] == [{"type": "annotation", "id": str(Annotation.objects.get().pk)}]


def test_an_event_that_changed_nothing_shows_no_revision(auditor, client_of):
    event = make.EventFactory()
    assert client_of(auditor).get(reverse("event-detail", kwargs={"pk": event.pk})).json()["revision"] is None


def test_an_event_names_itself():
    assert str(make.EventFactory()) == "GET /api/v1/images/ 200"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/api/v1/patients/Doe^Jane-1950/", "/api/v1/patients/…"),
        ("/api/v1/patients/19500101/", "/api/v1/patients/…"),
        ("/admin/imagery/patient/Doe^Jane/", "/admin/imagery/patient/…"),
        ("/admin/imagery/patient/19500101/change/", "/admin/imagery/patient/…"),
        ("/admin/r/7/Doe^Jane/", "/admin/r/…"),
        ("/admin/%00/", "/admin/…"),
        ("/admin/imagery/", "/admin/imagery/"),
        ("/nothing/here/", "/…"),
    ],
)
def test_an_address_of_nothing_is_kept_as_far_as_it_is_words(path, kept, api):
    api.get(path)
    assert last().path == kept


def test_an_address_of_a_row_is_kept_whole_in_the_admin_too(api, image):
    path = reverse("admin:imagery_image_change", args=[image.pk])
    api.get(path)
    assert last().path == path


RUNBOOK = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text()


def test_what_the_runbook_asks_after_a_restore_are_the_events_whose_ids_are_of_that_time(doctor, capsys):
    december, january = datetime(2025, 12, 31, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    for moment in (december, january):
        make.EventFactory(id=first_id(moment), occurred_at=moment, user=doctor, method="POST", path=moment.date())
    exec(re.search(r'shell -c "(.+first_id.+)"', RUNBOOK)[1].replace("TIME", "2026-01-01T00:00:00+00:00"), {})
    asked = re.search(r"`(SELECT .+ events_event .+)`", RUNBOOK)[1].replace("ID", capsys.readouterr().out.strip())
    with connection.cursor() as cursor:
        cursor.execute(asked)
        assert [row[2:] for row in cursor] == [("POST", "2026-01-02")]
