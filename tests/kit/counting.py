"""Counts what a database does: rows that PostgreSQL's plan touched, instructions that SQLite's machine ran."""

import json
from contextlib import contextmanager

from django.db import connection


@contextmanager
def work():
    """Counts what the database does in the block, into the list that it gives."""
    spent = [0]
    with (counting_rows if connection.vendor == "postgresql" else counting_instructions)(spent):
        yield spent


@contextmanager
def counting_instructions(spent):
    def tick():
        spent[0] += 1000

    connection.connection.set_progress_handler(tick, 1000)
    yield
    connection.connection.set_progress_handler(None, 0)


@contextmanager
def counting_rows(spent):
    def explained(execute, sql, params, many, context):
        if sql.startswith("SELECT"):
            spent[0] += touched(planned(sql, params or ()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        yield


def planned(sql, params):
    """The plan that the statement ran by."""
    with connection.connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", params)
        (plan,) = cursor.fetchone()
    return (plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]


def touched(plan):
    """Rows that a plan's scans have read, kept or not."""
    read = sum(plan.get(name, 0) for name in ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck"))
    mine = read * plan["Actual Loops"] if "Scan" in plan["Node Type"] else 0
    return mine + sum(touched(below) for below in plan.get("Plans", []))
