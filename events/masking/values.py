"""Mask one value, and keep what an event holds of many small."""

import json
from collections.abc import Iterable

from django.utils.crypto import salted_hmac

MAX_NAMES = 40  # of headers, and of parameters
OTHERS = "others"  # how many more there were

Masked = dict[str, object]


def mask_value(value: str) -> Masked:
    """Return a value's length and a keyed fingerprint, which only tells equal values from different ones."""
    return {"length": len(value), "fingerprint": fingerprint(value)}


def fingerprint(value: str) -> str:
    return salted_hmac("harrison.events", value, algorithm="sha256").hexdigest()[:16]


def fill(items: Iterable[tuple[str, object]], *, total: int, max_bytes: int) -> Masked:
    """Take items while their number and the size of their JSON allow it, and count the rest of `total`."""
    filled: Masked = {}
    for name, value in items:
        size = len(json.dumps({name: value}))
        if len(filled) < MAX_NAMES and size <= max_bytes:
            max_bytes -= size
            filled[name] = value
    return filled | ({OTHERS: total - len(filled)} if total > len(filled) else {})
