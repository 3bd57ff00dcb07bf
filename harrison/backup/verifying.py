"""Whether a snapshot can be trusted."""

import hashlib
import json
from collections.abc import Iterable, Iterator

from harrison.backup import manifest
from harrison.backup.bars import Bars
from harrison.backup.making import ROWS
from harrison.backup.media import Media
from harrison.backup.snapshots import Snapshot


def damage(snapshot: Snapshot, described: manifest.Manifest, bars: Bars) -> Iterator[str]:
    """What is wrong with a snapshot, as sentences: its parts, its rows, each of its media, and whether they agree."""
    torn = [*damaged_parts(snapshot, described)]
    yield from torn
    if torn:
        return
    rows, module = snapshot.rows(described.vendor), ROWS[described.vendor]
    yield from module.faults(rows)
    yield from damaged_media(snapshot, described, bars)
    listed = ((entry.field, entry.name, entry.sha256) for entry in snapshot.entries())
    if total(listed) != total((each.field, each.name, each.sha256) for each in module.named(rows)):
        yield "The files that the rows name are not those that the snapshot lists."


def damaged_parts(snapshot: Snapshot, described: manifest.Manifest) -> Iterator[str]:
    for name, told in described.parts.items():
        path = snapshot.folder / name
        if not path.is_file():
            yield f"{name} is not there."
        elif manifest.part(path) != told:
            yield f"{name} is damaged: its bytes are not those that were written."


def damaged_media(snapshot: Snapshot, described: manifest.Manifest, bars: Bars) -> Iterator[str]:
    """Every one of the media is read and hashed."""
    media = Media(snapshot.media)
    for entry in bars.each("media", snapshot.entries(), sum(described.files.values())):
        fault = media.fault(entry.found) if entry.found else ""
        if fault:
            yield f"{fault} They are the {entry.field} of image {entry.image}."


def known_faults(snapshot: Snapshot) -> Iterator[str]:
    """What was wrong in the installation already when it was backed up."""
    return (f"When this was made: {entry.fault}" for entry in snapshot.entries() if entry.fault)


def total(things: Iterable[tuple[str, ...]]) -> int:
    """The same for the same things in whatever order, and in little memory: millions need not be sorted."""
    return sum(int.from_bytes(hashlib.sha256(json.dumps(thing).encode()).digest()) for thing in things)
