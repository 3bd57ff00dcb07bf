"""Reading DICOM without pydicom repeating what it reads.

pydicom's warnings and log lines quote the values that they are about, and a log is no place for a patient's name.
"""

import logging
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
LOGGER = logging.getLogger("pydicom")


@contextmanager
def quietly() -> Iterator[None]:
    """Do not validate values, warn of them or log them. These switches are the whole process's."""
    with warnings.catch_warnings(), disable_value_validation():
        warnings.simplefilter("ignore")
        was_disabled, LOGGER.disabled = LOGGER.disabled, True
        try:
            yield
        finally:
            LOGGER.disabled = was_disabled
