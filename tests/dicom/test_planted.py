"""No identifier that is planted in an original is found in its research copy: whichever attribute holds it, however
deep, in whatever transfer syntax and character set. And the search is known to see: a rule switched off is found."""

import pytest
from pydicom import dcmread
from pydicom.uid import EnhancedCTImageStorage

from dicom.deidentification import engine, rules, values
from dicom.deidentification.replacements import days_earlier, replacement_uid
from dicom.deidentification.times import Shift
from tests.kit.cases import failures
from tests.kit.planted import (
    CHARACTER_SETS,
    LEFT_ON_PURPOSE,
    SYNTAXES,
    deepest,
    found,
    planted_file,
    plants,
)
from tests.kit.untrusted import SECRETS, deidentify

PLANTS = [one for one in plants() if one.tag not in LEFT_ON_PURPOSE]

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def copy_of(original):
    target = original.with_name(f"{original.name}.copy")
    deidentify(original, target)
    return target


def test_the_table_has_more_than_six_hundred_and_fifty_attributes():
    assert len(PLANTS) + len(LEFT_ON_PURPOSE) > 650


@pytest.mark.soak
def test_nothing_is_left_of_an_attribute_that_is_planted_alone(tmp_path):
    def check(one):
        top = planted_file(tmp_path / f"{one.name} top", [one])
        deep = planted_file(tmp_path / f"{one.name} deep", [one], depth=3)
        assert found(top, [one]) == found(deep, [one]) == [one.name]
        assert found(copy_of(top), [one]) == found(copy_of(deep), [one]) == []

    assert failures(PLANTS, check, name=lambda one: one.name) == {}


@pytest.mark.parametrize("character_set", CHARACTER_SETS)
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_nothing_is_left_in_any_syntax_and_character_set(syntax, character_set, tmp_path):
    name = CHARACTER_SETS[character_set]
    planted = [one for one in plants(name) if one.tag not in LEFT_ON_PURPOSE]
    for depth in (0, 3):
        original = planted_file(tmp_path / f"{depth}", planted, depth=depth, syntax=syntax, character_set=character_set)
        assert len(found(original, planted, name)) == len(planted) + 1
        assert found(copy_of(original), planted, name) == []


def test_the_place_three_sequences_deep_is_kept_and_was_walked(tmp_path):
    item = deepest(dcmread(copy_of(planted_file(tmp_path / "deep", PLANTS, depth=3))))
    assert item.ReferencedSOPClassUID == EnhancedCTImageStorage
    assert item.ReferencedSOPInstanceUID == replacement_uid(SECRETS, "a patient", item_uid(tmp_path / "deep"))


def item_uid(path):
    return deepest(dcmread(path)).ReferencedSOPInstanceUID


def without_dates(patch):
    patch.setattr(engine, "shift_of", lambda secrets, patient: Shift(0, 0))


def without_uids(patch):
    patch.setattr(values, "replacement_uid", lambda secrets, patient, uid: uid)


def without_the_table_and_the_rules_of_texts(patch):
    patch.setattr(rules, "profile", dict)
    patch.setattr(values, "is_safe_text", lambda keyword, text, identity: True)


def without_the_allow_list(patch, kind="3"):
    known = rules.allowed_in(EnhancedCTImageStorage)
    patch.setattr(rules, "allowed_in", lambda sop_class: {**EVERYTHING, **known, **dict.fromkeys(EVERYTHING, kind)})
    patch.setattr(rules, "allowed_under", lambda sequence: dict.fromkeys(EVERYTHING, kind))


def without_both(patch):
    without_the_allow_list(patch)
    without_the_table_and_the_rules_of_texts(patch)


EVERYTHING = {one.tag: "3" for one in PLANTS} | dict.fromkeys((0x52009229, 0x00089124, 0x00082112), "3")


@pytest.mark.parametrize(
    "switch_off", [without_dates, without_uids, without_the_table_and_the_rules_of_texts, without_both]
)
def test_the_search_finds_something_when_one_rule_is_switched_off(switch_off, tmp_path, monkeypatch):
    original = planted_file(tmp_path / "top", PLANTS)
    switch_off(monkeypatch)
    assert found(copy_of(original), PLANTS)


@pytest.mark.parametrize("kind", ["1", "2", "3"], ids="Type {}".format)
@pytest.mark.parametrize("depth", [0, 3])
def test_the_table_alone_leaves_nothing_when_every_attribute_is_allowed(depth, kind, tmp_path, monkeypatch):
    original = planted_file(tmp_path / "planted", PLANTS, depth=depth)
    without_the_allow_list(monkeypatch, kind)
    assert found(copy_of(original), PLANTS) == []


def test_the_copy_of_an_original_without_plants_looks_the_same_to_the_search(tmp_path):
    original = planted_file(tmp_path / "none", [])
    assert found(copy_of(original), PLANTS) == []


def test_days_and_uids_of_the_test_are_moved_at_all():
    assert days_earlier(SECRETS, "a patient") > len(PLANTS)
