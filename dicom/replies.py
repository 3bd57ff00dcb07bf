"""The exact shape of each reply of a worker.

A hostile file may have taken the worker over, so its parent believes no reply that has another shape. These checks do
what a JSON schema would, in a fiftieth of the time: each is a function that says whether a value is acceptable.
"""

import datetime
import re
from collections.abc import Callable

from dicom.formats import DICOM, JPEG, PNG
from dicom.refusals import NO_PICTURE, REASONS

Check = Callable[[object], bool]
MAX_TEXT = 324  # characters
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class BadReply(Exception):
    """A reply that no worker of ours sends."""


def one_of(*values: str) -> Check:
    return lambda value: value in values


def integer_from(least: int) -> Check:
    return lambda value: type(value) is int and least <= value <= 2**31


def is_zero(value: object) -> bool:
    return type(value) is int and value == 0


def text_like(pattern: str) -> Check:
    form = re.compile(pattern)
    return lambda value: isinstance(value, str) and form.fullmatch(value) is not None


def optional(check: Check) -> Check:
    return lambda value: value is None or check(value)


def list_of(check: Check, longest: int) -> Check:
    return lambda value: isinstance(value, list) and len(value) <= longest and all(map(check, value))


def map_of(check: Check) -> Check:
    return lambda value: isinstance(value, dict) and all(map(is_text, value)) and all(map(check, value.values()))


def object_of(**properties: Check) -> Check:
    """Accept an object that has exactly these properties."""
    return lambda value: (
        isinstance(value, dict)
        and value.keys() == properties.keys()
        and all(check(value[name]) for name, check in properties.items())
    )


def is_text(value: object) -> bool:
    """Accept what a database and a web page can hold: no control characters, no half characters."""
    return isinstance(value, str) and len(value) <= MAX_TEXT and value.isprintable()


def is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


is_patient = object_of(
    name=is_text,
    record_number=is_text,
    issuer=is_text,
    birth_date=optional(is_date),
    sex=one_of("M", "F", "O", ""),
    age=is_text,
    address=is_text,
    telephone=is_text,
    other_ids=list_of(is_text, 100),
)
FACTS = dict[str, Check](
    media_type=one_of(DICOM, PNG, JPEG),
    frames=integer_from(1),
    modality=is_text,
    body_part=is_text,
    study_description=is_text,
    study_uid=is_text,
    series_uid=is_text,
    sop_instance_uid=is_text,
    study_date=optional(is_date),
    patient=optional(is_patient),
)
is_image = object_of(**FACTS, rows=integer_from(1), columns=integer_from(1), no_picture=one_of("", *NO_PICTURE))
is_without_pixels = object_of(**FACTS, rows=is_zero, columns=is_zero, no_picture=one_of("no_pixels"))


def is_description(value: object) -> bool:
    """Accept the description of an image, or of an object that has no pixels by its class."""
    return is_image(value) or is_without_pixels(value)


is_manifest = object_of(
    profile=is_text,
    options=map_of(is_text),
    engine=is_text,
    version=is_text,
    key_id=is_text,
    media_type=one_of(DICOM, PNG),
    counts=map_of(integer_from(0)),
    removed=list_of(text_like(r"\([0-9A-F]{4},[0-9A-F]{4}\)"), 250_000),
    pixels_digest=text_like("[0-9a-f]{64}"),
)
is_refusal = object_of(refused=one_of(*REASONS))
is_refused_copy = object_of(state=one_of("refused", "no_picture"), reasons=list_of(is_text, 20))
is_kept_copy = object_of(state=one_of("clean", "quarantine"), reasons=list_of(is_text, 20), manifest=is_manifest)
is_empty = object_of()


def is_png(body: bytes) -> bool:
    return body.startswith(PNG_SIGNATURE)
