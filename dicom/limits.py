"""How much one file may cost. Every number here is tested at one below, at, and one above."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What a file may ask of us before it is refused, and what the process that reads it may use."""

    side: int = 20_000  # rows or columns
    picture_pixels: int = 50_000_000  # of a PNG or JPEG
    frame_pixels: int = 100_000_000  # of one DICOM frame
    frames: int = 2_000
    depth: int = 32  # sequences inside sequences
    elements: int = 250_000  # data elements and items, nested ones included
    header: int = 16 * MIB  # bytes of the data elements that are read, without the pixels
    inflated: int = 256 * MIB  # bytes of a deflated data set
    checked_pixels: int = 12_000_000  # decoded on arrival: all frames up to this sum, else the first and the last
    drawn: int = 128 * MIB  # bytes of the pixels of a rendered PNG

    address_space: int = 1024 * MIB  # bytes, per child process
    cpu: float = 10.0  # seconds of processor time, per file
    wall: float = 15.0  # seconds on the clock, per file
    queue: float = 60.0  # seconds to wait for a free child process
    jobs: int = 500  # files, after which a child process is replaced


LIMITS = Limits()
