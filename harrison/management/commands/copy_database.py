"""Moves an installation to another database."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import environ
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections, transaction
from rich.progress import Progress

from core import terminal
from harrison import copying

TARGET = "target"


class Command(BaseCommand):
    help = (
        "Copy every table of this installation, history included, to an empty database, e.g. from SQLite to "
        "PostgreSQL, and prove that both hold the same: rows and SHA-256 of each table. Stop the server first; on "
        "SQLite nobody else can write meanwhile. Files are not copied: they stay where they are. Afterwards set "
        "DATABASE_URL to the new address."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", required=True, metavar="URL", help="e.g. postgres://harrison@db.example/harrison")
        parser.add_argument("--compare", action="store_true", help="Copy nothing; only prove that both are the same.")

    def handle(self, *args: Any, **options: Any) -> None:
        connect(options["to"])
        try:
            connections[TARGET].ensure_connection()
        except OperationalError as exc:
            raise CommandError(f"The database to copy to does not answer: {exc}") from exc
        if not options["compare"]:
            self.prepare()
        with transaction.atomic(), transaction.atomic(TARGET):
            if not options["compare"]:
                self.copy()
            self.compare()

    def prepare(self) -> None:
        """Make the tables. Whoever has rows of their own there keeps them."""
        call_command("migrate", database=TARGET, verbosity=0)
        taken = [
            model._meta.db_table
            for model in copying.tables()
            if model._meta.app_label not in MADE_BY_MIGRATIONS and copying.count(model, TARGET)
        ]
        if taken:
            raise CommandError(f"The database to copy to is not empty: {', '.join(taken)} have rows. Nothing was done.")

    def copy(self) -> None:
        copying.empty(TARGET)
        tables = copying.tables()
        with self.bar("copying", sum(copying.count(model, "default") for model in tables)) as done:
            for model in tables:
                copying.copy(model, "default", TARGET, done)
        copying.reset_sequences(TARGET)

    def compare(self) -> None:
        """Say of every table how many rows it has and what they hash to. Raises `CommandError` for a difference."""
        tables, different = copying.tables(), []
        with self.bar("comparing", 2 * sum(copying.count(model, "default") for model in tables)) as done:
            told = [(model._meta.db_table, *self.sides(model, done)) for model in tables]
        for table, rows, digest, same in sorted(told):
            self.stdout.write(f"{'same' if same else 'DIFFERS'}  {rows:>10,} rows  {digest[:16]}  {table}")
            different += [] if same else [table]
        if different:
            raise CommandError(f"Not the same: {', '.join(different)}. Nothing was kept.")
        self.stdout.write(f"{len(tables)} tables, history included, are the same in both databases.")

    def sides(self, model: Any, done: Callable[[int], None]) -> tuple[int, str, bool]:
        here, there = (copying.digest(model, database, done) for database in ("default", TARGET))
        return copying.count(model, "default"), here, here == there

    @contextmanager
    def bar(self, what: str, rows: int) -> Iterator[Callable[[int], None]]:
        with Progress(console=terminal.make_console(self), transient=True) as progress:
            task = progress.add_task(what, total=rows)
            yield lambda rows: progress.advance(task, rows)


MADE_BY_MIGRATIONS = ("contenttypes", "auth")


def connect(url: str) -> None:
    """Add the database at `url` to those that Django knows."""
    try:
        found = environ.Env.db_url_config(url)
    except (ValueError, environ.ImproperlyConfigured) as exc:
        raise CommandError(f"{url.split('@')[-1]} is not the address of a database.") from exc
    if "ENGINE" not in found:
        raise CommandError("--to needs an address such as postgres://user:password@host/name.")
    connections.settings[TARGET] = connections.configure_settings({"default": {}, TARGET: found})[TARGET]
