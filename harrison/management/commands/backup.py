"""Backs an installation up."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import terminal
from core.epilog import EpilogMixin
from core.exceptions import DependencyDown
from harrison.backup.bars import Bars
from harrison.backup.making import make

EPILOG = """
Rows and bytes of one moment, taken while people work. DEST holds any number of snapshots, which share their media, so
that each further one adds only what is new:

  manage.py backup /mnt/backups/harrison
  manage.py verify_backup /mnt/backups/harrison/snapshots/2026-11-24T05-03-02.123456Z
  manage.py restore /mnt/backups/harrison/snapshots/2026-11-24T05-03-02.123456Z

There is no key in a backup: keep HARRISON_IDENTITY_KEYS and HARRISON_PROJECT_KEY in a safe that is not where DEST is.
Without them nothing is restored. Names of patients are in it sealed; images are in it as they came, so guard it as you
guard them. Thumbnails are not in it: they are made anew.

Bytes that are in DEST already are not read again: `verify_backup` reads those, and `reconcile_files` those of the
installation. Run both now and then.

A snapshot counts once its folder has lost `.incomplete` from its name. To forget one, remove its folder; media stay.
On PostgreSQL pg_dump has to be there, no older than the server (Debian: apt-get install postgresql-client).
Exit code: 0 all is in it, 1 a file that was to be read is missing or altered (everything else is in it), or no backup.
"""


class Command(EpilogMixin, BaseCommand):
    help = "Take a snapshot of this installation, rows and bytes, into the folder DEST."
    epilog = EPILOG

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dest", type=Path, help="A folder for backups; made if it is not there.")

    def handle(self, *args: Any, **options: Any) -> None:
        os.umask(0o077)
        try:
            made = make(options["dest"].resolve(), Bars(terminal.raw_stdout(self)))
        except DependencyDown as exc:
            raise CommandError(f"{exc} No snapshot was made. {exc.__cause__}") from exc
        except OSError as exc:
            raise CommandError(f"No snapshot was made: {exc}") from exc
        for fault in made.faults:
            self.stderr.write(fault)
        files = ", ".join(f"{number:,} {field}" for field, number in sorted(made.manifest.files.items()))
        self.stdout.write(f"{made.snapshot.folder}: the rows, and of files {files or 'none'}. It holds no key.")
        if made.faults:
            raise CommandError(
                f"{len(made.faults)} files of this installation are missing or altered: reconcile_files tells more."
            )
