"""One test for a rule that hundreds of cases hold."""

from collections.abc import Callable, Iterable

import pytest


def failures(cases: Iterable, check: Callable[..., object], name: Callable[..., str] = str) -> dict[str, str]:
    """Check every case, and return by its name what was raised for each that failed."""
    found = {}
    for case in cases:
        try:
            check(case)
        except (Exception, pytest.fail.Exception) as exc:
            found[name(case)] = f"{type(exc).__name__}: {exc}"
    return found
