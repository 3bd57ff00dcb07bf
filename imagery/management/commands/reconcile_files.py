"""Finds and repairs files and rows that do not agree."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import track

from core import terminal
from core.exceptions import Conflict, DependencyDown
from imagery import reconciliation
from imagery.actions.repairs import repair
from imagery.files import FileColumns, file_columns
from imagery.models import Image
from imagery.reconciliation import Finding


class Command(BaseCommand):
    help = (
        "Find files that no image names, images whose file is missing or altered, and files that were never completed. "
        "It may run while Harrison works: files younger than an hour are left alone. Run it every hour with --fix "
        "--days 2, and now and then without --days. It exits with 1 if it found something and did not repair it."
    )
    console: Console

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--fix",
            action="store_true",
            help="Move files that no image names to lost+found, delete files that were never completed and research "
            "copies that were replaced a week ago, and remake missing or altered research copies. Only a backup can "
            "bring back an original.",
        )
        parser.add_argument(
            "--days", type=int, metavar="N", help="Only look for unnamed files among those of the last N days."
        )
        parser.add_argument("--no-hash", action="store_true", help="Do not read the files, only check that they exist.")
        parser.add_argument(
            "--fix-empty", action="store_true", help="Repair although a storage is empty: it is lost, not unmounted."
        )

    def handle(self, *args: object, **options: Any) -> None:
        self.console = terminal.make_console(self, soft_wrap=True, markup=False, highlight=False)
        try:
            if options["fix"] and not options["fix_empty"]:
                refuse_empty_storage()
            findings = (
                self.find_recent(options["days"]) if options["days"] else self.find(hashed=not options["no_hash"])
            )
            repaired = [self.report(finding, fix=options["fix"]) for finding in findings]
            deleted = reconciliation.delete_replaced_copies() if options["fix"] else 0
        except DependencyDown as exc:
            raise CommandError(f"{exc} {exc.__cause__}") from exc
        if deleted:
            self.console.print(f"{deleted} replaced research copies deleted.")
        if not all(repaired):
            raise CommandError(f"{repaired.count(False)} of {len(repaired)} findings are not repaired.")
        self.console.print(f"{len(repaired)} repaired." if repaired else "Files and rows agree.")

    def find_recent(self, days: int) -> Iterator[Finding]:
        for columns in file_columns():
            yield from self.find_in_storage(columns, reconciliation.recent_folders(days))

    def find(self, *, hashed: bool) -> Iterator[Finding]:
        for columns in file_columns():
            yield from self.find_in_storage(columns, list(columns.storage.folders()))
        images = Image.objects.order_by("pk").values("id", "original", "sha256", "research", "research_sha256")
        for image in track(images.iterator(), "images", total=images.count(), console=self.console):
            yield from reconciliation.find_faults(image, hashed=hashed)

    def find_in_storage(self, columns: FileColumns, folders: list[str]) -> Iterator[Finding]:
        for folder in track(folders, columns.name, console=self.console):
            yield from reconciliation.find_orphans(columns, folder)
        yield from reconciliation.find_leftovers(columns)

    def report(self, finding: Finding, *, fix: bool) -> bool:
        """Print a finding, repair it if wanted, and return whether it is repaired."""
        if not fix:
            self.console.print(str(finding))
            return False
        try:
            outcome, repaired = repair(by=None, finding=finding), True
        except (Conflict, OSError) as exc:
            outcome, repaired = f"NOT REPAIRED. {exc}", False
        self.console.print(f"{finding} · {outcome}")
        return repaired


def refuse_empty_storage() -> None:
    """Raise `CommandError` if rows name files of a storage that has none: it may not be mounted."""
    for columns in file_columns():
        named = Image.objects.exclude(**{columns.name: ""}).exists()
        if named and not any(True for folder in columns.storage.folders() for _ in columns.storage.stored(folder)):
            raise CommandError(
                f"The storage of every {columns.name} is empty. Check that it is mounted and that it is the right one. "
                "If it is lost, repeat this with --fix-empty."
            )
