"""Small pictures for people to find their way by: made once, from the pixels that research may see, and kept."""

import tempfile
from pathlib import Path

from imagery import intake
from imagery.decoding import render
from imagery.models import Image, thumbnails
from imagery.storage import Arrived

SIDE = 256  # pixels, of the longer side


def thumbnail(image: Image) -> bytes:
    """A PNG of the first frame of the research copy. It is named by that copy's SHA-256, so it is never stale.

    Raises `FileNotFoundError` where there is no copy, and `Rejected` where it cannot be drawn.
    """
    name = f"{image.research_sha256[:2]}/{image.research_sha256}.png"
    try:
        with thumbnails().open(name) as kept:
            return kept.read()
    except FileNotFoundError:
        return _make(image, name)


def _make(image: Image, name: str) -> bytes:
    with intake.local(image.research) as file, intake.readable("id"):
        png = render(file, size=SIDE)
    with tempfile.TemporaryDirectory(dir=thumbnails().incoming()) as folder:
        drawn = Path(folder) / "thumbnail"
        drawn.write_bytes(png)
        with drawn.open("rb") as whole:
            thumbnails().adopt(Arrived(drawn, whole.fileno()), name)
    return png
