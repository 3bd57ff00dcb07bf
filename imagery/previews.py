"""Draw frames as PNGs, and cache them on this machine.

A PNG is named by the SHA-256 of its file, by the request and by the code that drew it. So it is never stale, and all
who may see the file share it; the callers check who may. A PNG may show what names a patient, so the cache lies where
the originals lie. No row names it, and no backup contains it.
"""

import hashlib
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path

from django.conf import settings

from dicom import visits
from dicom.limits import THUMBNAIL_SIDE
from dicom.visits import draw
from imagery.storage import Storage
from imagery.storage.cache import FileCache

LIBRARIES = (
    "imagecodecs", "numpy", "pillow", "pydicom",
)  # fmt: skip


def draw_preview(
    storage: Storage,
    name: str,
    sha256: str,
    *,
    frame: int = 0,
    size: int | None = None,
    window: tuple[float, float] | None = None,
) -> bytes:
    """Return one frame of a stored file as a PNG; the parameters are those of `dicom.visits.draw`.

    Raises `Unreadable`, or `FileNotFoundError` if the PNG is not cached and the file is missing.
    """
    key = preview_name(sha256, frame=frame, size=size, window=window)
    png = preview_cache().get(key)
    if png is None:
        with storage.local(name) as file:
            png = draw(file, frame=frame, size=size, window=window)
        preview_cache().put(key, png)
    return png


def keep_thumbnail(sha256: str, png: bytes) -> None:
    """Cache the thumbnail of a research copy, which was drawn when the copy was made."""
    preview_cache().put(preview_name(sha256, size=THUMBNAIL_SIDE), png)


def preview_name(
    sha256: str, *, frame: int = 0, size: int | None = None, window: tuple[float, float] | None = None
) -> str:
    """Name the PNG of a request, in the cache and as its ETag."""
    return hashlib.sha256(f"{sha256} {frame} {size} {window} {renderer_digest()}".encode()).hexdigest()


@cache
def renderer_digest() -> str:
    """Name the code that draws and its libraries: other versions may draw another picture."""
    code = b"".join(path.read_bytes() for path in sorted(Path(visits.__file__).parent.rglob("*.py")))
    return hashlib.sha256(code + repr([version(name) for name in LIBRARIES]).encode()).hexdigest()


def preview_cache() -> FileCache:
    return _cache_of(**settings.PREVIEW_CACHE)


@lru_cache(maxsize=1)
def _cache_of(folder: Path, limit: int) -> FileCache:
    return FileCache(folder, limit)
