"""The cost of a page does not grow with its table: an index stands behind every filter and every order.

The tests count work, not time: rows that PostgreSQL's plans touched, instructions that SQLite's machine ran.
"""

from unittest.mock import patch

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.urls import reverse

from harrison.urls import router
from imagery.models import Image, Patient, Series, Study
from label.models import Annotation
from tests.kit.counting import work
from tests.kit.large_dataset import create_dataset
from tests.kit.query_cases import ADMIN, CASES, EVIDENCE, LOOK_UPS, POSTGRESQL, WORD_SEARCHES

# The gate asks PostgreSQL, where large installations keep their rows.
pytestmark = [pytest.mark.slow, pytest.mark.on_both if POSTGRESQL else pytest.mark.soak]

# The dearest page of 50 rows takes about half of this; reading a table of 30,000 rows takes far more.
MOST_WORK = {"sqlite": 120_000, "postgresql": 6_000}[connection.vendor]  # instructions, rows


@pytest.fixture(scope="module")
def dataset(django_db_setup, django_db_blocker):
    """The large dataset, rolled back after the module. Its constraints are checked once, not after each test."""
    with django_db_blocker.unblock(), transaction.atomic():
        created = create_dataset()
        with patch.object(connection, "check_constraints"):
            yield created
        transaction.set_rollback(True)


def work_of(client, url, query, dataset):
    """Return the work of one answer; an answer before it fills the caches."""
    ids = {name: str(getattr(row, "pk", row)) for name, row in dataset.items()}
    query = {name: str(value).format(**ids) for name, value in query.items()}
    client.get(url, query)
    with work() as spent:
        answer = client.get(url, query)
    assert answer.status_code == 200, answer.content
    return spent[0]


def too_much_work(cases, dataset, client_of):
    """Describe the cases, given as (name, person, URL, query), that take too much work."""
    clients = {person: client_of(dataset[person]) for _, person, _, _ in cases}
    spent = {
        (str(name), person, str(query)): work_of(clients[person], url, query, dataset)
        for name, person, url, query in cases
    }
    return "\n".join(f"{case}: {amount}" for case, amount in spent.items() if amount > MOST_WORK)


def test_a_page_does_not_read_the_table(dataset, client_of):
    cases = [(route, person, reverse(route), query) for route, person, query in CASES]
    assert not too_much_work(cases, dataset, client_of)


def test_a_page_of_the_admin_does_not_read_the_table(dataset, client_of):
    cases = [
        (model.__name__, person, reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"), query)
        for model, person, query in ADMIN
        if POSTGRESQL or model not in EVIDENCE or not query
    ]
    assert not too_much_work(cases, dataset, client_of)


def test_a_look_up_in_the_admin_does_not_read_the_table(dataset, client_of):
    url = reverse("admin:autocomplete")
    cases = [
        (model.__name__, person, url, {
            "app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field,
        })
        for model, field, person in LOOK_UPS
    ]  # fmt: skip
    assert not too_much_work(cases, dataset, client_of)


CHANGES = [
    ("patient-detail", Patient, {"sex": "F"}),
    ("study-detail", Study, {"description": "Once more"}),
    ("series-detail", Series, None),
    ("image-detail", Image, None),
    ("annotation-detail", Annotation, {"confidence": 0.5}),
]


def test_one_row_is_found_and_changed_without_reading_the_table(dataset, client_of):
    spent = {}
    for person in ("busy", "doctor"):
        client = client_of(dataset[person])
        for route, model, change in CHANGES:
            row = model.objects.live().filter(owner=dataset[person]).first()
            url = reverse(route, kwargs={"pk": row.pk})
            client.get(url)
            with work() as amount:
                answers = [client.get(url), *([client.patch(url, change, format="json")] if change else [])]
            assert {answer.status_code for answer in answers} <= {200}, [answer.content for answer in answers]
            spent[person, route] = amount[0]
    assert not {case: amount for case, amount in spent.items() if amount > MOST_WORK}


def test_every_filter_of_the_api_has_a_case():
    cases = {(route, name) for route, _, query in CASES for name in (query or [""])}
    filters = set()
    for _, viewset, basename in router.registry:
        filterset = getattr(viewset, "whole_filterset_class", None) or getattr(viewset, "filterset_class", None)
        filters |= {(f"{basename}-list", name) for name in ["", *(filterset.base_filters if filterset else [])]}
    assert filters - cases == WORD_SEARCHES


def test_every_filter_and_order_of_the_admin_has_a_case():
    cases = {(model, name.split("__")[0]) for model, _, query in ADMIN for name in (query or [""])}
    filters = {(model, name) for model, page in admin.site._registry.items() for name in ["", "q", *filter_names(page)]}
    assert filters == cases


def filter_names(page):
    """Return the names of query parameters that filter or order a list of the admin, beside a search."""
    names = {getattr(each, "parameter_name", each) for each in page.list_filter}
    return names | {*page.link_columns} | ({"o"} if page.sortable_by else set())
