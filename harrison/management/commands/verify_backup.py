"""Says whether a snapshot can be trusted."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import terminal
from core.epilog import EpilogMixin
from harrison.backup import manifest, verifying
from harrison.backup.bars import Bars
from harrison.backup.snapshots import Snapshot

EPILOG = """
Read in this order: the manifest and its seal, the digests of the rows and of the list of files, the rows themselves
(SQLite's integrity check, or the contents of the dump), every one of the media byte by byte, and whether the files that
the rows name are those that are there. Nothing is written, and neither database nor storage of this installation asked.

The seal is checked with the HARRISON_PROJECT_KEY of the installation that was backed up; digests without.
Where media are damaged, remove them: the next backup takes them anew, from the installation.
A backup that was never restored is a hope: restore one every quarter, on another machine.
Exit code: 0 it can be trusted, 1 it cannot, or files were missing already when it was made.
"""


class Command(EpilogMixin, BaseCommand):
    help = "Read a whole snapshot, and name what is damaged, missing or tampered with."
    epilog = EPILOG

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("snapshot", type=Path, help="DEST/snapshots/TIME, as `backup` has told.")
        parser.add_argument(
            "--without-seal", action="store_true", help="Check digests alone, where the project's key is not at hand."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        snapshot = Snapshot(options["snapshot"].resolve())
        described = manifest.read(snapshot, sealed=not options["without_seal"])
        found = [*verifying.damage(snapshot, described, Bars(terminal.raw_stdout(self)))]
        found += [] if found else verifying.known_faults(snapshot)
        for sentence in found:
            self.stderr.write(sentence)
        if found:
            raise CommandError(f"{len(found)} faults.")
        files = ", ".join(f"{number:,} {field}" for field, number in sorted(described.files.items())) or "no files"
        self.stdout.write(f"Whole: the rows of {described.made_at} ({described.vendor}), {files}.")
        if options["without_seal"]:
            self.stdout.write("The seal was not checked: whoever can write there may have changed all of it.")
