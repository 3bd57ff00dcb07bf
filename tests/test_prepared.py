"""Queries whose SQL is written once."""

import pytest
from django.db import connection
from django.db.models import CharField, DateTimeField, UUIDField
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.prepared import Given, Prepared
from label.models import Label
from tests import factories as make


@pytest.fixture
def named():
    """Labels of a name, in use."""
    return Prepared(
        lambda: (
            Label.objects.live()
            .filter(name=Given("name", CharField()), created_at__lt=Given("now", DateTimeField()))
            .values_list("pk", "name", "created_at")
        )
    )


def test_the_rows_are_what_django_would_give(named, label):
    assert named.ask(name=label.name, now=timezone.now()) == [(label.pk, label.name, label.created_at)]


def test_asked_again_with_other_values_it_finds_other_rows(named, label):
    other = make.LabelFactory(name="Effusion")
    named.ask(name=label.name, now=timezone.now())
    assert [pk for pk, *_ in named.ask(name=other.name, now=timezone.now())] == [other.pk]


def test_the_sql_is_written_once(named, monkeypatch):
    named.ask(name="", now=timezone.now())
    monkeypatch.setattr(named, "query", lambda: pytest.fail("written again"))
    named.ask(name="", now=timezone.now())


def test_it_is_one_statement(named):
    with CaptureQueriesContext(connection) as queries:
        named.ask(name="", now=timezone.now())
    assert len(queries) == 1


def test_a_value_that_looks_like_sql_is_a_value(named, label):
    assert named.ask(name="' OR 1=1 --", now=timezone.now()) == []


def test_a_value_that_is_missing_is_named(named):
    with pytest.raises(KeyError, match="now"):
        named.ask(name="")


def test_a_relation_takes_a_given_value(annotation):
    said = Prepared(lambda: annotation._meta.model.objects.filter(label=Given("label", UUIDField())).values_list("pk"))
    assert said.ask(label=annotation.label_id) == [(annotation.pk,)]
