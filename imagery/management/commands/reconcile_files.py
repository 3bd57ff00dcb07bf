"""Names what does not agree between files and rows, and mends it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.progress import track

from core import terminal
from core.exceptions import Conflict, DependencyDown
from imagery.actions.mending import mend
from imagery.reconciliation import Finding, rooms


class Command(BaseCommand):
    help = (
        "Name files without an image, images without a file, files whose bytes are not those that were stored, and "
        "arrivals that never came to their end. It may run at any time beside Harrison; a file younger than an hour is "
        "left alone. Ends with 1 when something is wrong and not mended."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--fix",
            action="store_true",
            help="Move what nobody points at to lost+found, and make lost or damaged research copies anew. An original "
            "comes back from a backup alone.",
        )
        parser.add_argument(
            "--no-hash", action="store_true", help="Do not read the files, only see that they are there."
        )
        parser.add_argument(
            "--fix-empty", action="store_true", help="Mend although a storage is empty: it is lost, not unmounted."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.console = terminal.make_console(self, soft_wrap=True, markup=False, highlight=False)
        try:
            if options["fix"] and not options["fix_empty"]:
                refuse_empty()
            mended = [self.judged(finding, fix=options["fix"]) for finding in self.found(hashed=not options["no_hash"])]
        except DependencyDown as exc:
            raise CommandError(f"{exc} {exc.__cause__}") from exc
        if not all(mended):
            raise CommandError(f"{mended.count(False)} of {len(mended)} findings are not mended.")
        self.console.print(f"{len(mended)} mended." if mended else "Files and rows agree.")

    def found(self, *, hashed: bool) -> Any:
        for room in rooms():
            for folder in track(room.folders(), room.field, console=self.console):
                yield from room.findings(folder, hashed=hashed)
            yield from room.leftovers()

    def judged(self, finding: Finding, *, fix: bool) -> bool:
        """Whether it has been mended."""
        if not fix:
            self.console.print(str(finding))
            return False
        try:
            done, mended = mend(by=None, finding=finding), True
        except (Conflict, OSError) as exc:
            done, mended = f"NOT MENDED. {exc}", False
        self.console.print(f"{finding} · {done}")
        return mended


def refuse_empty() -> None:
    for room in rooms():
        if room.images().exists() and room.is_empty():
            raise CommandError(
                f"The storage of every {room.field} is empty: is it mounted, is it the right one? If it is truly lost, "
                "repeat this with --fix-empty."
            )
