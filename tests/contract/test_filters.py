"""A query parameter that is unknown, repeated, empty or not understood is a 400 that names it."""

from datetime import UTC, datetime, timedelta

import django_filters
import pytest
from django.urls import reverse

from core import filters
from core.dates import parse_date, parse_time
from core.models import Record
from events.filters import MethodFilter, StatusFilter
from harrison.urls import router
from label.filters import AnnotatedImageFilter, AnnotatedWholeImageFilter
from tests.kit import factories as make
from tests.kit.api import preview, where
from tests.kit.cases import failures

pytestmark = pytest.mark.on_both

WRONG_BOOLEANS = [
    "1",
    "0",
    "yes",
    "no",
    "TRUE",
    "True",
    "False",
    "t",
    "on",
    "maybe",
    "null",
    "None",
    "true ",
    "truee",
    "-1",
]
WRONG_DATES = [
    "02/03/2020", "Feb 3 2020", "3 Feb 2020", "2020-2-3", "20200203", "2020-02-30", "2020-13-01", "0000-01-01", "today",
    "2020-02", "2020", "2020-W06-1", "2020-034", "2020-02-03T00:00", "10000-01-01", "-001-01-01", "2020-02-03 ",
    "\u0662\u0660\u0662\u0660-02-03", "2020/02/03", "1580688000",
]  # fmt: skip
WRONG_TIMES = [
    *(date for date in WRONG_DATES if date not in ("2020-02-03T00:00",)), "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2020-02-03T25:00:00Z",
    "2020-02-03T10:00:60Z", "2020-02-03 10:00", "2020-02-03T10", "2020-02-03T10:00:00 02:00", "2020-02-03t10:00:00z",
    "2020-02-03T10:00:00+25:00", "2020-02-03T10:00:00+0200x", "now", "3000-01-01", "1899-12-31T23:59:59Z",
]  # fmt: skip
WRONG_NUMBERS = ["-1", "1.5", "1e3", "NaN", "Infinity", "x", " 1", "1 ", "+1", "\u0661", "9" * 19, "0x1"]
WRONG_CHOICES = ["maybe", "PRESENT", "Present", "present ", "null", "1", "present,absent"]
WRONG_IDS = ["1", "x", "null", "00000000-0000-0000-0000-00000000000g"]
EMPTY_OR_REPEATED = ["", " ", "\t", "\u200b", ["true", "true"], ["", ""]]
WRONG = {
    filters.BooleanFilter: WRONG_BOOLEANS,
    filters.DateFilter: WRONG_DATES,
    filters.TimeFilter: WRONG_TIMES,
    filters.WholeNumberFilter: WRONG_NUMBERS,
    django_filters.ChoiceFilter: WRONG_CHOICES,
    django_filters.UUIDFilter: WRONG_IDS,
    StatusFilter: ["99", "600", "200.5", "2e2", "NaN", "-200", "ok", " 200"],
    MethodFilter: ["get", "Post", "GET,POST", "1"],
}


@pytest.fixture
def client(client_of):
    return client_of(make.UserFactory(username="root", is_superuser=True, is_staff=True))


def filtered_lists():
    """Give the route and the filters of every list."""
    for _, view_class, name in router.registry:
        filterset_class = getattr(view_class, "whole_filterset_class", None) or view_class.filterset_class
        if filterset_class:
            yield f"{name}-list", filterset_class.base_filters


def wrong_values():
    for route, base_filters in filtered_lists():
        for name, item in base_filters.items():
            yield from ((route, name, value) for value in WRONG.get(type(item), ()))


def refuses(client, route, query, name):
    answer = client.get(reverse(route), query)
    assert answer.status_code == 400, answer.content[:200]
    assert answer.json()["fields"].keys() == {name}
    assert name == "cursor" or "cursor" not in answer.content.decode()
    return answer.json()["fields"][name]


def test_every_filter_has_a_type_that_refuses_what_it_does_not_understand():
    types = {*WRONG, django_filters.CharFilter}
    other = [
        (route, name)
        for route, base_filters in filtered_lists()
        for name, item in base_filters.items()
        if type(item) not in types
    ]
    assert other == []


def test_a_value_that_is_not_understood_is_refused_by_name(client):
    cases = list(wrong_values())
    assert len(cases) > 400
    assert failures(cases, lambda case: refuses(client, case[0], {case[1]: case[2]}, case[1])) == {}


def test_every_filter_refuses_an_empty_and_a_repeated_value(client):
    def check(case):
        route, name, values = case
        refuses(client, route, {name: values}, name)

    names = [
        (route, name) for route, base_filters in filtered_lists() for name in [*base_filters, "cursor", "page_size"]
    ]
    cases = [(route, name, values) for route, name in names for values in EMPTY_OR_REPEATED]
    assert failures(cases, check) == {}


@pytest.mark.parametrize("route", [route for route, base_filters in filtered_lists() if "archived" in base_filters])
def test_archived_true_lists_what_is_archived_and_false_what_is_in_use(route, client):
    def listed(**query):
        rows = client.get(reverse(route), query).json()["results"]
        return {row["id"] for row in rows}

    factories = {
        "code-system-list": make.CodeSystemFactory, "code-list": make.CodeFactory,
        "mapping-list": make.CodeMappingFactory,
        "disease-list": make.DiseaseFactory, "label-list": make.LabelFactory, "patient-list": make.PatientFactory,
        "study-list": make.StudyFactory, "series-list": make.SeriesFactory, "image-list": make.ImageFactory,
        "annotation-list": make.AnnotationFactory,
    }  # fmt: skip
    live, archived = factories[route](), factories[route](archived_at=datetime.now(UTC))
    assert isinstance(live, Record)
    assert listed(archived="true") == {str(archived.pk)}
    assert str(live.pk) in listed() == listed(archived="false") and str(archived.pk) not in listed()


def test_dates_and_times_mean_what_iso_8601_says():
    assert parse_date("2020-02-29").isoformat() == "2020-02-29"
    times = {
        "2020-02-03": "2020-02-03T00:00:00+00:00",
        "2020-02-03T10:00": "2020-02-03T10:00:00+00:00",
        "2020-02-03T10:00:00Z": "2020-02-03T10:00:00+00:00",
        "2020-02-03T10:00:00+02:00": "2020-02-03T08:00:00+00:00",
        "2020-02-03T10:00:00.5-05:30": "2020-02-03T15:30:00.500000+00:00",
    }
    assert {text: parse_time(text).isoformat() for text in times} == times


def test_the_first_and_the_last_time_are_taken(client):
    for text in ("1900-01-01T00:00:00Z", "2999-12-31T23:59:59.999999Z"):
        for name in ("after", "before"):
            assert client.get(reverse("event-list"), {name: text}).status_code == 200, (name, text)


def test_events_are_found_by_a_time_with_an_offset(client):
    event = make.EventFactory()
    east = (event.occurred_at + timedelta(hours=3, minutes=59)).strftime("%Y-%m-%dT%H:%M:%S+05:00")
    found = client.get(reverse("event-list"), {"after": east}).json()["results"]
    assert str(event.pk) in {row["id"] for row in found}


def test_a_date_out_of_bounds_is_called_a_date(client):
    (sentence,) = refuses(client, "event-list", {"after": "9999-12-31T23:59:59-14:00"}, "after")
    assert "calendar" in sentence
    (sentence,) = refuses(client, "study-list", {"date_from": "2020-02-30"}, "date_from")
    assert "2020-02-30" in sentence


def test_a_cursor_of_another_list_is_still_called_a_cursor(client):
    answer = client.get(reverse("image-list"), {"cursor": "nonsense"})
    assert answer.json()["fields"].keys() == {"cursor"}


def test_parameters_without_an_effect_are_refused(client):
    system = make.CodeSystemFactory().key
    for route in ("disease-list", "label-list", "annotation-list"):
        for query in ({"system": system}, {"equivalent": "true"}):
            refuses(client, route, query, next(iter(query)))
    refuses(client, "code-list", {"equivalent": "true"}, "equivalent")
    assert client.get(reverse("code-list"), {"system": system}).status_code == 200


def test_a_preview_understands_true_and_false_alone(api, image):
    for value in ("1", "yes", "TRUE", "on", "", ["true", "true"]):
        answer = preview(api, image, redacted=value)
        assert (answer.status_code, answer.json()["fields"].keys()) == (400, {"redacted"}), value
    assert api.get(where("image-detail", image), {"redacted": "true"}).status_code == 400


def test_dates_in_a_body_are_iso_8601(api):
    for value in [date for date in WRONG_DATES if date.strip() == date] + [20200203, True, [], {}]:
        answer = api.post(reverse("study-list"), {"date": value})
        assert (answer.status_code, answer.json()["fields"].keys()) == (400, {"date"}), value
        answer = api.post(reverse("patient-list"), {"identity": {"birth_date": value}})
        assert (answer.status_code, answer.json()["fields"].keys()) == (400, {"identity.birth_date"}), value
    made = api.post(reverse("study-list"), {"date": "2020-02-03"})
    assert made.json()["date"] == "2020-02-03"


def test_fhir_operations_refuse_unknown_and_repeated_parameters(client):
    uri = "http://example.org/system"
    make.CodeFactory(system__uri=uri, code="J18.9")
    routes = {
        "fhir-lookup": {"system": uri, "code": "J18.9"},
        "fhir-translate": {"system": uri, "code": "J18.9"},
        "fhir-expand": {"url": f"{uri}?fhir_vs"},
    }
    for route, query in routes.items():
        assert client.get(reverse(route), query).status_code == 200, route
        for more in ({"offset": "5"}, {name: [value, value] for name, value in query.items()}):
            answer = client.get(reverse(route), query | more)
            assert answer.status_code == 400 and answer.json()["resourceType"] == "OperationOutcome"
            assert next(iter(more)) in answer.json()["issue"][0]["diagnostics"], route
    assert client.get(reverse("fhir-expand"), routes["fhir-expand"] | {"filter": ""}).status_code == 200


def test_the_form_of_filters_may_leave_fields_empty(client):
    query = {"archived": "", "study": "", "modality": "CT", "study_date_from": ""}
    answer = client.get(reverse("image-list"), query, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    answer = client.get(reverse("image-list"), query | {"archived": "1"}, headers={"Accept": "text/html"})
    assert answer.status_code == 400


def test_researchers_and_doctors_have_the_same_kinds_of_filters():
    shared = AnnotatedImageFilter.base_filters.items()
    assert {
        name for name, item in shared if type(item) is not type(AnnotatedWholeImageFilter.base_filters[name])
    } == set()


def test_the_admin_refuses_a_filter_value_that_it_does_not_offer(client):
    address = reverse("admin:label_label_changelist")
    for query in ({"archived": "1"}, {"archived": "true"}, {"since": "year"}):
        answer = client.get(address, query)
        assert answer.status_code == 400 and next(iter(query)) in answer.content.decode(), query
    for query in ({}, {"archived": "yes"}, {"archived": "all"}, {"since": "week"}):
        assert client.get(address, query).status_code == 200, query
