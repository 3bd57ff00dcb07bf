"""Rows in PostgreSQL, by pg_dump and pg_restore. The environment tells them the password: everyone sees arguments."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import CommandError
from django.db import connection

from harrison import copying
from harrison.backup.bars import Bars
from harrison.backup.naming import COLUMNS, SELECT, TABLE, Named, of_rows

TOLD = 5  # last errors that a program named


@contextmanager
def taken(target: Path, bars: Bars) -> Iterator[Iterator[Named]]:
    """Give the files that the rows of this moment name, and at the end of the block dump those rows.

    The moment is exported from a transaction, which stays open meanwhile.
    """
    refuse_old_programs()
    raw = psycopg.connect(**{**parameters(), "autocommit": True})
    with raw:
        raw.isolation_level, raw.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
        with raw.transaction():
            moment = raw.execute("SELECT pg_export_snapshot()").fetchone()
            with raw.cursor(name="named") as rows:
                rows.execute(SELECT)
                yield of_rows(rows)
            with bars.bar("rows") as done:
                dump(target, moment[0] if moment else "", done)


def dump(target: Path, moment: str, done: Callable[[int, int], None]) -> None:
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={moment}", f"--file={target}"]
    run("pg_dump", [*options, "--verbose"], "dumping contents of table", done)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def named(rows: Path) -> Iterator[Named]:
    """The files that a dump names, read out of it without a database."""
    command = [program("pg_restore"), "--data-only", f"--table={TABLE}", "--file=-", str(rows)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603 - our own arguments
        lines = iter(process.stdout or ())
        yield from of_rows(columns(lines))
        for _ in lines:  # the rest, too: a program that finds nobody reading has failed
            pass
    if process.returncode:
        raise CommandError("The rows of the images cannot be read out of the dump.")


def columns(lines: Iterator[str]) -> Iterator[list[str]]:
    """`COLUMNS` of what stands between COPY and its end. Their values hold nothing that COPY has to escape."""
    for line in lines:
        if told := re.match(r"COPY \S+ \((.*)\) FROM stdin;", line):
            names = told[1].replace('"', "").split(", ")
            break
    else:
        return
    places = [names.index(column) for column in COLUMNS]
    for line in lines:
        if line.rstrip("\n") == r"\.":
            return
        values = line.rstrip("\n").split("\t")
        yield [values[place] for place in places]


def faults(rows: Path) -> list[str]:
    """What is wrong with a dump, as sentences."""
    command = [program("pg_restore"), "--list", str(rows)]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 - our own arguments
    if done.returncode:
        return [f"The rows cannot be read: {done.stderr.strip()}."]
    return [] if f"TABLE DATA public {TABLE} " in done.stdout else ["The rows of the images are not in the dump."]


def load(rows: Path, done: Callable[[int, int], None]) -> None:
    """Put a dump in the place of this installation's tables, which `restoring` has found to be empty."""
    ours = [*(model._meta.db_table for model in copying.tables()), "django_migrations"]
    with connection.cursor() as cursor:
        for table in ours:
            cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(table)} CASCADE")
    connection.close()
    options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", "--verbose"]
    name = str(parameters()["dbname"])
    run("pg_restore", [*options, f"--dbname={name}", str(rows)], "processing data for table", done)


def run(name: str, options: list[str], step: str, done: Callable[[int, int], None]) -> None:
    """Run a program, each table a step. Raises `CommandError` with what it said last."""
    total, steps, said = len(copying.tables()), 0, list[str]()
    with subprocess.Popen(  # noqa: S603 - our own arguments
        [program(name), *options], env=environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stderr or ():
            if ": error: " in line:  # what follows it, as DETAIL and CONTEXT, quotes rows
                said = [*said, line.strip()][-TOLD:]
            steps += step in line
            done(min(steps, total), total)
    if process.returncode:
        raise CommandError(f"{name} failed. It said: {' '.join(said)}")


def program(name: str) -> str:
    found = shutil.which(name)
    if not found:
        raise CommandError(
            f"{name} is not here: install PostgreSQL's client (Debian: apt-get install postgresql-client)."
        )
    return found


def refuse_old_programs() -> None:
    """A pg_dump does not read a server that is newer than itself."""
    said = subprocess.run([program("pg_dump"), "--version"], capture_output=True, text=True).stdout  # noqa: S603 - our own arguments
    ours = int(re.search(r"(\d+)", said.partition(")")[2])[1])  # type: ignore[index]  # "pg_dump (PostgreSQL) 15.8"
    connection.ensure_connection()
    theirs = connection.connection.info.server_version // 10000
    if ours < theirs:
        raise CommandError(f"The server is PostgreSQL {theirs}, pg_dump is {ours}: install postgresql-client-{theirs}.")


def parameters() -> dict[str, Any]:
    """How the database is reached, in the words of PostgreSQL's own library."""
    connection.ensure_connection()
    info = connection.connection.info
    return {**info.get_parameters(), "password": info.password}


def environment() -> dict[str, str]:
    """What pg_dump knows of how to reach the database."""
    names = {each.keyword.decode(): each.envvar.decode() for each in psycopg.pq.Conninfo.get_defaults() if each.envvar}
    told = {names[name]: str(value) for name, value in parameters().items() if name in names and value}
    return {**os.environ, **told}
