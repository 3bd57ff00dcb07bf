"""Counts what a database does: rows that PostgreSQL's plan touched, instructions that SQLite's machine ran."""

import json
import re
from contextlib import contextmanager
from itertools import count

from django.db import connection
from psycopg import ClientCursor


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
    """The plan that the statement ran by; of one that PostgreSQL keeps, that which holds for all values."""
    session = connection.connection
    with session.cursor() as cursor:
        if session.prepare_threshold is None:
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", params)
            return plan_in(cursor)
    with ClientCursor(session) as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan", prepare=False)
        cursor.execute(f"PREPARE counted AS {numbered(sql)}", prepare=False)
        values = f"({', '.join(['%s'] * len(params))})" if params else ""
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE counted {values}", params, prepare=False)
        plan = plan_in(cursor)
        cursor.execute("DEALLOCATE counted", prepare=False)
        return plan


def plan_in(cursor):
    (told,) = cursor.fetchone()
    return (told if isinstance(told, list) else json.loads(told))[0]["Plan"]


def numbered(sql):
    """With $1, $2, … as places of values."""
    numbers = count(1)
    return re.sub("%s", lambda _: f"${next(numbers)}", sql)


def touched(plan):
    """Rows that a plan's scans have read, kept or not."""
    read = sum(plan.get(name, 0) for name in ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck"))
    mine = read * plan["Actual Loops"] if "Scan" in plan["Node Type"] else 0
    return mine + sum(touched(below) for below in plan.get("Plans", []))
