"""Queries that nearly every request asks: their SQL is written once, and from then on only their values change.

Writing the SQL of a query takes Django several times as long as a database takes to find one row by a key.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Any, cast

from django.db import connection, connections
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

    def bound(self, values: dict[str, Any]) -> Any:
        """The value as the database takes it."""
        return self.output_field.get_db_prep_value(values[self.name], connection)


@dataclass(frozen=True)
class Somebody:
    """Stands for whoever asks while SQL is written: what SQL depends on is known, who it is will be given."""

    is_superuser: bool
    roles: frozenset[str]
    teams: int  # how many share something with them

    @property
    def pk(self) -> Given:
        return Given("user", UUIDField())

    @property
    def sharing_teams(self) -> list[Given]:
        return [Given(f"team_{number}", UUIDField()) for number in range(self.teams)]


class Prepared:
    """A query with `Given` values in its filters."""

    def __init__(self, query: Callable[[], QuerySet]) -> None:
        self.query = query
        self.written: dict[str, tuple[QuerySet, SQLCompiler, str, tuple[Any, ...]]] = {}

    def ask(self, **values: Any) -> list[Any]:
        """The rows as the query would give them: objects, or what it names.

        Raises `KeyError` for a value that is missing, `TransactionManagementError` for a lock that nothing would end.
        """
        rows, written, sql, params = self._written()
        if rows.query.select_for_update and not connection.in_atomic_block:
            raise TransactionManagementError("A row is locked until a transaction ends, and there is none.")
        told = tuple(each.bound(values) if isinstance(each, Given) else each for each in params)
        asked, compiler = rows.all(), cast(Any, copy(written))
        compiler.connection = connections[asked.db]
        compiler.as_sql = lambda *_, **__: (sql, told)
        cast(Any, asked.query).get_compiler = lambda *_, **__: compiler
        return list(asked)

    def _written(self) -> tuple[QuerySet, SQLCompiler, str, tuple[Any, ...]]:
        """For the kind of database that is asked."""
        if connection.vendor not in self.written:
            rows = self.query()
            compiler = rows.query.get_compiler(connection=connection, elide_empty=False)
            self.written[connection.vendor] = rows, compiler, *compiler.as_sql()
        return self.written[connection.vendor]
