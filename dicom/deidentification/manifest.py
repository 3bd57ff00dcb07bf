"""The record of one de-identification, which can be stored, shown and checked. It quotes no value of the object."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

ENGINE = "harrison.imagery.deidentification"
VERSION = "2.0.0"  # rises whenever the same original would give another research copy


@dataclass(frozen=True)
class Box:
    """A rectangle of one frame (or of every frame, if `frame` is None), in image pixels from the top left.

    Frames count from 0.

    Raises:
        ValueError: it is empty, or begins before the image does.
    """

    frame: int | None
    left: int
    top: int
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1 or self.left < 0 or self.top < 0 or (self.frame or 0) < 0:
            raise ValueError("A box has a width and a height, and begins inside the image.")


@dataclass(frozen=True)
class Manifest:
    """The record of one research copy, as its maker writes it. `dicom.visits` adds `sha256` and `boxes`.

    Attributes:
        profile: the profile of the standard with its edition, such as "PS3.15 2026d Basic …".
        options: the codes of CID 7050 that the copy carries, with their meanings.
        engine: what made the copy.
        version: of the engine.
        key_id: the public name of the project's key.
        media_type: of the research copy: a JPEG becomes image/png.
        counts: how many attributes each action met.
        removed: tags of the attributes left out, as "(gggg,eeee)", without their values.
        pixels_digest: keyed, of its decoded pixels: frames in order, samples as stored, little endian. It tells whether
            two copies show the same, and without the project's key it tells nothing of an original.
    """

    profile: str
    options: Mapping[str, str]
    engine: str
    version: str
    key_id: str
    media_type: str
    counts: Mapping[str, int]
    removed: list[str]
    pixels_digest: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def format_tags(tags: set[int]) -> list[str]:
    return [f"({tag >> 16:04X},{tag & 0xFFFF:04X})" for tag in sorted(tags)]
