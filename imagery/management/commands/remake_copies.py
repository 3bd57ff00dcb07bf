"""Makes the research copies that are missing, or that were made for somebody else."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from rich.progress import track

from core import terminal
from core.exceptions import Conflict
from dicom.deidentification.manifest import VERSION
from imagery import research_copies
from imagery.actions import remake_copy
from imagery.models import Image, Release
from imagery.models.visibility import ImageQuerySet, copy_fits

STEP = 200  # images read at once


class Command(BaseCommand):
    help = (
        "Make the research copies that are missing (of images from before there were any) and those that were made "
        "for another patient than their study now has. What was released comes back if it shows the same; everything "
        "else waits for its owner. It may be broken off and run again at any time: what is done is not done twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--refused", action="store_true", help="Try again what was refused, too.")
        parser.add_argument(
            "--changed", action="store_true", help="Copies made under another project key or by another engine, too."
        )
        parser.add_argument("--study", type=UUID, metavar="ID", help="Of this study alone.")
        parser.add_argument("--dry-run", action="store_true", help="Say how many there are, and change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        images = wanted(options["refused"], options["changed"], options["study"])
        total = images.count()
        if options["dry_run"]:
            self.stdout.write(f"{total} research copies would be made.")
            return
        console = terminal.make_console(self)
        became = Counter(self.remade(image) for image in track(each(images), "Copies", total=total, console=console))
        failed = became.pop("failed", 0)
        told = ", ".join(f"{number} {state}" for state, number in sorted(became.items()))
        self.stdout.write(f"{became.total()} images looked at again{': ' if told else ''}{told}.")
        if failed:
            raise CommandError(f"{failed} copies could not be made: mend what is said above, and run this again.")

    def remade(self, image: Image) -> str:
        """What became of an image."""
        try:
            return remake_copy(by=None, image=image).release_state
        except (Conflict, OSError) as exc:
            self.stderr.write(f"{image.pk}: {exc if isinstance(exc, Conflict) else exc.strerror}")
            return "failed"


def wanted(refused: bool, changed: bool, study: UUID | None) -> ImageQuerySet:
    """The images whose copies are to be made."""
    meant = ~copy_fits() | Q(research="")
    if not refused:
        meant &= ~Q(release_state=Release.REFUSED)
    if changed:
        ours = {"key_id": research_copies.key_id(), "version": VERSION}
        meant |= ~Q(research="") & ~Q(**{f"deidentification__manifest__{name}": told for name, told in ours.items()})
    images = Image.objects.filter(meant)
    return images.filter(study=study) if study else images


def each(images: ImageQuerySet) -> Iterator[Image]:
    """One after the other, a few in memory at a time, and none twice."""
    ordered = images.select_related("study__patient", "owner").order_by("pk")
    step = list(ordered[:STEP])
    while step:
        yield from step
        step = list(ordered.filter(pk__gt=step[-1].pk)[:STEP])
