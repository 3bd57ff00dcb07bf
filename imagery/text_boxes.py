"""Propose boxes around burned-in text: a sandboxed process looks at a PNG with RapidOCR."""

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
TIMEOUT_SECONDS = 60
NOT_INSTALLED = "Text detection is not installed. `pip install -r requirements-ocr.txt` installs it."
BUSY = "Text detection is busy with other images. Try again in a moment."
TOO_SLOW = "Text detection takes too long for this image. Draw the boxes yourself."
one_at_a_time = BoundedSemaphore(1)  # a process takes some 350 MB


def propose_text_boxes(png: bytes) -> list[dict[str, Any]]:
    """Return where there may be text: left, top, width and height in pixels, and a confidence from 0 to 1.

    Raises `NotInstalled`, or `Unavailable` if it takes too long or another image is being processed.
    """
    if find_spec("rapidocr") is None:
        raise NotInstalled(NOT_INSTALLED)
    if not one_at_a_time.acquire(timeout=TIMEOUT_SECONDS):
        raise Unavailable(BUSY)
    try:
        done = subprocess.run(  # noqa: S603 - our own module; the PNG goes to its standard input
            COMMAND, input=png, capture_output=True, env=environment(), cwd="/", timeout=TIMEOUT_SECONDS, check=True
        )
        boxes: list[dict[str, Any]] = json.loads(done.stdout)
        return boxes
    except (subprocess.SubprocessError, ValueError) as exc:
        logger.warning("text detection failed on an image: %s", type(exc).__name__)
        raise Unavailable(TOO_SLOW) from None
    finally:
        one_at_a_time.release()
