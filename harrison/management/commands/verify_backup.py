"""Check a snapshot of a backup."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import terminal
from core.epilog import EpilogMixin
from harrison.backup.manifest import read_manifest
from harrison.backup.snapshots import Snapshot
from harrison.backup.verifying import find_damage

EPILOG = """
Checks the manifest and its seal, the digests of the rows and of the list of files, the rows themselves (SQLite's
integrity check, or the contents of the dump), every byte of the media, and that the files that the rows name are those
in the list. Writes nothing, and uses neither the database nor the storage of this installation.

The seal is checked with the HARRISON_PROJECT_KEY of the installation that was backed up.
If media are damaged, remove them: the next backup copies them again from the installation.
Restore a snapshot on another machine every quarter: only a restore proves a backup.
Exit code: 0 the snapshot is intact; 1 it is damaged, or files were missing already when it was made.
"""


class Command(EpilogMixin, BaseCommand):
    help = "Read a complete snapshot, and report what is damaged, missing or forged."
    epilog = EPILOG

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("snapshot", type=Path, help="DEST/snapshots/TIME, as `backup` printed it.")
        parser.add_argument(
            "--without-seal", action="store_true", help="Check digests only, if the project key is not at hand."
        )

    def handle(self, *args: object, **options: Any) -> None:
        snapshot = Snapshot(options["snapshot"].resolve())
        manifest = read_manifest(snapshot, sealed=not options["without_seal"])
        faults = find_damage(snapshot, manifest, terminal.make_console(self))
        faults = faults or [f"When this snapshot was made: {fault}" for fault in snapshot.faults()]
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError(f"{len(faults)} faults.")
        files = ", ".join(f"{number:,} {field}" for field, number in sorted(manifest.files.items())) or "no files"
        self.stdout.write(f"Intact: the rows of {manifest.made_at} ({manifest.vendor}), {files}.")
        if options["without_seal"]:
            self.stdout.write("The seal was not checked, so a forged snapshot would not be found.")
