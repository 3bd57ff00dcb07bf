"""What tests need of the machine: where it is missing they say so and are passed over; the gate demands it all."""

import os
import platform
import sys
from importlib.util import find_spec

import pytest
from django.conf import settings

from tests.kit import postgresql

CHROMIUM = "No Chromium here: what is seen in a browser goes untested (Debian: apt-get install chromium)."
POSTGRESQL = "No PostgreSQL here: half of what is promised goes untested (Debian: apt-get install postgresql)."
STRACE = "No strace here: the order of system calls goes untested (Debian: apt-get install strace)."

demanded = "HARRISON_DEMAND" in os.environ  # set by `make check` and `make soak`: fail where something is missing
soaking = "HARRISON_SOAK" in os.environ  # set by `make soak`: all rounds, and new random examples each time


def rounds(gate: int, soak: int) -> int:
    """Return how often a test repeats itself: a few times in the gate, many times in the soak."""
    return soak if soaking else gate


def need(there: object, otherwise: str) -> None:
    if there:
        return
    if demanded:
        pytest.fail(otherwise)
    pytest.skip(otherwise)


seccomp = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="the numbers of seccomp are those of x86-64"
)
on_postgresql = pytest.mark.skipif(
    "postgresql" not in settings.DATABASES["default"]["ENGINE"], reason="of PostgreSQL alone: the suite runs there, too"
)


# `make test` installs the extra, so that it is missing only where somebody runs pytest by hand.
ocr = pytest.mark.skipif(
    find_spec("rapidocr") is None and not demanded and "CI" not in os.environ, reason="needs requirements-ocr.txt"
)


@pytest.fixture(scope="module")
def own_postgresql():
    """The address of a PostgreSQL for one file of tests."""
    need(postgresql.found("initdb"), POSTGRESQL)
    with postgresql.private() as url:
        yield url
