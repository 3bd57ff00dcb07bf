"""What uploads are measured against, in the same run: the same bytes written, and the same library calls, by hand.

In one bare process: no server, no database, no rights, no record, and no cage around what reads strangers' files.
"""

import hashlib
import os
from io import BytesIO
from pathlib import Path
from uuid import uuid4

from pydicom import dcmread

from dicom.deidentification import Secrets
from dicom.deidentification.engine import deidentified
from dicom.drawing.preview import render_file

SECRETS = Secrets(b"a project key for the benchmark alone", "bench")


def written(folder: Path, content: bytes) -> None:
    """Bytes hashed, and safe on the disk: open, write, fsync, SHA-256."""
    hashlib.sha256(content).hexdigest()
    with (folder / uuid4().hex).open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def kept_png(folder: Path, content: bytes) -> None:
    """The bytes alone; the product looks into them and makes a clean copy, which no bare call stands for."""
    written(folder, content)


def kept_ct(folder: Path, content: bytes) -> None:
    """The library calls that a CT needs, its research copy and a preview included, in one bare process."""
    written(folder, content)
    _ = dcmread(BytesIO(content)).pixel_array
    copy, _ = deidentified(BytesIO(content), secrets=SECRETS, patient="somebody", pseudonym="P-0123456789abcdef0123")
    written(folder, copy)
    render_file(BytesIO(content))
