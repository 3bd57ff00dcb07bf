"""A new data set that holds only what is known to be safe, made from one that may hold anything.

Each level is walked in the same way, however deep. An attribute that the level's allow-list does not name is not even
decoded. One that it names is handled by Table E.1-1, and one that the table does not list by its value representation.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from dicom.deidentification import coded_entries, descriptors, devices, labels, private_attributes, rules, times, values
from dicom.deidentification.drawn_elements import drawn_element
from dicom.deidentification.identity import Identity
from dicom.deidentification.options import Option
from dicom.deidentification.pydicom_quiet import UNREADABLE
from dicom.deidentification.replacements import Subject
from dicom.deidentification.rules import Action
from dicom.deidentification.times import Shift

SPECIFIC_CHARACTER_SET = 0x00080005
# Written anew: the character set by `clean_header`, the pixels by `pixels`.
REWRITTEN = frozenset({SPECIFIC_CHARACTER_SET, 0x7FE00010, 0x7FE00001, 0x7FE00002})
# Shared and Per-Frame Functional Groups Sequence.
FUNCTIONAL_GROUPS = frozenset({0x52009229, 0x52009230})


@dataclass
class Cleaning:
    """The cleaning of one object: what it needs to know, and what it has done so far."""

    subject: Subject
    shift: Shift  # of dates and times
    identity: Identity
    counts: Counter[str] = field(default_factory=Counter)
    removed: set[int] = field(default_factory=set)

    def note_removed(self, tag: int) -> None:
        self.counts["removed"] += 1
        self.removed.add(int(tag))


def clean_header(dataset: Dataset, sop_class: str, cleaning: Cleaning) -> Dataset:
    """Clean everything but the pixels. Text is decoded by the sets that the original names, and written as UTF-8."""
    copy = clean_level(dataset, rules.allowed_in(sop_class), cleaning)
    copy.SpecificCharacterSet = "ISO_IR 192"
    return copy


def clean_level(
    dataset: Dataset, allowed: Mapping[int, str], cleaning: Cleaning, rewritten: frozenset[int] = REWRITTEN
) -> Dataset:
    """Clean one level: the object itself or an item of a sequence. The caller writes the tags in `rewritten`."""
    copy = Dataset()
    copy.set_original_encoding(*dataset.original_encoding)  # the order of bytes in tables
    if Option.SAFE_PRIVATE in cleaning.subject.options:
        for private, creator in private_attributes.safe_private_elements(dataset):
            if not values.names_someone(private, cleaning.identity):
                copy[private.tag], copy[creator.tag] = private, creator
    for tag in dataset.keys() - rewritten - copy.keys():
        element = clean_element(dataset, tag, allowed[tag], cleaning) if tag in allowed else None
        if element is None:
            cleaning.note_removed(tag)
        else:
            copy[element.tag] = element
    return copy


def clean_element(dataset: Dataset, tag: int, kind: str, cleaning: Cleaning) -> DataElement | None:
    """Return the attribute as it may stand in the copy, or None. `kind` is its Type in this IOD."""
    element = read_element(dataset, tag)
    if element is None:
        return None
    vr = element.VR
    value = new_value(element, rules.action(tag, vr, cleaning.subject.options), dataset, cleaning)
    if vr == "SQ" and kind != "1" and is_hollow(tag, value):
        value = None
    if value is None and (element.value is not None or vr == "SQ"):
        return substitute_value(tag, vr, kind, cleaning)
    cleaning.counts["kept"] += value == element.value
    return DataElement(tag, vr, value)


def is_hollow(tag: int, items: Sequence | None) -> bool:
    """Whether a sequence has no content left. Functional groups keep their items, since each stands for a frame."""
    return tag not in FUNCTIONAL_GROUPS and not any(len(item) for item in items or ())


def read_element(dataset: Dataset, tag: int) -> DataElement | None:
    """Decode the element; None if its value is not what it claims to be."""
    try:
        return drawn_element(dataset, tag) or dataset[tag]
    except UNREADABLE:
        return None


def substitute_value(tag: int, vr: str, kind: str, cleaning: Cleaning) -> DataElement | None:
    """Return what replaces a value that may not stay; None if the profile removes the attribute."""
    if rules.action(tag, vr, cleaning.subject.options) is Action.REMOVE:
        return None
    element = values.substitute_element(tag, vr, kind)
    if element is not None:
        cleaning.counts["replaced" if kind.startswith("1") else "emptied"] += 1
    return element


def new_value(element: DataElement, action: Action, level: Dataset, cleaning: Cleaning) -> Any:
    """Return the value that the action leaves, or None. `level` holds the element."""
    if action is Action.ENTER:
        return clean_items(element, cleaning)
    if action is Action.UID or (action is Action.JUDGE and element.VR == "UI"):
        cleaning.counts["uids_replaced"] += 1
        return values.replace_uids(element, cleaning.subject)
    if action is Action.SHIFT or (action is Action.JUDGE and element.VR in ("DA", "DT")):
        return shift_if_on(element, level, cleaning)
    if action is Action.DEVICE:
        cleaning.counts["devices_replaced"] += 1
        return devices.replace_device(element, cleaning.subject.secrets)
    if action is Action.LABEL:
        keeps_technical = Option.DESCRIPTORS in cleaning.subject.options
        return labels.clean_label(element, level, cleaning.identity, keeps_technical=keeps_technical)
    if action is Action.DESCRIBE:
        return values.apply_to_all(element.value, lambda text: descriptors.clean_description(text, cleaning.identity))
    return values.judge_value(element, cleaning.identity) if action is Action.JUDGE else None


def shift_if_on(element: DataElement, level: Dataset, cleaning: Cleaning) -> Any:
    """Return the dates or times of an element moved back; None if the project keeps no dates."""
    if Option.SHIFTED_DATES not in cleaning.subject.options:
        return None
    cleaning.counts["dates_shifted"] += element.VR != "TM"
    return times.shift_element(element, level, cleaning.shift)


def clean_items(element: DataElement, cleaning: Cleaning) -> Sequence | None:
    """Clean the items of a sequence; None if there were items and none may stay."""
    allowed = rules.allowed_under(int(element.tag))
    items = [clean_item(item, allowed, cleaning) for item in element.value]
    kept_items = [item for item in items if item is not None]
    if int(element.tag) in coded_entries.SEGMENT_CODES and not kept_items:
        return Sequence([coded_entries.other()])
    return Sequence(kept_items) if kept_items or not items else None


def clean_item(item: Dataset, allowed: Mapping[int, str], cleaning: Cleaning) -> Dataset | None:
    """Clean one item. A coded entry stays only if its code is published, and in published words."""
    if not coded_entries.is_coded_entry(item):
        return clean_level(item, allowed, cleaning)
    code = coded_entries.published_code(item, cleaning.identity)
    if code is None:
        cleaning.counts["codes_removed"] += 1
        return None
    copy = clean_level(item, allowed, cleaning, REWRITTEN | coded_entries.CODE_TAGS)
    copy.CodingSchemeDesignator, copy.CodeValue, copy.CodeMeaning = code
    return copy
