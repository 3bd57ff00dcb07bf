"""The tables of the standard, and what they say about one attribute.

`data/profile.json` is PS3.15 Table E.1-1, `data/iods.json` the attributes that PS3.3 gives each image IOD, with their
Types. `data/build.py` says where both come from, `data/build_terms.py` where the Defined Terms come from.
"""

import json
import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from dicom.deidentification.option_tags import DESCRIPTORS, DEVICES, LABELS
from dicom.deidentification.options import ALL_OPTIONS, Option
from dicom.deidentification.technique import useful_attributes

DATA = Path(__file__).parent / "data"

PATIENT_SEX, PATIENT_AGE, PATIENT_SIZE, PATIENT_WEIGHT = 0x00100040, 0x00101010, 0x00101020, 0x00101030
PREGNANCY_STATUS = 0x001021C0
# Retain Patient Characteristics (E.3.4) covers these alone. Size and weight are needed for the SUV of PET.
CHARACTERISTICS = frozenset({PATIENT_SEX, PATIENT_AGE, PATIENT_SIZE, PATIENT_WEIGHT, PREGNANCY_STATUS})

# Times of day that dynamic studies and SUV are computed from. Every other time is left out: it says little about the
# image.
TIMES = frozenset({
    0x00080030, 0x00080031, 0x00080032, 0x00080033,  # study, series, acquisition, content
    0x00181072, 0x00181073, 0x00181042, 0x00181043,  # start and stop of tracer and of contrast
    0x30060009,  # structure set
})  # fmt: skip

# Listed in no rule of Table E.1-1, yet no copy may hold them: encrypted originals, parameters of signatures,
# descriptions of private attributes, references to clinical documents.
NEVER = frozenset({0x04000500, 0x4FFE0001, 0x00080300, 0x0040A390})


# These modules may stand in every image: scanners write a rescale slope where the IOD has none, and without it a copy
# would look different from the original.
SHADING_MODULES = ("modality-lut", "voi-lut")
# So may the other attributes that drawing reads: the relationship to X-ray intensity, and palettes in either form.
DRAWN_ATTRIBUTES = frozenset({0x00281040, *range(0x00281101, 0x00281104), *range(0x00281201, 0x00281204),
                              *range(0x00281221, 0x00281224)})  # fmt: skip


class Action(Enum):
    """The treatment of an attribute."""

    REMOVE = "removed"
    STAND_IN = "emptied or given a dummy value, as the attribute's Type asks"
    SHIFT = "moved in time"
    DESCRIBE = "left if every word is a technical one"
    DEVICE = "replaced by a keyed stand-in"
    LABEL = "left if every word is a technical one, else replaced by a number"
    UID = "replaced by a keyed UID"
    ENTER = "entered, and each attribute inside judged"
    JUDGE = "judged by its value representation"


def action(tag: int, vr: str, options: frozenset[Option] = ALL_OPTIONS) -> Action:
    """Return what Table E.1-1 with these options requires for an attribute that the IOD allows."""
    if tag in NEVER:
        return Action.REMOVE
    rule = profile().get(tag)
    if tag in CHARACTERISTICS and Option.CHARACTERISTICS in options:
        return Action.JUDGE
    if tag in LABELS:
        return Action.LABEL
    if tag in DESCRIPTORS and Option.DESCRIPTORS in options:
        return Action.DESCRIBE
    if tag in DEVICES and Option.DEVICES in options:
        return Action.DEVICE
    if rule is None:
        return Action.ENTER if vr == "SQ" else Action.JUDGE
    if Option.SHIFTED_DATES in options and ((vr in ("DA", "DT") and rule.get("dates") == "C") or tag in TIMES):
        return Action.SHIFT
    return BASIC.get(rule["basic"], Action.STAND_IN)


BASIC = {"X": Action.REMOVE, "U": Action.UID, "X/Z/U*": Action.ENTER}


@cache
def profile() -> dict[int, dict[str, str]]:
    """Read Table E.1-1 by tag. Its repeating groups and private attributes have no number and are on no allow-list."""
    rules: dict[str, dict[str, str]] = read_table("profile.json")["rules"]
    return {int(tag, 16): rule for tag, rule in rules.items() if re.fullmatch("[0-9A-F]{8}", tag)}


@cache
def edition() -> str:
    """Return the edition of PS3.15, such as 2026d."""
    return str(read_table("profile.json")["source"]["edition"])


@cache
def allowed_in(sop_class: str) -> Mapping[int, str]:
    """Map the attributes that an object of this SOP Class may have at its top level to their Types.

    Raises:
        KeyError: no image IOD that we know has this SOP Class.
    """
    iods = read_table("iods.json")
    iod = iods["sop_classes"][sop_class]
    attributes = dict.fromkeys(useful_attributes(iod) | DRAWN_ATTRIBUTES, "3")
    for module in [*iods["iods"][iod], *SHADING_MODULES]:
        for tag, kind in by_tag(iods["modules"][module]).items():
            attributes[tag] = min(attributes.get(tag, "3"), kind)  # "1" < "1C" < "2" < "2C" < "3"
    return attributes


@cache
def allowed_under(sequence: int) -> Mapping[int, str]:
    """Map the attributes that items of this sequence may have to their Types. Items of an unknown one may have none."""
    return by_tag(read_table("iods.json")["sequences"].get(f"{sequence:08X}", {}))


def is_image_class(sop_class: str) -> bool:
    """Whether its attributes are known, so that it can be cleaned."""
    return sop_class in read_table("iods.json")["sop_classes"]


def by_tag(table: Mapping[str, str]) -> dict[int, str]:
    return {int(tag, 16): kind for tag, kind in table.items()}


@cache
def read_table(name: str) -> dict[str, Any]:
    """Read one of the tables in `data/`."""
    tables: dict[str, Any] = json.loads((DATA / name).read_text())
    return tables
