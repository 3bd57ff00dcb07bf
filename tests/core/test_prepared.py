"""Queries whose SQL is written once."""

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.db.models import CharField, DateTimeField, UUIDField
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.models import new_id
from core.prepared import Given, Prepared
from label.models import Annotation, Label
from tests.kit import factories as make
from tests.kit.needs import on_postgresql

pytestmark = pytest.mark.on_both


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


@pytest.fixture
def by_id():
    return Prepared(lambda: Label.objects.filter(pk=Given("pk", UUIDField())))


def test_objects_are_as_django_makes_them(by_id, label):
    [found] = by_id.ask(pk=label.pk)
    assert (found, found.name, found._state.adding) == (label, label.name, False)


def test_what_is_read_with_a_row_is_read_with_it(annotation):
    found = Prepared(lambda: Annotation.objects.filter(pk=Given("pk", UUIDField())).select_related("label"))
    with CaptureQueriesContext(connection) as queries:
        assert found.ask(pk=annotation.pk)[0].label == annotation.label
    assert len(queries) == 1


def test_nothing_is_found_where_nothing_may_be(label):
    assert Prepared(lambda: Label.objects.none()).ask() == []


def test_a_lock_that_no_transaction_would_end_is_refused(label, monkeypatch):
    locked = Prepared(lambda: Label.objects.select_for_update().filter(pk=Given("pk", UUIDField())))
    assert locked.ask(pk=label.pk) == [label]
    with monkeypatch.context() as patched, pytest.raises(transaction.TransactionManagementError):
        patched.setattr(connections["default"], "in_atomic_block", False)
        locked.ask(pk=label.pk)


@on_postgresql
def test_postgresql_keeps_what_is_asked_this_way_and_nothing_else(by_id, label):
    kept = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%label_label%%'"
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
        for _ in range(7):
            by_id.ask(pk=label.pk)
            Label.objects.get(pk=label.pk)
        cursor.execute(kept)
        assert cursor.fetchone() == (1,)


@pytest.fixture
def apart():
    """This thread speaks to the database by a connection that no test's transaction is open on; gives another one."""
    fresh, other = connection.copy(), connection.copy()
    own, connections["default"] = connections["default"], fresh
    yield other
    connections["default"] = own
    for each in (fresh, other):
        each.close()


@pytest.fixture
def widened(by_id, apart):
    """A column has changed since it was asked for, as a migration does while servers of before still answer."""
    by_id.ask(pk=new_id())
    with apart.cursor() as cursor:
        cursor.execute("ALTER TABLE label_label ALTER COLUMN name TYPE varchar(300)")
        yield
        cursor.execute("ALTER TABLE label_label ALTER COLUMN name TYPE varchar(200)")


@on_postgresql
def test_a_column_that_changes_meanwhile_stops_no_reading(by_id, widened):
    assert by_id.ask(pk=new_id()) == []


@on_postgresql
def test_in_a_transaction_it_is_as_of_a_database_that_is_busy_for_once(by_id, widened):
    with pytest.raises(OperationalError), transaction.atomic():  # answered as a 503: try again
        by_id.ask(pk=new_id())
    with transaction.atomic():
        assert by_id.ask(pk=new_id()) == []


@on_postgresql
def test_what_is_kept_stands_in_django_s_log_with_its_values(by_id):
    id = new_id()
    with CaptureQueriesContext(connection) as queries:
        by_id.ask(pk=id)
    assert id.hex in queries[0]["sql"]
