"""Keep what an event holds of headers and parameters small."""

import json
from collections.abc import Iterable

from core.masking import Masked

MAX_NAMES = 40  # of headers, and of parameters
OTHERS = "others"  # how many more there were


def fill(items: Iterable[tuple[str, object]], *, total: int, max_bytes: int) -> Masked:
    """Take items while their number and the size of their JSON allow it, and count the rest of `total`."""
    filled: Masked = {}
    for name, value in items:
        size = len(json.dumps({name: value}))
        if len(filled) < MAX_NAMES and size <= max_bytes:
            max_bytes -= size
            filled[name] = value
    return filled | ({OTHERS: total - len(filled)} if total > len(filled) else {})
