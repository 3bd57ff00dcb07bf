"""Reading DICOM without pydicom repeating what it reads.

pydicom's warnings and log quote the values that they complain of, and a log is no place for a patient's name.
"""

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from struct import error as StructError
from zlib import error as ZlibError

from pydicom.config import disable_value_validation
from pydicom.errors import BytesLengthException, InvalidDicomError

# What pydicom raises over a value that it cannot decode.
UNREADABLE = (
    ValueError, TypeError, LookupError, ArithmeticError, AttributeError, NotImplementedError, RecursionError,
    EOFError, OSError, StructError, ZlibError, BytesLengthException, InvalidDicomError,
)  # fmt: skip

# The switches below belong to the whole process, so one thread turns them at a time.
LOGGER = logging.getLogger("pydicom")
ONE_AT_A_TIME = threading.RLock()


@contextmanager
def quietly() -> Iterator[None]:
    """Neither validate values nor warn of them, nor log them."""
    with ONE_AT_A_TIME, warnings.catch_warnings(), disable_value_validation():
        warnings.simplefilter("ignore")
        was_disabled, LOGGER.disabled = LOGGER.disabled, True
        try:
            yield
        finally:
            LOGGER.disabled = was_disabled
