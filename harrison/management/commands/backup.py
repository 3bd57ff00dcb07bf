"""Back up an installation."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import terminal
from core.epilog import EpilogMixin
from core.exceptions import DependencyDown
from harrison.backup.making import make_snapshot

EPILOG = """
The snapshot is of one moment and can be taken while people work. DEST holds any number of snapshots, which share their
media, so each further one adds only new files:

  manage.py backup /mnt/backups/harrison
  manage.py verify_backup /mnt/backups/harrison/snapshots/2026-11-24T05-03-02.123456Z
  manage.py restore /mnt/backups/harrison/snapshots/2026-11-24T05-03-02.123456Z

A backup contains no key. Keep HARRISON_IDENTITY_KEYS and HARRISON_PROJECT_KEY in a safe, apart from DEST: without them
nothing can be restored. A backup contains the identity of patients (encrypted) and their images (not encrypted), so
protect it like the installation. Thumbnails are left out; they are drawn again.

Bytes that are in DEST already are not read again: `verify_backup` checks those, and `reconcile_files` checks the files
of the installation. Run both regularly.

A snapshot is complete when its folder has lost `.incomplete` from its name. To delete one, remove its folder; its
media stay. On PostgreSQL, pg_dump must be installed and not older than the server (Debian: postgresql-client).

Exit code: 0 the backup is complete; 1 a file of the installation is missing or altered (the backup holds everything
else), or no snapshot was made.
"""


class Command(EpilogMixin, BaseCommand):
    help = "Take a snapshot of this installation, rows and files, into the folder DEST."
    epilog = EPILOG

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dest", type=Path, help="The folder for backups. Created if it does not exist.")

    def handle(self, *args: object, **options: Any) -> None:
        os.umask(0o077)
        try:
            snapshot, manifest = make_snapshot(options["dest"].resolve(), terminal.make_console(self))
        except DependencyDown as exc:
            raise CommandError(f"{exc} No snapshot was made. {exc.__cause__}") from exc
        except OSError as exc:
            raise CommandError(f"No snapshot was made: {exc}") from exc
        for fault in snapshot.faults():
            self.stderr.write(fault)
        files = ", ".join(f"{number:,} {field}" for field, number in sorted(manifest.files.items()))
        self.stdout.write(f"{snapshot.folder}: all rows, and these files: {files or 'none'}. It contains no key.")
        if manifest.faults:
            raise CommandError(
                f"{manifest.faults} files of this installation are missing or altered: run reconcile_files."
            )
