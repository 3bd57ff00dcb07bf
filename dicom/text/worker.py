"""The child process: `python -m dicom.text.worker`, a PNG on standard input, boxes as JSON on standard output.

It loads the model, gives up its rights like the processes that read files, and only then sees the picture. The part of
the model that would read the letters is never loaded.
"""

import json
import os
import sys
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from dicom.limits import GIB, Limits
from dicom.sandbox import seccomp

LIMITS = Limits(address_space=4 * GIB, written=0, cpu=60.0)
MAX_BOXES = 100  # as many as can be drawn at once
NEARLY_ALL = 0.9  # of width and height: a larger box is the model's way of finding nothing in particular
MARGIN = 3  # pixels around a box: letters have soft edges
DETECTION_ONLY = {
    "Global.log_level": "critical",
    "Global.use_cls": False,
    "Global.use_rec": False,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


def main() -> None:
    detect = load_detector()
    detect(np.zeros((64, 64, 3), dtype=np.uint8))  # loads the model
    Image.preinit()
    Image.MAX_IMAGE_PIXELS = LIMITS.side**2
    seccomp.lock(LIMITS)
    seccomp.start_clock(LIMITS.cpu)
    os.write(1, json.dumps(find_boxes(sys.stdin.buffer.read(), detect)).encode())


def load_detector() -> Any:
    """Load RapidOCR, to find text and not to read it. The extra that brings it may be missing."""
    from rapidocr import RapidOCR

    return RapidOCR(params=DETECTION_ONLY)


def find_boxes(png: bytes, detect: Any) -> list[dict[str, Any]]:
    """Find the places that may have text, the most certain first."""
    with Image.open(BytesIO(png), formats=("PNG",)) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    detection = detect(pixels)
    if detection.boxes is None:
        return []
    rows, columns = pixels.shape[:2]
    boxes = [
        box_around(corners, rows, columns) | {"confidence": round(float(score), 3)}
        for corners, score in zip(detection.boxes, detection.scores, strict=True)
    ]
    parts = [box for box in boxes if box["width"] < NEARLY_ALL * columns or box["height"] < NEARLY_ALL * rows]
    return sorted(parts, key=lambda box: -box["confidence"])[:MAX_BOXES]


def box_around(corners: Any, rows: int, columns: int) -> dict[str, int]:
    """Return the upright rectangle around four corners, with a margin, inside the picture."""
    (left, top), (right, bottom) = np.min(corners, axis=0) - MARGIN, np.max(corners, axis=0) + MARGIN
    left, top = max(int(left), 0), max(int(top), 0)
    right, bottom = min(int(np.ceil(right)), columns), min(int(np.ceil(bottom)), rows)
    return {"left": left, "top": top, "width": right - left, "height": bottom - top}


if __name__ == "__main__":
    main()
