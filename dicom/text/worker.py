"""The child process: `python -m dicom.text.worker`, a PNG on standard input, boxes as JSON on standard output.

It loads the model, gives up its rights like the process that reads files, and only then looks at the picture. The part
of the model that would read the letters is never loaded.
"""

import json
import os
import resource
import sys
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from dicom.sandbox import seccomp

GIB = 1024**3
LIMITS = {
    resource.RLIMIT_AS: 4 * GIB,  # bytes
    resource.RLIMIT_CPU: 60,  # seconds
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_CORE: 0,
}
MOST = 100  # boxes, as many as can be drawn at once
WHOLE = 0.9  # of width and height: from here on a box is the model's way of seeing nothing in particular
MARGIN = 3  # pixels around what is found: letters have soft edges
LARGEST = 20_000 * 20_000  # pixels, as the process that draws the PNG allows
QUIET = {
    "Global.log_level": "critical",
    "Global.use_cls": False,
    "Global.use_rec": False,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


def main() -> None:
    detect = detector()
    detect(np.zeros((64, 64, 3), dtype=np.uint8))  # loads the model
    Image.preinit()
    Image.MAX_IMAGE_PIXELS = LARGEST
    lock()
    os.write(1, json.dumps(boxes_in(sys.stdin.buffer.read(), detect)).encode())


def detector() -> Any:
    """RapidOCR, finding text and not reading it. Imported here: the extra that brings it need not be there."""
    from rapidocr import RapidOCR

    return RapidOCR(params=QUIET)


def lock() -> None:
    """Give up what finding text does not need. Raises `OSError` if the system does not let us."""
    for limit, most in LIMITS.items():
        resource.setrlimit(limit, (most, most))
    seccomp.keep_to(seccomp.SYSTEM_CALLS)


def boxes_in(png: bytes, detect: Any) -> list[dict[str, Any]]:
    with Image.open(BytesIO(png), formats=("PNG",)) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    found = detect(pixels)
    if found.boxes is None:
        return []
    rows, columns = pixels.shape[:2]
    boxes = [
        around(corners, rows, columns) | {"confidence": round(float(score), 3)}
        for corners, score in zip(found.boxes, found.scores, strict=True)
    ]
    parts = [box for box in boxes if box["width"] < WHOLE * columns or box["height"] < WHOLE * rows]
    return sorted(parts, key=lambda box: -box["confidence"])[:MOST]


def around(corners: Any, rows: int, columns: int) -> dict[str, int]:
    """The upright rectangle around four corners, with a margin, inside the picture."""
    (left, top), (right, bottom) = np.min(corners, axis=0) - MARGIN, np.max(corners, axis=0) + MARGIN
    left, top = max(int(left), 0), max(int(top), 0)
    right, bottom = min(int(np.ceil(right)), columns), min(int(np.ceil(bottom)), rows)
    return {"left": left, "top": top, "width": right - left, "height": bottom - top}


if __name__ == "__main__":
    main()
