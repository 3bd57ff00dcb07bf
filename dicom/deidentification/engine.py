"""From the bytes as uploaded to the bytes of a research copy."""

import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset

from .burned_in_text import OF_A_PICTURE, Assessment, assess_read
from .errors import CannotBeCleaned
from .formats import Format, format_of
from .header import Cleaning, cleaned_header
from .identifying_words import identifying_words
from .manifest import ENGINE, VERSION, Box, Manifest, written_tags
from .pictures import new_picture
from .pixels import carry_over, pixels_sha256
from .provenance import file_meta, mark, options, profile
from .pydicom_quiet import UNREADABLE, quietly
from .redaction import black_out
from .replacements import Secrets, days_earlier
from .scope import check

PIXELS_ALONE = "Pixels alone: nothing else of the picture is copied"


def deidentify(
    source: Path, target: Path, *, secrets: Secrets, patient: str, pseudonym: str, boxes: Sequence[Box] = ()
) -> Manifest:
    """Write a research copy of `source` to `target`, whole or not at all, and tell what was done.

    Args:
        source: a DICOM file, a PNG or a JPEG. It is read only.
        target: a file that does not yet exist. A PNG when the source is a picture.
        secrets: the project's key, from which UIDs and date shifts are made.
        patient: always the same for the same patient; it decides the shift of their dates.
        pseudonym: written as Patient's Name and Patient ID, at most 64 characters.
        boxes: rectangles to black out.

    Raises:
        CannotBeCleaned: no research copy of this object can be made; it says why.
        FileExistsError: something is at the target already.
        ValueError: a box lies outside the image, or the pseudonym is empty, too long or not printable.
    """
    if target.exists():
        raise FileExistsError("A research copy is never written over another file.")
    with source.open("rb") as file:
        data, told = deidentified(file, secrets=secrets, patient=patient, pseudonym=pseudonym, boxes=boxes)
    save(target, data)
    return told


def deidentified(
    file: BinaryIO, *, secrets: Secrets, patient: str, pseudonym: str, boxes: Sequence[Box] = ()
) -> tuple[bytes, Manifest]:
    """The research copy of a file that is open, and its manifest. No other file is opened; raises as `deidentify`."""
    return judged(file, secrets=secrets, patient=patient, pseudonym=pseudonym, boxes=boxes)[1:]


def judged(
    file: BinaryIO, *, secrets: Secrets, patient: str, pseudonym: str, boxes: Sequence[Box] = ()
) -> tuple[Assessment, bytes, Manifest]:
    """The same, with what `assess` says of the original, which is read once for both."""
    if not 0 < len(pseudonym) <= 64 or not pseudonym.isprintable() or "\\" in pseudonym:
        raise ValueError("A pseudonym has 1 to 64 printable characters and no backslash.")
    kind = format_of(file)
    if kind is None:
        raise CannotBeCleaned("not_recognised", "The file is neither DICOM nor PNG nor JPEG.")
    with quietly():
        if kind is Format.DICOM:
            return dicom_copy(file, secrets, patient, pseudonym, tuple(boxes))
        return OF_A_PICTURE, *picture_copy(file, secrets, tuple(boxes))


def dicom_copy(
    file: BinaryIO, secrets: Secrets, patient: str, pseudonym: str, boxes: tuple[Box, ...]
) -> tuple[Assessment, bytes, Manifest]:
    with refusing_damage():
        original = dcmread(file)
        check(original)
        assessment = assess_read(original)
        cleaning = Cleaning(secrets, days_earlier(secrets, patient), identifying_words(original))
        copy = new_object(original, cleaning, pseudonym, redacted=bool(boxes))
    if boxes:
        black_out(copy, boxes)
    pixels = pixels_sha256(copy)  # before anything is written: it raises when nobody could look at the copy
    with refusing_damage():
        data = encoded(copy)
    return assessment, data, manifest(secrets, Format.DICOM, data, pixels, boxes, cleaning)


def new_object(original: Dataset, cleaning: Cleaning, pseudonym: str, *, redacted: bool) -> Dataset:
    """The cleaned header with its marks, around the original's pixels."""
    syntax = original.file_meta.TransferSyntaxUID
    copy = cleaned_header(original, original.SOPClassUID, cleaning)
    mark(copy, pseudonym, redacted)
    copy.file_meta = file_meta(copy, syntax)
    carry_over(original, copy, syntax)
    return copy


@contextmanager
def refusing_damage() -> Iterator[None]:
    """A file that pydicom stumbles over is damaged, whichever way it stumbles.

    Raises:
        CannotBeCleaned: instead of what pydicom raises, which quotes values.
    """
    try:
        yield
    except UNREADABLE:
        raise CannotBeCleaned("damaged", "The file cannot be read as DICOM.") from None


def picture_copy(file: BinaryIO, secrets: Secrets, boxes: tuple[Box, ...]) -> tuple[bytes, Manifest]:
    data, pixels = new_picture(file.read(), boxes)
    return data, manifest(secrets, Format.PNG, data, pixels, boxes)


def encoded(copy: Dataset) -> bytes:
    """The copy as a file: a preamble of zeros, new meta information, the dataset in its transfer syntax."""
    copy.preamble = bytes(128)
    buffer = io.BytesIO()
    dcmwrite(buffer, copy, enforce_file_format=True)
    return buffer.getvalue()


def save(target: Path, data: bytes) -> None:
    """Write the file whole or not at all, down to the disk."""
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)


def manifest(
    secrets: Secrets, kind: Format, data: bytes, pixels: str, boxes: tuple[Box, ...], cleaning: Cleaning | None = None
) -> Manifest:
    """The record. A picture has no attributes, so its copy claims no profile of theirs."""
    return Manifest(
        profile=profile() if cleaning else PIXELS_ALONE,
        options=options(redacted=bool(boxes)) if cleaning else {},
        engine=ENGINE,
        version=VERSION,
        key_id=secrets.key_id,
        media_type=kind.value,
        counts=dict(cleaning.counts) if cleaning else {"metadata_removed": 1},
        removed=written_tags(cleaning.removed) if cleaning else (),
        sha256=hashlib.sha256(data).hexdigest(),
        pixels_sha256=pixels,
        boxes=boxes,
    )
