"""Brings an installation back from a snapshot."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import terminal
from core.epilog import EpilogMixin
from core.exceptions import DependencyDown
from harrison.backup import manifest, restoring, verifying
from harrison.backup.bars import Bars
from harrison.backup.snapshots import Snapshot

EPILOG = """
What you need: Harrison of the same version or a newer one, installed and not in use; a database of the same kind, empty
or freshly migrated; the storage empty; and the HARRISON_IDENTITY_KEYS and HARRISON_PROJECT_KEY of the installation that
was backed up. Do not serve meanwhile.

The snapshot is verified first. Then come the files, then the rows, all at once: broken off before that, run it again.
Everybody logs in again, for whoever has logged out since the snapshot shall not be in. At the end rows and files are
held against each other. What happened after the snapshot is gone: tell people from when to when. What was taken away
since is given again, to research too: the end says what has to be done once more before research comes in.
Exit code: 0 everything is back, 1 it says why not, or which file was missing in the snapshot. That a snapshot does not
fit, or that the installation is in use, is said before anything is done.
"""

MISSING = """
What was done after {since} is missing. BEFORE RESEARCH COMES IN, do once more what was done since:
  boxes that were drawn: research has the copy from before, perhaps with a name in its pixels, released
  consent that was withdrawn, studies that got another patient, images and studies that were archived or unshared
  roles, places in teams and accounts that were taken away
docs/deploy.md says how to keep research out meanwhile, and where to read what was done."""


class Command(EpilogMixin, BaseCommand):
    help = "Make this empty installation the one that a snapshot was taken of."
    epilog = EPILOG

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("snapshot", type=Path, help="DEST/snapshots/TIME, as `backup` has told.")

    def handle(self, *args: Any, **options: Any) -> None:
        snapshot, bars = Snapshot(options["snapshot"].resolve()), Bars(terminal.raw_stdout(self))
        described = manifest.read(snapshot)
        restoring.refuse_unfit(described)
        damaged = [*verifying.damage(snapshot, described, bars)]
        if damaged:
            raise CommandError(f"The snapshot is damaged, nothing was done. {' '.join(damaged[:5])}")
        try:
            files = restoring.restore(snapshot, described, bars)
        except DependencyDown as exc:
            raise CommandError(f"{exc} Run it again then. {exc.__cause__}") from exc
        self.stdout.write(f"Restored: the rows of {described.made_at} and {files:,} files. Everybody logs in again.")
        self.stdout.write(MISSING.format(since=described.made_at))
        for sentence in verifying.known_faults(snapshot):
            self.stderr.write(sentence)
        if restoring.missing_migrations(described):
            self.stdout.write("The rows are older than this Harrison: run migrate, then reconcile_files.")
            return
        call_command("reconcile_files", stdout=terminal.raw_stdout(self))
