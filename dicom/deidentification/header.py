"""A new dataset that holds only what is known to be safe, made from one that holds anything.

Each level is walked in the same way, however deep: what the level's allow-list does not name is not even decoded, what
it names goes by Table E.1-1, and what that does not list goes by its value representation.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from . import coded_entries, private_tags, rules, values
from .pydicom_quiet import UNREADABLE
from .replacements import Secrets
from .rules import Action

SPECIFIC_CHARACTER_SET = 0x00080005
# Written by us: the character set by `cleaned_header`, the pixels by `pixels`.
OURS = frozenset({SPECIFIC_CHARACTER_SET, 0x7FE00010, 0x7FE00001, 0x7FE00002})


@dataclass
class Cleaning:
    """One object's cleaning: what it needs to know, and what it has done so far."""

    secrets: Secrets
    days: int  # by which dates move back
    words: frozenset[str]  # that name the patient
    counts: Counter[str] = field(default_factory=Counter)
    removed: set[int] = field(default_factory=set)

    def note_removed(self, tag: int) -> None:
        self.counts["removed"] += 1
        self.removed.add(int(tag))


def cleaned_header(dataset: Dataset, sop_class: str, cleaning: Cleaning) -> Dataset:
    """Everything but the pixels. Text is decoded by the sets that the original names, and written as UTF-8."""
    copy = cleaned_level(dataset, rules.allowed_in(sop_class), cleaning)
    copy.SpecificCharacterSet = "ISO_IR 192"
    return copy


def cleaned_level(
    dataset: Dataset, allowed: Mapping[int, str], cleaning: Cleaning, ours: frozenset[int] = OURS
) -> Dataset:
    """One level of attributes: the object itself or an item of a sequence. `ours` are written by the caller."""
    copy = Dataset()
    safe = private_tags.safe_blocks(dataset)
    for tag in dataset.keys() - ours - set(safe.values()):
        element = None
        if tag in safe:
            element = safe_private(dataset, tag, safe[tag], copy)
        elif tag in allowed:
            element = cleaned_element(dataset, tag, allowed[tag], cleaning)
        if element is None:
            cleaning.note_removed(tag)
        else:
            copy[element.tag] = element
    return copy


def safe_private(dataset: Dataset, tag: int, creator: int, copy: Dataset) -> DataElement | None:
    """A private number from the standard's list, which takes its Private Creator along."""
    owner = dataset[creator]
    element = readable(dataset, tag)
    expected = private_tags.expected_vr(str(owner.value).strip(), tag)
    if element is None or str(element.VR) != expected or not values.is_number(element):
        return None
    copy[creator] = DataElement(creator, "LO", str(owner.value).strip())
    return element


def cleaned_element(dataset: Dataset, tag: int, kind: str, cleaning: Cleaning) -> DataElement | None:
    """The attribute as it may stand in the copy, or None. `kind` is its Type in this IOD."""
    element = readable(dataset, tag)
    if element is None:
        return None
    vr = element.VR
    value = new_value(element, rules.action(tag, vr), cleaning)
    if value is None and (element.value is not None or vr == "SQ"):
        return substitute(tag, vr, kind, cleaning)
    cleaning.counts["kept"] += value == element.value
    return DataElement(tag, vr, value)


def readable(dataset: Dataset, tag: int) -> DataElement | None:
    """The element decoded; None when its value cannot be read as what it claims to be."""
    try:
        return dataset[tag]
    except UNREADABLE:
        return None


def substitute(tag: int, vr: str, kind: str, cleaning: Cleaning) -> DataElement | None:
    """What stands in for a value that may not stay; nothing when the profile removes the attribute for good."""
    if rules.action(tag, vr) is Action.REMOVE:
        return None
    element = values.stand_in(tag, vr, kind)
    if element is not None:
        cleaning.counts["replaced" if kind.startswith("1") else "emptied"] += 1
    return element


def new_value(element: DataElement, action: Action, cleaning: Cleaning) -> Any:
    """The value that the action leaves; None when none is left."""
    if action is Action.ENTER:
        return cleaned_items(element, cleaning)
    if action is Action.UID or (action is Action.JUDGE and element.VR == "UI"):
        cleaning.counts["uids_replaced"] += 1
        return values.replaced_uids(element, cleaning.secrets)
    if action is Action.SHIFT or (action is Action.JUDGE and element.VR in ("DA", "DT")):
        cleaning.counts["dates_shifted"] += element.VR != "TM"
        return values.shifted(element, cleaning.days)
    return values.judged(element, cleaning.words) if action is Action.JUDGE else None


def cleaned_items(element: DataElement, cleaning: Cleaning) -> Sequence | None:
    """The items of a sequence, cleaned; None when there were items and none may stay."""
    allowed = rules.allowed_under(int(element.tag))
    items = [cleaned_item(item, allowed, cleaning) for item in element.value]
    left = [item for item in items if item is not None]
    return Sequence(left) if left or not items else None


def cleaned_item(item: Dataset, allowed: Mapping[int, str], cleaning: Cleaning) -> Dataset | None:
    """One item. A coded entry stays only if its code is published, and in published words."""
    if not coded_entries.is_coded_entry(item):
        return cleaned_level(item, allowed, cleaning)
    code = coded_entries.published(item)
    if code is None:
        cleaning.counts["codes_removed"] += 1
        return None
    copy = cleaned_level(item, allowed, cleaning, OURS | coded_entries.PARTS)
    copy.CodingSchemeDesignator, copy.CodeValue, copy.CodeMeaning = code
    return copy
