"""Which files the rows name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from imagery.models import Image
from imagery.reconciliation import Room, rooms

TABLE = Image._meta.db_table
COLUMNS = ("id", "original", "sha256", "research", "research_sha256")
# The latest first: what is worked on now has copies that may go before they are reached.
SELECT = f"SELECT {', '.join(COLUMNS)} FROM {TABLE} ORDER BY id DESC"  # noqa: S608 - our names
STEP = 2000


@dataclass(frozen=True)
class Named:
    """A file that a row names."""

    field: str
    image: str
    name: str
    sha256: str

    @property
    def room(self) -> Room:
        return next(room for room in rooms() if room.field == self.field)

    def is_current(self) -> bool:
        """Whether the row of now names it, too."""
        return Image.objects.filter(pk=self.image, **{self.field: self.name}).exists()


def of_rows(rows: Iterable[Any]) -> Iterator[Named]:
    """The files of rows that have `COLUMNS`."""
    for id, original, sha256, research, research_sha256 in rows:
        image = str(id).replace("-", "")
        yield Named("original", image, original, sha256)
        if research:
            yield Named("research", image, research, research_sha256)


def of_now() -> Iterator[Named]:
    """The files of the rows as they are, read in steps: no long transaction holds anybody up."""
    images = Image.objects.order_by("pk").values_list(*COLUMNS)
    step = list(images[:STEP])
    while step:
        yield from of_rows(step)
        step = list(images.filter(pk__gt=step[-1][0])[:STEP])
