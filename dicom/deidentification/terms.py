"""The Enumerated Values and Defined Terms of PS3.3: values that the standard itself gives to an attribute.

Such a value says nothing about a patient, whatever they are called: a patient called Hand leaves X-rays their HAND.
"""

from functools import cache

from dicom.deidentification.allow_list import body_parts
from dicom.deidentification.rules import read_table

BODY_PART = "BodyPartExamined"
# Values that must not be left out where an attribute needs one, and that say nothing.
NEUTRAL = ("UNKNOWN", "UNSPECIFIED", "UNDEFINED", "OTHER", "NONE")


def is_defined_term(keyword: str, text: str) -> bool:
    """Whether the standard gives this value to this attribute. Small letters are tolerated, as devices write them."""
    return text.strip().upper() in defined_terms(keyword)


@cache
def defined_terms(keyword: str) -> frozenset[str]:
    """Return all the values of an attribute in any module, in capitals; none if the standard gives none."""
    terms = frozenset(term.upper() for term in read_table("terms.json")["terms"].get(keyword, ()))
    return terms | body_parts() if keyword == BODY_PART else terms


def neutral_term(keyword: str) -> str | None:
    """Return a Defined Term of the attribute that says nothing, if it has one."""
    return next((term for term in NEUTRAL if term in defined_terms(keyword)), None)
