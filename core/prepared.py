"""Queries that nearly every request asks: their SQL is written once, and from then on only their values change.

Writing the SQL of a query takes Django several times as long as a database takes to find one row by a key.
"""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.models import Expression, Field, QuerySet
from django.db.models.sql.compiler import SQLCompiler


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


class Prepared:
    """A query of `values_list` with `Given` values in its filters."""

    def __init__(self, query: Callable[[], QuerySet]) -> None:
        self.query = query
        self.written: dict[str, tuple[SQLCompiler, str, tuple[Any, ...]]] = {}

    def ask(self, **values: Any) -> list[Any]:
        """The rows, their columns as the fields of Django give them. Raises `KeyError` for a value that is missing."""
        compiler, sql, params = self._written()
        with connection.cursor() as cursor:
            cursor.execute(sql, [each.bound(values) if isinstance(each, Given) else each for each in params])
            rows = cursor.fetchall()
        return list(compiler.results_iter([rows], tuple_expected=True))

    def _written(self) -> tuple[SQLCompiler, str, tuple[Any, ...]]:
        """For the kind of database that is asked."""
        if connection.vendor not in self.written:
            compiler = self.query().query.get_compiler(connection=connection)
            self.written[connection.vendor] = compiler, *compiler.as_sql()
        return self.written[connection.vendor]
