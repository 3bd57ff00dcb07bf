"""An index stands behind every filter and every order: what a page costs does not grow with its table.

Counted is the work, not the time: rows that PostgreSQL's plan touched, instructions that SQLite's machine ran.
"""

from itertools import product
from unittest.mock import patch

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.urls import reverse

from harrison.urls import router
from imagery.models import Image, Patient, Series, Study
from label.models import Annotation
from tests.kit.cases import failures
from tests.kit.counting import work
from tests.kit.crowd import settle
from tests.kit.questions import ADMIN, CASES, LOOK_UPS, POSTGRESQL, WORDS

# A hundred thousand rows of everything are many: the gate asks PostgreSQL, where large installations keep theirs.
pytestmark = [pytest.mark.slow, pytest.mark.on_both if POSTGRESQL else pytest.mark.soak]

# A page of 50 rows of the dearest list takes about half of this; reading a table of 100,000 takes far more.
MOST = {"sqlite": 200_000, "postgresql": 12_000}  # instructions, rows
# SQLite keeps no histogram: for a value that is rare in all it reads what a person owns, here half of everything.
OWNED = {"sqlite": 400_000, "postgresql": 12_000}


@pytest.fixture(scope="module")
def crowd(django_db_setup, django_db_blocker):
    """The crowd, of whom no test leaves anything behind; their constraints are checked once, not after each test."""
    with django_db_blocker.unblock(), transaction.atomic():
        settled = settle()
        with patch.object(connection, "check_constraints"):
            yield settled
        transaction.set_rollback(True)


def asked_of(client, where, asked, crowd):
    """What it takes to answer this, once what is read once has been read."""
    named = {name: str(getattr(row, "pk", row)) for name, row in crowd.items()}
    query = {name: str(value).format(**named) for name, value in asked.items()}
    client.get(where, query)
    with work() as spent:
        answer = client.get(where, query)
    assert answer.status_code == 200, answer.content
    return spent[0]


def most(who):
    return (OWNED if who == "busy" else MOST)[connection.vendor]


@pytest.fixture
def client_in(crowd, client_of):
    return lambda who: client_of(crowd[who])


def test_a_page_does_not_read_the_table(crowd, client_in):
    def check(case):
        route, who, asked = case
        assert asked_of(client_in(who), reverse(route), asked, crowd) <= most(who)

    assert failures(CASES, check) == {}


def test_a_page_of_the_admin_does_not_read_the_table(crowd, client_in):
    def check(case):
        model, who, asked = case
        where = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert asked_of(client_in(who), where, asked, crowd) <= most(who)

    assert failures(ADMIN, check) == {}


def test_a_look_up_in_the_admin_does_not_read_the_table(crowd, client_in):
    def check(case):
        model, field, who = case
        asked = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field}
        assert asked_of(client_in(who), reverse("admin:autocomplete"), asked, crowd) <= most(who)

    assert failures(LOOK_UPS, check) == {}


CHANGES = [
    ("patient-detail", Patient, {"sex": "F"}),
    ("study-detail", Study, {"description": "Once more"}),
    ("series-detail", Series, None),
    ("image-detail", Image, None),
    ("annotation-detail", Annotation, {"confidence": 0.5}),
]


def test_one_row_is_found_and_changed_without_reading_the_table(crowd, client_in):
    def check(case):
        who, (route, model, said) = case
        client = client_in(who)
        where = reverse(route, kwargs={"pk": model.objects.filter(owner=crowd[who])[0].pk})
        client.get(where)
        with work() as spent:
            answers = [client.get(where), *([client.patch(where, said, format="json")] if said else [])]
        assert {answer.status_code for answer in answers} <= {200, 409}, [answer.content for answer in answers]
        assert spent[0] <= most(who)

    assert failures(product(("busy", "doctor"), CHANGES), check) == {}


def test_every_filter_is_asked_here():
    asked = {(route, name) for route, _, query in CASES for name in (query or [""])}
    there = set()
    for _, viewset, basename in router.registry:
        filters = getattr(viewset, "whole_filterset_class", None) or getattr(viewset, "filterset_class", None)
        there |= {(f"{basename}-list", name) for name in ["", *(filters.base_filters if filters else [])]}
    assert there - asked == WORDS


def test_every_filter_and_order_of_the_admin_is_asked_here():
    asked = {(model, name.split("__")[0]) for model, _, query in ADMIN for name in (query or [""])}
    there = {(model, name) for model, each in admin.site._registry.items() for name in ["", "q", *names_of(each)]}
    assert there == asked


def names_of(each):
    """What a list of the admin can be asked by, beside a search."""
    filters = {getattr(one, "parameter_name", one) for one in each.list_filter}
    return filters | {*each.link_columns} | ({"o"} if each.sortable_by else set())
