"""Untrusted bytes turned into facts and pictures.

    describe(source)  what a DICOM Part 10, PNG or JPEG file holds, recognised by content
    render(source)    one frame of it as a PNG

A source is a path, or a file that is open for reading alone and stands at its start.

Both work in a child process that can do nothing but read the one file it was handed (`cage`), and either answer or
raise `Unreadable` with a reason from `reasons.REASONS`: no file can crash, stall or fill the process that calls them.
"""

from math import isfinite

from dicom.description import Description, PatientFacts, from_json
from dicom.limits import LIMITS, Limits
from dicom.refusals import REASONS, Unreadable
from dicom.sandbox.pool import Source, shared

__all__ = ["LIMITS", "REASONS", "Description", "Limits", "PatientFacts", "Unreadable", "describe", "render", "shared"]

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def describe(source: Source) -> Description:
    """What a file holds, after its pixels have been decoded. Raises `Unreadable`.

    Files of more than `Limits.checked_pixels` (frames × rows × columns) are decoded at their first and last frame only.
    """
    header, _ = shared().ask(source, {"do": "describe"})
    try:
        return from_json(header["description"])
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise Unreadable("undecodable") from exc


def render(
    source: Source,
    *,
    frame: int = 0,
    size: int | None = None,
    window: tuple[float, float] | None = None,
) -> bytes:
    """One frame (0 the first) as a PNG without metadata. Raises `Unreadable`.

    `size` is the longest side in pixels, 1 to 4096; images are made smaller, never larger. `window` is center and width
    in the units that the Modality LUT gives (Hounsfield units in CT); without it the file's own VOI LUT or window
    counts, else the range of the frame. Colour takes no window.
    """
    if window is not None and not all(map(isfinite, window)):  # JSON has no word for them
        raise Unreadable("bad_window")
    _, png = shared().ask(source, {"do": "render", "frame": frame, "size": size, "window": window})
    if not png.startswith(PNG_SIGNATURE):
        raise Unreadable("undecodable")
    return png
