"""The private attributes that PS3.15 Table E.3.10-1 lists as safe, such as the SUV factor of Philips.

Only numeric ones stay, and only if the value has the representation that the table gives.
"""

from functools import cache

from pydicom.dataset import Dataset

from dicom.deidentification.rules import read_table


def creators_of_safe_tags(dataset: Dataset) -> dict[int, int]:
    """Map each safe private attribute of this level to its Private Creator, tag to tag.

    A creator (gggg,00bb) reserves the elements (gggg,bb00) to (gggg,bbFF) (PS3.5 7.8.1).
    """
    creators = {}
    for creator in (tag for tag in dataset.keys() if tag.is_private_creator):  # noqa: SIM118 iteration would decode
        safe = safe_elements(str(dataset[creator].value).strip())
        for low_byte in safe.get(creator.group, ()):
            creators[creator.group << 16 | (creator.element & 0xFF) << 8 | low_byte] = int(creator)
    return {tag: creator for tag, creator in creators.items() if tag in dataset}


def expected_vr(creator: str, tag: int) -> str | None:
    """Look up the value representation that the table gives this attribute."""
    rows: dict[str, str] = read_table("safe_private.json")["creators"].get(creator, {})
    return rows.get(f"{tag >> 16:04X}xx{tag & 0xFF:02X}")


@cache
def safe_elements(creator: str) -> dict[int, tuple[int, ...]]:
    """Map each group to the low bytes of the safe attributes of a creator."""
    rows = read_table("safe_private.json")["creators"].get(creator, {})
    groups = {int(row[:4], 16) for row in rows}
    return {group: tuple(int(row[6:], 16) for row in rows if int(row[:4], 16) == group) for group in groups}
