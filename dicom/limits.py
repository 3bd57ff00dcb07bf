"""How much one file may cost. A test tries each of these numbers one below, at, and one above."""

from dataclasses import dataclass

MIB = 1024 * 1024
GIB = 1024 * MIB
THUMBNAIL_SIDE = 256  # pixels of the longer side


@dataclass(frozen=True)
class Limits:
    """The size that a file may have in each direction, and what the process that reads it may use."""

    side: int = 20_000  # rows or columns
    picture_pixels: int = 50_000_000  # of a PNG or JPEG
    frame_pixels: int = 100_000_000  # of one DICOM frame
    frames: int = 2_000
    depth: int = 32  # sequences inside sequences
    elements: int = 250_000  # data elements and items, nested ones included
    header: int = 16 * MIB  # bytes of the data elements that are read, without the pixels
    inflated: int = 256 * MIB  # bytes of a deflated data set
    checked_pixels: int = 12_000_000  # decoded by describe: all frames up to this sum, else the first and the last
    drawn: int = 128 * MIB  # bytes of the pixels of a PNG that is drawn

    address_space: int = 2 * GIB  # bytes, per child process
    written: int = 4 * GIB  # bytes of a file that a child process writes
    cpu: float = 10.0  # seconds of processor time to describe or draw a file
    wall: float = 15.0  # seconds on the clock to describe or draw a file
    copy_cpu: float = 120.0  # seconds of processor time to de-identify a file
    copy_wall: float = 180.0  # seconds on the clock to de-identify a file
    queue: float = 60.0  # seconds that a file waits for a child process


LIMITS = Limits()
