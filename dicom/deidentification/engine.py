"""From an open file to its research copy, written to another open file."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian

from dicom.deidentification import burned_in_text, identity, rules
from dicom.deidentification.burned_in_text import OF_A_PICTURE, Assessment, assess
from dicom.deidentification.header import REWRITTEN, Cleaning, clean_header
from dicom.deidentification.identity import Identity
from dicom.deidentification.manifest import ENGINE, VERSION, Box, Manifest, format_tags
from dicom.deidentification.pixels import pixel_digest, write_header, write_picture, write_pixels
from dicom.deidentification.provenance import (
    file_meta,
    mark_deidentified,
    option_codes,
    profile_name,
    state_characteristics,
)
from dicom.deidentification.pydicom_quiet import UNREADABLE, quietly
from dicom.deidentification.redaction import RedactedFrames, redacted_frames
from dicom.deidentification.replacements import Subject
from dicom.deidentification.scope import CannotBeCleaned, check_scope
from dicom.deidentification.times import shift_of
from dicom.formats import DICOM, PNG
from dicom.opened_file import OpenedFile
from dicom.parsing.frames import Frames
from dicom.parsing.layout import Layout
from dicom.parsing.outline import Element
from dicom.refusals import Unreadable

PIXELS_ALONE = "Pixels alone: nothing else of the picture is copied"
DIGEST_OF_NOTHING = hashlib.sha256().hexdigest()
MAX_PRIVATE_BYTES = 4096  # of a private element that is read: those that may stay are numbers
MAX_FOREIGN_BYTES = 256 * 1024  # of a sequence that no copy holds, and that is read for names


@dataclass(frozen=True)
class Outcome:
    """A copy that has been written: whether it may be released, its record, and its first frame as people see it.

    A copy of contours has no frame.
    """

    assessment: Assessment
    manifest: Manifest
    picture: Image.Image | None = None


def deidentify(original: OpenedFile, subject: Subject, boxes: Sequence[Box], target: BinaryIO) -> Outcome:
    """Write a research copy to `target`, an empty file to write and read: a PNG if the original is a picture.

    The outcome is read from the bytes that were written: a copy that cannot be shown does not exist.

    Raises:
        CannotBeCleaned: no copy can be made. `target` may hold the beginning of one.
        Unreadable: the original cannot be read, or a box lies outside the image (`bad_box`).
    """
    with quietly():
        if original.media_type == DICOM:
            return _copy_dicom(original, subject, boxes, target)
        return _copy_picture(original, subject, boxes, target)


def _copy_dicom(opened: OpenedFile, subject: Subject, boxes: Sequence[Box], target: BinaryIO) -> Outcome:
    if opened.is_pictureless:
        return _copy_contours(opened, subject, boxes, target)
    if opened.no_picture:
        raise Unreadable(opened.no_picture)
    frames = opened.frames
    if frames.layout.keyword != "PixelData":
        raise CannotBeCleaned("Pixels of floating point numbers cannot be copied.")
    with refusing_damage():
        copy, cleaning, assessment = _clean_original(opened, subject, redacted=bool(boxes))
        state_layout(copy, frames.layout)
        copy.file_meta = file_meta(copy, frames.syntax)
    redacted = redacted_frames(frames, copy, boxes) if boxes or frames.hide_bits() else None
    with refusing_damage():
        write_pixels(target, copy, frames, redacted)
        written = OpenedFile(target, opened.limits)
        check_pixels(written, redacted or frames)
        sha256, picture = pixel_digest(written.frames), written.image(0)
    return Outcome(assessment, _manifest(subject, DICOM, sha256, bool(boxes), cleaning), picture)


def _copy_contours(opened: OpenedFile, subject: Subject, boxes: Sequence[Box], target: BinaryIO) -> Outcome:
    """Copy a structure set. Its copy holds numbers, technical words and replaced UIDs, and no pixels to look at."""
    if boxes:
        raise Unreadable("bad_box")
    with refusing_damage():
        copy, cleaning, _ = _clean_original(opened, subject, redacted=False)
        copy.file_meta = file_meta(copy, ImplicitVRLittleEndian)  # the one that sets no limit to a contour
        write_header(target, copy)
        OpenedFile(target, opened.limits).describe()
    return Outcome(Assessment("clean"), _manifest(subject, DICOM, DIGEST_OF_NOTHING, False, cleaning))


def _clean_original(opened: OpenedFile, subject: Subject, *, redacted: bool) -> tuple[Dataset, Cleaning, Assessment]:
    """Return the new data set without its pixels, the record of its cleaning, and what its header says of them."""
    check_scope(opened.header)
    original = _read_original(opened)
    cleaning = Cleaning(subject, shift_of(subject.secrets, subject.patient), Identity.of(original))
    copy = clean_header(original, original.SOPClassUID, cleaning)
    for tag in opened.part10.elements.keys() - original.keys() - REWRITTEN:
        cleaning.note_removed(tag)
    mark_deidentified(copy, subject, redacted=redacted)
    state_characteristics(copy, subject)
    return copy, cleaning, assess(original)


def _read_original(opened: OpenedFile) -> Dataset:
    """Read the elements of the top level that may stay, or that say who the patient is and how the image was made."""
    allowed = rules.allowed_in(opened.header.SOPClassUID)

    def is_wanted(element: Element) -> bool:
        if element.tag in REWRITTEN - {0x00080005}:
            return False
        if element.tag >> 16 & 1:
            return element.end - element.start <= MAX_PRIVATE_BYTES
        if element.tag in allowed or element.tag in burned_in_text.TAGS_READ:
            return True
        is_short = element.vr == "SQ" and element.end - element.start <= MAX_FOREIGN_BYTES
        return is_short or identity.kind_of(element.tag, element.vr) is not None

    return opened.part10.read(is_wanted)


def state_layout(copy: Dataset, layout: Layout) -> None:
    """Write how the pixels are laid out, as it was read: the header of the original may err, or use other VRs."""
    stated = {
        "SamplesPerPixel": layout.samples,
        "PhotometricInterpretation": layout.photometric,
        "Rows": layout.rows,
        "Columns": layout.columns,
        "BitsAllocated": layout.allocated,
        "BitsStored": layout.stored,
        "HighBit": layout.high_bit,
        "PixelRepresentation": int(layout.signed),
    }
    if layout.samples > 1:
        stated["PlanarConfiguration"] = layout.planar
    if layout.frames > 1 or "NumberOfFrames" in copy:
        stated["NumberOfFrames"] = layout.frames
    for keyword, value in stated.items():
        copy.pop(keyword, None)  # with its VR
        setattr(copy, keyword, value)


def check_pixels(written: OpenedFile, source: Frames | RedactedFrames) -> None:
    """Draw a copy as an upload is drawn, and compare its pixels with those it was made of.

    Raises `CannotBeCleaned` if they differ, and `Unreadable` if the copy has no picture.
    """
    if written.no_picture:
        raise Unreadable(written.no_picture)
    for index in written.checked_frames():
        (samples, colours), (expected, expected_colours) = written.frames.decode(index), source.decode(index)
        if colours != expected_colours or not np.array_equal(samples, expected):
            raise CannotBeCleaned("The pixels of the copy would differ from those of the original.")


@contextmanager
def refusing_damage() -> Iterator[None]:
    """Raise `CannotBeCleaned` in place of what pydicom raises over a damaged file, which quotes values."""
    try:
        yield
    except (*UNREADABLE, RuntimeError):
        raise CannotBeCleaned(
            "A part of this file does not follow the standard, so no clean copy can be made."
        ) from None


def _copy_picture(opened: OpenedFile, subject: Subject, boxes: Sequence[Box], target: BinaryIO) -> Outcome:
    sha256 = write_picture(target, opened.picture, boxes)
    picture = OpenedFile(target, opened.limits).image(0)
    return Outcome(OF_A_PICTURE, _manifest(subject, PNG, sha256, bool(boxes)), picture)


def _manifest(
    subject: Subject, media_type: str, pixels_sha256: str, redacted: bool, cleaning: Cleaning | None = None
) -> Manifest:
    """Make the record. A picture has no attributes, so its copy claims no profile of theirs."""
    return Manifest(
        profile=profile_name() if cleaning else PIXELS_ALONE,
        options=option_codes(redacted, subject.options) if cleaning else {},
        engine=ENGINE,
        version=VERSION,
        key_id=subject.secrets.key_id,
        media_type=media_type,
        counts=dict(cleaning.counts) if cleaning else {"metadata_removed": 1},
        removed=format_tags(cleaning.removed) if cleaning else [],
        pixels_digest=subject.secrets.digest("pixels", pixels_sha256).hex(),
    )
