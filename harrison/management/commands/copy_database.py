"""Copy an installation to another database."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import environ
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections, transaction
from django.db.models import Model
from rich.progress import Progress

from core import terminal
from harrison import copying

TARGET = "target"


class Command(BaseCommand):
    help = (
        "Copy every table of this installation, history included, to an empty database, for example from SQLite to "
        "PostgreSQL. Then prove that both hold the same: number of rows and SHA-256 of each table. Stop the server "
        "first. Files are not copied. Afterwards set DATABASE_URL to the new address."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--to",
            required=True,
            metavar="URL",
            help="Address of the new database, for example postgres://harrison@db.example/harrison.",
        )
        parser.add_argument("--compare", action="store_true", help="Copy nothing. Only prove that both hold the same.")

    def handle(self, *args: object, **options: Any) -> None:
        add_target(options["to"])
        try:
            connections[TARGET].ensure_connection()
        except OperationalError as exc:
            raise CommandError(f"The database to copy to does not answer: {exc}") from exc
        if not options["compare"]:
            create_tables()
        with transaction.atomic(), transaction.atomic(TARGET):
            if not options["compare"]:
                self.copy()
            self.compare()

    def copy(self) -> None:
        copying.delete_all_rows(TARGET)
        models = copying.stored_models()
        with self.progress_bar("copying", sum(copying.count_rows(model, "default") for model in models)) as advance:
            for model in models:
                copying.copy_table(model, "default", TARGET, advance)
        copying.reset_sequences(TARGET)

    def compare(self) -> None:
        """Print rows and digest of every table. Raises `CommandError` if one differs."""
        models, different = copying.stored_models(), []
        counts = {model: copying.count_rows(model, "default") for model in models}
        with self.progress_bar("comparing", 2 * sum(counts.values())) as advance:
            digests = {model: hash_both_sides(model, advance) for model in models}
        for model in sorted(models, key=lambda model: model._meta.db_table):
            (source, target), table = digests[model], model._meta.db_table
            verdict = "same" if source == target else "DIFFERS"
            self.stdout.write(f"{verdict}  {counts[model]:>10,} rows  {source[:16]}  {table}")
            different += [table] if source != target else []
        if different:
            raise CommandError(f"These tables differ: {', '.join(different)}. Nothing was copied.")
        self.stdout.write(f"All {len(models)} tables, history included, are the same in both databases.")

    @contextmanager
    def progress_bar(self, description: str, rows: int) -> Iterator[Callable[[int], None]]:
        """Give a function that is called with the number of rows that were done."""
        with Progress(console=terminal.make_console(self), transient=True) as progress:
            task = progress.add_task(description, total=rows)
            yield lambda rows: progress.advance(task, rows)


def add_target(url: str) -> None:
    """Make the database at `url` known to Django."""
    try:
        database = environ.Env.db_url_config(url)
    except (ValueError, environ.ImproperlyConfigured) as exc:
        raise CommandError(f"{url.split('@')[-1]} is not the address of a database.") from exc
    if "ENGINE" not in database:
        raise CommandError("--to needs an address such as postgres://user:password@host/name.")
    connections.settings[TARGET] = connections.configure_settings({"default": {}, TARGET: database})[TARGET]


def create_tables() -> None:
    """Create the tables in the new database, unless it is in use."""
    call_command("migrate", database=TARGET, verbosity=0)
    filled = copying.tables_with_rows(TARGET)
    if filled:
        raise CommandError(f"The database to copy to is not empty: {', '.join(filled)} have rows. Nothing was done.")


def hash_both_sides(model: type[Model], advance: Callable[[int], None]) -> tuple[str, str]:
    return copying.hash_table(model, "default", advance), copying.hash_table(model, TARGET, advance)
