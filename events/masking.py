"""Which parts of a request an event may hold: names always, values only where they name no patient and open no door."""

import re
from collections.abc import Iterable, Mapping
from itertools import takewhile
from uuid import UUID

from django.utils.crypto import salted_hmac

# Headers that say how a client speaks, never who it is.
PLAIN_HEADERS = frozenset({
    "accept", "accept-encoding", "accept-language", "content-length", "content-type", "host", "if-match", "range",
    "user-agent",
})  # fmt: skip
# Query parameters whose values are numbers, enumerations or places in the vocabulary.
PLAIN_PARAMETERS = frozenset({
    "archived", "assignable", "format", "frame", "kind", "media_type", "method", "modality", "page_size", "size",
    "state", "status", "system",
})  # fmt: skip
MAX_VALUE_LENGTH, MAX_PATH_LENGTH = 200, 500  # characters


def mask_value(value: str) -> dict[str, int | str]:
    """Return a value's length and a keyed fingerprint, which only tells equal values from different ones."""
    fingerprint = salted_hmac("harrison.events", value, algorithm="sha256").hexdigest()[:16]
    return {"length": len(value), "fingerprint": fingerprint}


def mask_headers(headers: Mapping[str, str]) -> dict[str, object]:
    return {name: mask_unless(name.lower() in PLAIN_HEADERS, value) for name, value in headers.items()}


def mask_query(parameters: Iterable[tuple[str, list[str]]]) -> dict[str, object]:
    return {
        (name if is_word(name) else "?"): [
            mask_unless((name in PLAIN_PARAMETERS and is_short(value)) or is_id(value), value) for value in values
        ]
        for name, values in parameters
    }


def mask_unless(is_plain: bool, value: str) -> object:
    return value[:MAX_VALUE_LENGTH].replace("\0", "�") if is_plain else mask_value(value)


def mask_path(path: str, captured: Iterable[object] | None) -> str:
    """Return the whole path if its route captured nothing but ids, else only its first words.

    `captured` is None if the path met no route. The admin has routes that capture anything.
    """
    if captured is not None and all(is_id(str(value)) for value in captured):
        return path[:MAX_PATH_LENGTH]
    words = "/".join(takewhile(lambda part: re.fullmatch(r"[a-z-]{0,20}|v[0-9]", part), path.split("/")))
    return words[:MAX_PATH_LENGTH] + ("" if path == words else "/…")


def is_word(name: str) -> bool:
    """Return whether a parameter's name looks like one: a client may put anything in front of the equals sign."""
    return name.isascii() and name.replace("_", "").isalpha() and len(name) <= 40


def is_short(value: str) -> bool:
    """Return whether a value looks like one of the few words that such a parameter takes."""
    return re.fullmatch(r"[A-Za-z0-9_./-]{1,20}", value) is not None


def is_id(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False
