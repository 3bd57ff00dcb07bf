"""Why a file is refused: a code for programs, a sentence for people, a status for HTTP.

The table is the whole vocabulary. The process that reads a file answers with a code only, so that no sentence can
carry anything out of a file: no contents, no path, no identity.
"""

from dicom.limits import LIMITS, MIB

BAD, TOO_BIG, UNSUPPORTED, LATER = 400, 413, 415, 429

REASONS: dict[str, tuple[int, str]] = {
    "empty": (BAD, "This file is empty."),
    "unknown_format": (UNSUPPORTED, "This is not a PNG, JPEG or DICOM Part 10 file."),
    "truncated": (BAD, "This file ends too early: parts of it are missing."),
    "malformed": (BAD, "This file is damaged: its parts do not fit together."),
    "undecodable": (BAD, "The pixels of this file cannot be decoded."),
    "undrawable": (BAD, "The pixels of this file cannot be shown: a table that they need is missing or damaged."),
    "bad_preamble": (BAD, "This DICOM file begins like a program, a script or another document. Export it again."),
    "no_transfer_syntax": (BAD, "This DICOM file does not say how it is encoded (Transfer Syntax UID)."),
    "unsupported_transfer_syntax": (UNSUPPORTED, "The transfer syntax of this DICOM file is not supported."),
    "unsupported_pixels": (UNSUPPORTED, "The pixels of this DICOM file are of a kind that is not supported."),
    "no_pixels": (BAD, "This DICOM file holds no image: there is no pixel data in it."),
    "pixel_length": (BAD, "The length of the pixel data is not what rows, columns and frames ask for."),
    "frame_count": (BAD, "The pixel data does not hold as many frames as the file says."),
    "size_mismatch": (BAD, "The compressed image inside this DICOM file is of another size than the file says."),
    "no_such_frame": (BAD, "There is no such frame in this image."),
    "bad_window": (BAD, "A window needs a finite center and a finite width above zero."),
    "bad_box": (BAD, "A box lies outside the image."),
    "bad_size": (BAD, "The size is a number of pixels from 1 to 4096."),
    "animated": (UNSUPPORTED, "Animated PNG files are not supported: upload the frames one by one."),
    "too_wide": (TOO_BIG, f"This image has a side of more than {LIMITS.side:,} pixels."),
    "too_many_pixels": (
        TOO_BIG,
        f"This image has too many pixels: at most {LIMITS.picture_pixels // 10**6} million in a PNG or JPEG, "
        f"{LIMITS.frame_pixels // 10**6} million in a frame of a DICOM file.",
    ),
    "too_many_frames": (TOO_BIG, f"This image has more than {LIMITS.frames:,} frames."),
    "too_deep": (BAD, f"This DICOM file nests sequences more than {LIMITS.depth} deep."),
    "too_many_elements": (TOO_BIG, f"This DICOM file has more than {LIMITS.elements:,} data elements."),
    "header_too_big": (TOO_BIG, f"The data elements around the pixels take more than {LIMITS.header // MIB} MiB."),
    "inflates_too_far": (TOO_BIG, f"This deflated DICOM file unpacks to more than {LIMITS.inflated // MIB} MiB."),
    "too_big_to_draw": (TOO_BIG, "This image is too big to be drawn in full: ask for a smaller size."),
    "too_costly": (TOO_BIG, "Reading this file takes more time or memory than one file may have."),
    "busy": (LATER, "Many files are being read just now. Try again in a moment."),
}


# Reasons that concern the pixels alone. Such a DICOM file is kept, without a picture and without a research copy.
NO_PICTURE = frozenset({"unsupported_transfer_syntax", "undecodable", "size_mismatch", "undrawable"})


class Unreadable(ValueError):
    """A file, or a wish about it, that is refused. Carries a key of `REASONS` and nothing else."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.status, self.sentence = REASONS[code]

    def __str__(self) -> str:
        return self.sentence
