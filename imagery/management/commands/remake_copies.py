"""Makes research copies that are missing or that have another patient's pseudonym."""

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
from imagery.models import UNRELEASABLE, Image
from imagery.models.visibility import ImageQuerySet, copy_fits

BATCH_SIZE = 200  # images read at once
FAILED = "failed"


class Command(BaseCommand):
    help = (
        "Make the research copies that are missing, and remake those with the pseudonym of a former patient of the "
        "study. A released image is released again if its copy shows the same; everything else waits for its owner. "
        "You can stop it and run it again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--refused", action="store_true", help="Also try refused images again.")
        parser.add_argument(
            "--changed", action="store_true", help="Also remake copies of another project key or engine version."
        )
        parser.add_argument("--study", type=UUID, metavar="ID", help="Only images of this study.")
        parser.add_argument("--dry-run", action="store_true", help="Only count the copies to make.")

    def handle(self, *args: object, **options: Any) -> None:
        images = images_to_remake(options["refused"], options["changed"], options["study"])
        total = images.count()
        if options["dry_run"]:
            self.stdout.write(f"{total} research copies would be made.")
            return
        copies = track(in_batches(images), "Copies", total=total, console=terminal.make_console(self))
        states = Counter(self.remake(image) for image in copies)
        failed = states.pop(FAILED, 0)
        self.stdout.write(summarise(states))
        if failed:
            raise CommandError(f"{failed} copies could not be made. Fix the causes named above and run this again.")

    def remake(self, image: Image) -> str:
        """Remake one copy, and return the image's release state or `FAILED`."""
        try:
            return remake_copy(by=None, image=image).release_state
        except (Conflict, OSError) as exc:
            self.stderr.write(f"{image.pk}: {exc if isinstance(exc, Conflict) else exc.strerror}")
            return FAILED


def summarise(states: Counter[str]) -> str:
    if not states:
        return "No research copy needed to be remade."
    return f"{states.total()} remade: {', '.join(f'{number} {state}' for state, number in sorted(states.items()))}."


def images_to_remake(refused: bool, changed: bool, study: UUID | None) -> ImageQuerySet:
    wanted = ~copy_fits() | Q(research="")
    if not refused:
        wanted &= ~Q(release_state__in=UNRELEASABLE)
    if changed:
        current = {"key_id": research_copies.key_id(), "version": VERSION}
        same = {f"deidentification__manifest__{name}": value for name, value in current.items()}
        wanted |= ~Q(research="") & ~Q(**same)
    images: ImageQuerySet = Image.objects.filter(wanted)
    return images.filter(study=study) if study else images


def in_batches(images: ImageQuerySet) -> Iterator[Image]:
    """Yield each image once, with few in memory at a time."""
    ordered = images.select_related("study__patient", "owner").order_by("pk")
    batch = list(ordered[:BATCH_SIZE])
    while batch:
        yield from batch
        batch = list(ordered.filter(pk__gt=batch[-1].pk)[:BATCH_SIZE])
