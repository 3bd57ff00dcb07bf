"""The child process that looks for text, seen from the parent."""

import json
import logging
import subprocess
import sys
from importlib.util import find_spec
from threading import BoundedSemaphore
from typing import Any

from core.exceptions import NotInstalled, Unavailable
from dicom.sandbox.process import environment

logger = logging.getLogger(__name__)

COMMAND = [sys.executable, "-P", "-m", "dicom.text.worker"]
LONGEST = 60  # seconds
MISSING = "Text detection is not installed here: `pip install -r requirements-ocr.txt` brings it."
one_at_a_time = BoundedSemaphore(1)  # a child takes some 350 MB


def is_installed() -> bool:
    return find_spec("rapidocr") is not None


def boxes_in(png: bytes) -> list[dict[str, Any]]:
    """Each place that may have text: left, top, width and height in pixels, and a confidence from 0 to 1.

    Raises `NotInstalled`, or `Unavailable` when it takes too long or somebody else's picture is being looked at.
    """
    if not is_installed():
        raise NotInstalled(MISSING)
    if not one_at_a_time.acquire(timeout=LONGEST):
        raise Unavailable("Other pictures are being looked at for text: try again in a moment.")
    try:
        done = subprocess.run(  # noqa: S603 - our own module; the picture goes to its standard input
            COMMAND, input=png, capture_output=True, env=environment(), cwd="/", timeout=LONGEST, check=True
        )
        return json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as exc:
        logger.warning("no text could be looked for in a picture: %s", type(exc).__name__)
        raise Unavailable("This picture takes too long to look at for text: draw the boxes yourself.") from None
    finally:
        one_at_a_time.release()
