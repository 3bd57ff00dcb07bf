"""Queries that nearly every request asks: their SQL is written once, and from then on only their values change.

Writing the SQL of a query takes Django several times as long as a database takes to find one row by a key.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from copy import copy
from dataclasses import dataclass
from threading import Lock
from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, NotSupportedError, OperationalError, connections
from django.db.models import Expression, Field, QuerySet, UUIDField
from django.db.models.sql.compiler import SQLCompiler
from django.db.transaction import TransactionManagementError


class Given(Expression):
    """A value that is not known when the SQL is written: `ask` is told it by this name."""

    def __init__(self, name: str, output_field: Field) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> Any:
        return "%s", (self,)

    def bound(self, values: dict[str, Any], connection: Any) -> Any:
        """The value as the database takes it."""
        return self.output_field.get_db_prep_value(values[self.name], connection)


@dataclass(frozen=True)
class Somebody:
    """Stands for whoever asks while SQL is written: what SQL depends on is known, who it is will be given."""

    is_superuser: bool
    roles: frozenset[str]
    teams: int | None = None  # how many share something with them; unknown where no list or row depends on it
    few: bool = False  # of a list: whether their rows are few among many

    @property
    def pk(self) -> Given:
        return Given("user", UUIDField())

    @property
    def sharing_teams(self) -> list[Given]:
        if self.teams is None:
            raise TypeError("This queryset's `standing_for` does not say how many teams there are.")
        return [Given(f"team_{number}", UUIDField()) for number in range(self.teams)]


class Prepared:
    """A query with `Given` values in its filters; of a `search` PostgreSQL makes the plan anew for its values."""

    def __init__(self, query: Callable[[], QuerySet], *, search: bool = False) -> None:
        self.query, self.search = query, search
        self.written: dict[str, tuple[QuerySet, SQLCompiler, str, tuple[Any, ...]]] = {}
        self.writing = Lock()  # two threads that write the SQL of one queryset at once would spoil it

    def ask(self, **values: Any) -> list[Any]:
        """The rows as the query would give them: objects, or what it names.

        Raises `KeyError` for a value that is missing, `TransactionManagementError` for a lock that nothing would end.
        """
        here = connections[DEFAULT_DB_ALIAS]
        with nullcontext() if self.search else kept_by_server(here):
            return fetched(self._told(values, here), here)

    def _told(self, values: dict[str, Any], here: Any) -> QuerySet:
        """The query with these values, whose compiler says what was written once."""
        rows, written, sql, params = self._written(here)
        if rows.query.select_for_update and not here.in_atomic_block:
            raise TransactionManagementError("A row is locked until a transaction ends, and there is none.")
        told = tuple(each.bound(values, here) if isinstance(each, Given) else each for each in params)
        asked, compiler = rows.all(), cast(Any, copy(written))
        compiler.connection, compiler.as_sql = here, lambda *_, **__: (sql, told)
        cast(Any, asked.query).get_compiler = lambda *_, **__: compiler
        return asked

    def _written(self, here: Any) -> tuple[QuerySet, SQLCompiler, str, tuple[Any, ...]]:
        """For the kind of database that is asked."""
        with self.writing:
            if here.vendor not in self.written:
                rows = self.query()
                compiler = rows.query.get_compiler(connection=here, elide_empty=False)
                self.written[here.vendor] = rows, compiler, *compiler.as_sql()
        return self.written[here.vendor]


def fetched(rows: QuerySet, connection: Any) -> list[Any]:
    """Asked again where PostgreSQL says that a column has changed since it kept the statement.

    In a transaction it cannot be asked again: that raises `OperationalError`, as of a database that is busy for a
    moment, and the ROLLBACK makes the driver forget what was kept.
    """
    try:
        return list(rows)
    except NotSupportedError as exc:
        if connection.vendor != "postgresql":
            raise
        if connection.in_atomic_block:
            raise OperationalError("A column has changed while this was asked.") from exc
        connection.connection.execute("DEALLOCATE ALL")
        return list(rows)


@contextmanager
def kept_by_server(connection: Any) -> Iterator[None]:
    """What is asked here PostgreSQL keeps, and in time with one plan for all values: that serves look-ups by a key.

    A search is not asked here: who owns few rows needs another plan than who owns half of them. Django's own cursor
    writes the values into the statement, so that PostgreSQL plans for them.
    """
    if connection.vendor != "postgresql":
        yield
        return
    from django.db.backends.postgresql.base import ServerBindingCursor  # needs the driver

    connection.ensure_connection()
    session, features = connection.connection, connection.features
    usual = session.cursor_factory, session.prepare_threshold, features.uses_server_side_binding
    session.cursor_factory, session.prepare_threshold, features.uses_server_side_binding = ServerBindingCursor, 0, True
    try:
        yield
    finally:
        session.cursor_factory, session.prepare_threshold, features.uses_server_side_binding = usual
