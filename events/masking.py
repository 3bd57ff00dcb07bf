"""What of a request may stand in the record: names always, values only where they name no patient and open no door."""

import re
from collections.abc import Iterable, Mapping
from itertools import takewhile
from uuid import UUID

from django.utils.crypto import salted_hmac

# Of headers that say how a client speaks, never who it is.
PLAIN_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "content-length",
        "content-type",
        "host",
        "if-match",
        "range",
        "user-agent",
    }
)
# Of query parameters whose values are numbers, enumerations or places in the vocabulary.
PLAIN_PARAMETERS = frozenset(
    {
        "archived",
        "assignable",
        "format",
        "frame",
        "kind",
        "media_type",
        "method",
        "modality",
        "page_size",
        "size",
        "state",
        "status",
        "system",
    }
)
LONGEST = 200


def masked(value: str) -> dict[str, int | str]:
    """A value's length and a keyed fingerprint: equal values can be told to be equal, and nothing more."""
    fingerprint = salted_hmac("harrison.events", value, algorithm="sha256").hexdigest()[:16]
    return {"length": len(value), "fingerprint": fingerprint}


def headers(found: Mapping[str, str]) -> dict[str, object]:
    return {name: told(value, plain=name.lower() in PLAIN_HEADERS) for name, value in found.items()}


def query(found: Iterable[tuple[str, list[str]]]) -> dict[str, object]:
    return {
        (name if is_word(name) else "?"): [
            told(value, plain=(name in PLAIN_PARAMETERS and is_short(value)) or is_id(value)) for value in values
        ]
        for name, values in found
    }


def told(value: str, *, plain: bool) -> object:
    return value[:LONGEST].replace("\0", "�") if plain else masked(value)


def path(found: str, taken: Iterable[object] | None) -> str:
    """A path whose route took nothing but ids from it is told whole; of any other what follows the words is left out.

    `taken` is None where it met no route. The admin has routes that take whatever comes.
    """
    if taken is not None and all(is_id(str(each)) for each in taken):
        return found[:500]
    words = list(takewhile(lambda part: re.fullmatch(r"[a-z-]{0,20}|v[0-9]", part), found.split("/")))
    return "/".join(words)[:500] + ("" if found == "/".join(words) else "/…")


def is_word(name: str) -> bool:
    """A parameter's name is told only when it looks like one: somebody may put anything before the equals sign."""
    return name.isascii() and name.replace("_", "").isalpha() and len(name) <= 40


def is_short(value: str) -> bool:
    """One of the few words that such a parameter takes."""
    return re.fullmatch(r"[A-Za-z0-9_./-]{1,20}", value) is not None


def is_id(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False
