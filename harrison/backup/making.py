"""How a snapshot is made."""

import errno
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from django.db import connection

from harrison.backup import manifest, postgresql, sqlite
from harrison.backup.bars import Bars
from harrison.backup.media import Media
from harrison.backup.naming import Named, of_now
from harrison.backup.snapshots import Entry, Snapshot, begun, finished, held
from harrison.copying import batches
from imagery.models import Image

TRIES = 200  # moments that are tried, should a copy that the rows name have gone before its bytes were taken
WORKERS = 4  # files at once
ROWS: dict[str, ModuleType] = {"sqlite": sqlite, "postgresql": postgresql}


@dataclass(frozen=True)
class Made:
    """A finished snapshot, and the files that were missing or altered in the installation."""

    snapshot: Snapshot
    manifest: manifest.Manifest
    faults: list[str]


def make(backup: Path, bars: Bars) -> Made:
    """A snapshot of this installation as it is now, while people work."""
    with held(backup):
        snapshot = begun(backup)
        media = Media(snapshot.media)
        files = 2 * Image.objects.count()
        for _ in bars.each("files", kept(media, of_now()), files):
            pass  # so that there is little left to be copied once the rows are taken
        told = settled(snapshot, media, bars, files)
        media.sync()
        described = manifest.described(snapshot, told.moment, told.files, len(told.faults))
        manifest.write(snapshot, described)
        return Made(finished(snapshot), described, told.faults)


@dataclass
class Taken:
    """What was told of the files while they were taken."""

    moment: datetime  # just before the rows were held
    files: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    gone: bool = False  # a file went although the rows of that moment name it


class Overtaken(Exception):
    """A file that the rows name went before its bytes were taken: another moment has to be found."""


def settled(snapshot: Snapshot, media: Media, bars: Bars, files: int) -> Taken:
    """Rows and bytes of a moment from which nothing has gone; of any moment, where people are too quick for that."""
    for _ in range(TRIES - 1):
        with suppress(Overtaken):
            return taken(snapshot, media, bars, files)
    return taken(snapshot, media, bars, files, last=True)


def taken(snapshot: Snapshot, media: Media, bars: Bars, files: int, *, last: bool = False) -> Taken:
    """The bytes that the rows of this moment name, at once, and then those rows. Raises `Overtaken` unless `last`."""
    told = Taken(datetime.now(UTC))
    with ROWS[connection.vendor].taken(snapshot.rows(connection.vendor), bars) as named:
        for entry in bars.each("files of the rows", snapshot.write(kept(media, named)), files):
            told.files[entry.field] += 1
            if entry.fault:
                told.faults.append(entry.fault)
                told.gone |= not entry.found and not named_of(entry).is_current()
        if told.gone and not last:
            raise Overtaken
    return told


def kept(media: Media, named: Iterable[Named]) -> Iterator[Entry]:
    """Take the bytes of files into the media, unless they are there already."""
    with ThreadPoolExecutor(WORKERS) as pool:
        for step in batches(iter(named)):
            yield from pool.map(lambda each: keep(media, each), step)


def keep(media: Media, named: Named) -> Entry:
    size, found = media.size(named.sha256), named.sha256
    if size is None:
        found, size = fetched(media, named)
    return Entry(named.field, named.image, named.name, named.sha256, found, size)


def fetched(media: Media, named: Named) -> tuple[str, int]:
    """The SHA-256 and the size of what the storage gives; nothing where it has no such file, or cannot read it."""
    try:
        file = named.room.storage.stream(named.name)
        with closing(file):
            return media.keep(file)
    except OSError as exc:
        if isinstance(exc, FileNotFoundError) or exc.errno == errno.EIO:
            return "", 0
        raise


def named_of(entry: Entry) -> Named:
    return Named(entry.field, entry.image, entry.name, entry.sha256)
