"""Restore an installation from a snapshot."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import terminal
from core.epilog import EpilogMixin
from core.exceptions import DependencyDown
from harrison.backup import restoring
from harrison.backup.manifest import read_manifest
from harrison.backup.snapshots import Snapshot
from harrison.backup.verifying import find_damage

EPILOG = """
You need: the same version of Harrison or a newer one, installed and not serving; a database of the same kind, empty or
freshly migrated; an empty storage; and the HARRISON_IDENTITY_KEYS and HARRISON_PROJECT_KEY of the installation that was
backed up.

The snapshot is verified first. Then the files are restored, then all rows at once. If it is interrupted, run it again.
At the end rows and files are compared. Everyone has to log in again.

Everything after the snapshot is lost: tell people from when to when. A restore undoes every redaction, withdrawal and
unshare made since the snapshot; researchers see the result at once. The output says what to repeat before you let
researchers in.
Exit code: 0 everything is restored; 1 the output says why not, or which file was missing in the snapshot. A snapshot
that does not fit, or an installation in use, is refused before anything is changed.
"""

LOST = """
Everything that people did after {since} is lost. A restore undoes every redaction, withdrawal and unshare made since
the snapshot; researchers see the result at once. BEFORE YOU LET RESEARCHERS IN, repeat what was done since then:
  redactions: the research copy from before is back, perhaps with a name in its pixels, and released
  withdrawn consent, studies moved to another patient, archived or unshared images and studies
  roles, team memberships and accounts that were removed
docs/deploy.md says how to keep researchers out meanwhile, and where to read what was done."""


class Command(EpilogMixin, BaseCommand):
    help = "Restore a snapshot into this empty installation."
    epilog = EPILOG

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("snapshot", type=Path, help="DEST/snapshots/TIME, as `backup` printed it.")

    def handle(self, *args: object, **options: Any) -> None:
        snapshot, console = Snapshot(options["snapshot"].resolve()), terminal.make_console(self)
        manifest = read_manifest(snapshot)
        restoring.refuse_unsuitable(manifest)
        damage = find_damage(snapshot, manifest, console)
        if damage:
            raise CommandError(f"The snapshot is damaged; nothing was done. {' '.join(damage[:5])}")
        try:
            files = restoring.restore_snapshot(snapshot, manifest, console)
        except DependencyDown as exc:
            raise CommandError(f"{exc} Then run this command again. {exc.__cause__}") from exc
        self.stdout.write(f"Restored the rows of {manifest.made_at} and {files:,} files. Everyone has to log in again.")
        self.stdout.write(LOST.format(since=manifest.made_at))
        for fault in snapshot.faults():
            self.stderr.write(f"When this snapshot was made: {fault}")
        if restoring.needs_migration(manifest):
            self.stdout.write("The rows are from an older Harrison: run migrate, then reconcile_files.")
            return
        call_command("reconcile_files", stdout=terminal.raw_stdout(self))
