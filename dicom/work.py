"""One wish about one open file, answered. Runs in the child process; whatever happens, the answer is a message."""

from typing import Any, BinaryIO

from dicom.description import DICOM, Description, to_json
from dicom.drawing.preview import render_file
from dicom.formats import recognise
from dicom.limits import LIMITS, Limits
from dicom.parsing.attributes import describe_dicom
from dicom.parsing.pictures import describe_picture
from dicom.refusals import Unreadable


def describe_file(file: BinaryIO, limits: Limits = LIMITS) -> Description:
    """What the file holds. Raises `Unreadable`."""
    media_type = recognise(file)
    return describe_dicom(file, limits) if media_type == DICOM else describe_picture(file, media_type, limits)


def answer(file: BinaryIO, wish: dict[str, Any], limits: Limits = LIMITS) -> tuple[dict[str, Any], bytes]:
    """Header and body of the answer: a description, a PNG, or the code of a reason."""
    try:
        if wish["do"] == "describe":
            return {"description": to_json(describe_file(file, limits))}, b""
        return {}, render_file(file, frame=wish["frame"], size=wish["size"], window=wish["window"], limits=limits)
    except Unreadable as exc:
        return {"refused": exc.code}, b""
    except MemoryError:
        return {"refused": "too_costly"}, b""
    except RecursionError:
        return {"refused": "too_deep"}, b""
    except BaseException:  # libraries that meet damage raise all kinds, a panic of Rust even past Exception
        return {"refused": "undecodable"}, b""
