"""A file that a worker has open: parsed once and decoded once, however many requests come."""

from functools import cached_property
from typing import BinaryIO

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset

from dicom.description import Description
from dicom.drawing.frame import draw_frame, draw_picture
from dicom.drawing.grayscale import Window
from dicom.drawing.preview import check_request, encode_png
from dicom.formats import DICOM, recognise
from dicom.limits import LIMITS, Limits
from dicom.parsing.attributes import describe_dicom, is_wanted
from dicom.parsing.frames import Frames, stated_layout
from dicom.parsing.part10 import Part10, open_part10
from dicom.parsing.pictureless import NO_LAYOUT, is_pictureless
from dicom.parsing.pictures import describe_picture, read_picture
from dicom.refusals import NO_PICTURE, Unreadable


class OpenedFile:
    """An untrusted file. Every method and property raises `Unreadable`, and what libraries raise over damage."""

    def __init__(self, file: BinaryIO, limits: Limits = LIMITS) -> None:
        self.file, self.limits = file, limits

    @cached_property
    def media_type(self) -> str:
        return recognise(self.file)

    @cached_property
    def part10(self) -> Part10:
        return open_part10(self.file, self.limits)

    @cached_property
    def header(self) -> Dataset:
        """The elements that describing and drawing need."""
        return self.part10.read(is_wanted)

    @cached_property
    def frames(self) -> Frames:
        return Frames(self.part10, self.header)

    @cached_property
    def picture(self) -> np.ndarray:
        """The pixels of a PNG or JPEG."""
        return read_picture(self.file, self.media_type, self.limits)

    def describe(self) -> Description:
        """Read the header, and decode and draw the pixels. A DICOM file may have no picture, others are one."""
        if self.media_type != DICOM:
            return describe_picture(self.picture, self.media_type)
        if self.is_pictureless:
            return describe_dicom(self.header, NO_LAYOUT, "no_pixels")
        layout = stated_layout(self.part10, self.header) if self.no_picture else self.frames.layout
        return describe_dicom(self.header, layout, self.no_picture)

    @cached_property
    def is_pictureless(self) -> bool:
        """Whether this is a DICOM object that has no pixels by its class."""
        return is_pictureless(self.part10, self.header)

    @cached_property
    def no_picture(self) -> str:
        """Why the frames of a DICOM file cannot be shown, one of `NO_PICTURE`; "" if they can."""
        try:
            for index in self.checked_frames():
                self.image(index)
        except Unreadable as exc:
            if exc.code not in NO_PICTURE:
                raise
            return exc.code
        return ""

    def checked_frames(self) -> list[int]:
        """All frames, or the first and the last if all would take too long."""
        layout = self.frames.layout
        if layout.frames * layout.rows * layout.columns <= self.limits.checked_pixels:
            return list(range(layout.frames))
        return sorted({0, layout.frames - 1})

    def draw(self, frame: int, size: int | None, window: Window | None) -> bytes:
        """Draw one frame as a PNG."""
        check_request(size, window)
        return encode_png(self.image(frame, window), size, self.limits)

    def image(self, frame: int, window: Window | None = None) -> Image.Image:
        """Draw one frame."""
        is_dicom = self.media_type == DICOM
        if not 0 <= frame < (self.frames.layout.frames if is_dicom else 1):
            raise Unreadable("no_such_frame")
        if not is_dicom:
            return draw_picture(self.picture, window)
        try:
            return draw_frame(self.frames, self.header, frame, window)
        except (Unreadable, MemoryError, RecursionError):
            raise
        except Exception as exc:  # numpy and pydicom raise all kinds over damaged tables
            raise Unreadable("undrawable") from exc
