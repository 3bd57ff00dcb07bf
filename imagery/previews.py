"""Pictures of frames for people to look at: drawn once, and kept on this machine until others are used more.

A picture is named by the SHA-256 of what it was drawn from, by what was asked and by what drew it. So it is never
stale, and all who may see the same bytes share it. Who may is asked before: nothing here knows of people. A picture may
show what names a patient, so it lies where originals do, for the same eyes; no row names it and no backup has it.
"""

import hashlib
import logging
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import copy_context
from functools import cache, lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO

from django.conf import settings
from django.db.models.fields.files import FieldFile

from dicom import visits
from dicom.visits import render
from imagery import intake
from imagery.storage.cache import FileCache

QUICK = 2048 * 2048  # pixels of a frame; a larger one takes longer to draw than to copy
WAIT = 1.0  # seconds that an upload waits for its picture
logger = logging.getLogger(__name__)

LIBRARIES = (
    "numpy", "pillow", "pydicom", "python-gdcm", "pyjpegls", "pylibjpeg", "pylibjpeg-openjpeg", "pylibjpeg-rle",
)  # fmt: skip


def preview(file: FieldFile, sha256: str, **asked: Any) -> bytes:
    """A PNG of one frame of a stored file with this SHA-256; `render` says what may be asked.

    Raises `Unreadable` where it cannot be drawn, and `FileNotFoundError` where it has to be and there is no file.
    """
    name = name_of(sha256, **asked)
    picture = kept().get(name)
    if picture is None:
        with intake.local(file) as source:
            picture = render(source, **asked)
        kept().put(name, picture)
    return picture


@contextmanager
def drawn_beside(arrival: intake.Arrival, read: visits.Description) -> Iterator[None]:
    """Draw the picture that whoever uploads this sees first, beside what follows; kept once that has succeeded.

    What is refused waits for no picture, and nothing waits long. What cannot be drawn, whoever asks for it is told.
    """
    name = name_of(arrival.sha256)
    if not settings.PREVIEW_CACHE["limit"] or read.rows * read.columns > QUICK or kept().get(name):
        yield
        return
    drawing = intake.threads.submit(copy_context().run, _draw, arrival.open())
    yield
    there = Event()
    drawing.add_done_callback(partial(_keep, name, there))
    there.wait(WAIT)  # whoever asks before that has it drawn again


def _draw(file: BinaryIO) -> bytes:
    with file:
        return render(file)


def _keep(name: str, there: Event, drawing: Future[bytes]) -> None:
    try:
        failed = drawing.exception()
        if failed is None:
            kept().put(name, drawing.result())
        elif not isinstance(failed, visits.Unreadable):
            logger.warning("a picture could not be drawn beside its upload", exc_info=failed)
    finally:
        there.set()


def name_of(sha256: str, *, frame: int = 0, size: int | None = None, window: tuple[float, float] | None = None) -> str:
    told = f"{sha256} {frame} {size} {window} {drawn_by()}"
    return hashlib.sha256(told.encode()).hexdigest()


@cache
def drawn_by() -> str:
    """Names the code that draws and its libraries: what other code has drawn may look different."""
    code = b"".join(path.read_bytes() for path in sorted(Path(visits.__file__).parent.rglob("*.py")))
    return hashlib.sha256(code + repr([version(name) for name in LIBRARIES]).encode()).hexdigest()


def kept() -> FileCache:
    return _kept(**settings.PREVIEW_CACHE)


@lru_cache(maxsize=1)
def _kept(folder: Path, limit: int) -> FileCache:
    return FileCache(folder, limit)
