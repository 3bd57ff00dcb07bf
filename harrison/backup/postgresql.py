"""The rows of an installation on PostgreSQL, by pg_dump and pg_restore.

The password reaches them in the environment, because every user of the machine can read arguments.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
from django.core.management.base import CommandError
from django.db import connection

from harrison import copying
from harrison.backup.files import COLUMNS, IMAGE_TABLE, LOGIN_TABLES, BackupFile, files_of_rows, sync_file

MAX_ERRORS = 5  # errors of a program that are shown, the last ones


class PostgreSQLRows:
    """A dump in pg_dump's custom format."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def dump(self) -> None:
        """Dump the database of this installation, at one moment."""
        without_logins = [f"--exclude-table-data={table}" for table in LOGIN_TABLES]
        run_client(
            "pg_dump", "--format=custom", "--no-owner", "--no-privileges", *without_logins, f"--file={self.path}"
        )
        sync_file(self.path)

    def load(self) -> None:
        """Replace the tables of this installation, which must be empty. Interrupted, it can be run again."""
        tables = [*(model._meta.db_table for model in copying.stored_models()), "django_migrations"]
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(table)} CASCADE")
        connection.close()
        options = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
        run_client("pg_restore", *options, str(self.path))

    def named_files(self) -> Iterator[BackupFile]:
        """Read the rows of images out of the dump, without a database."""
        command = [find_program("pg_restore"), "--data-only", f"--table={IMAGE_TABLE}", "--file=-", str(self.path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603 - our own arguments
            lines = iter(process.stdout or ())
            yield from files_of_rows(parse_copy(lines))
            for _ in lines:  # pg_restore fails if its output is not read to the end
                pass
        if process.returncode:
            raise CommandError("The rows of the images cannot be read from the dump.")

    def damage(self) -> Iterator[str]:
        """Give a sentence if the dump cannot be read or lacks the images."""
        command = [find_program("pg_restore"), "--list", str(self.path)]
        listing = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 - our own arguments
        if listing.returncode:
            yield f"The rows cannot be read: {listing.stderr.strip()}."
        elif f"TABLE DATA public {IMAGE_TABLE} " not in listing.stdout:
            yield "The dump does not contain the images."


def parse_copy(lines: Iterator[str]) -> Iterator[list[str]]:
    """Give `COLUMNS` of the rows between COPY and its end. Their values contain nothing that COPY escapes."""
    for line in lines:
        if start := re.match(r"COPY \S+ \((.*)\) FROM stdin;", line):
            names = start[1].replace('"', "").split(", ")
            break
    else:
        return
    positions = [names.index(column) for column in COLUMNS]
    for line in lines:
        if line.rstrip("\n") == r"\.":
            return
        values = line.rstrip("\n").split("\t")
        yield [values[position] for position in positions]


def run_client(name: str, *options: str) -> None:
    """Run a program of PostgreSQL on this database. Raises `CommandError` with its last errors.

    Lines after an error, such as DETAIL and CONTEXT, are left out: they quote rows.
    """
    connection.ensure_connection()
    command = [find_program(name), f"--dbname={connection.connection.info.dbname}", *options]
    done = subprocess.run(command, env=client_environment(), stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own arguments
    if done.returncode:
        errors = [line.strip() for line in done.stderr.splitlines() if ": error: " in line]
        raise CommandError(f"{name} failed; it must not be older than the server. {' '.join(errors[-MAX_ERRORS:])}")


def find_program(name: str) -> str:
    path = shutil.which(name)
    if not path:
        raise CommandError(
            f"{name} is missing: install PostgreSQL's client (Debian: apt-get install postgresql-client)."
        )
    return path


def client_environment() -> dict[str, str]:
    """Return the environment with everything that leads to the database, the password included.

    psycopg may come with a newer libpq than pg_dump: unknown variables are ignored, unknown options are refused.
    """
    connection.ensure_connection()
    info = connection.connection.info
    defaults = psycopg.pq.Conninfo.get_defaults()
    variables = {option.keyword.decode(): option.envvar.decode() for option in defaults if option.envvar}
    parameters = info.get_parameters() | {"password": info.password}
    own = {variables[name]: str(value) for name, value in parameters.items() if name in variables and value}
    return {**os.environ, **own}
