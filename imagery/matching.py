"""Compare two descriptions of a patient: they may be one person, or they contradict each other.

A value that is absent never contradicts. Neither does a placeholder, such as ANONYMOUS.
"""

import unicodedata
from dataclasses import dataclass, field

# Written where the sender knows no record number or no name. In small letters, without blanks and punctuation.
PLACEHOLDERS = frozenset({
    "anon", "anonym", "anonyme", "anonymised", "anonymized", "anonymous", "anonymousid", "anonymouspatient",
    "anonymus", "blank", "default", "deid", "deidentified", "desconocido", "dummy", "empty", "id", "inconnu",
    "missing", "na", "nan", "nil", "noid", "noname", "none", "nonumber", "nopatientid", "notapplicable",
    "notavailable", "notspecified", "null", "patient", "patientid", "patientname", "pid", "removed", "sconosciuto",
    "temp", "test", "testpatient", "unbekannt", "undef", "undefined", "unidentified", "unk", "unknown", "unknownid",
    "unknownpatient", "unnamed", "unspecified",
})  # fmt: skip
MIN_REPEATED_DIGITS = 4  # 9999 is no number of a person, 11 may be one
IGNORED_CATEGORIES = ("P", "S", "Z", "C")  # of Unicode: punctuation, symbols, separators, control characters


@dataclass(frozen=True)
class Person:
    """The facts about a patient in a file or from a doctor. No value shows in `repr`, so none can reach a log."""

    name: str = field(default="", repr=False)  # as DICOM writes it (PN)
    other_names: tuple[str, ...] = field(default=(), repr=False)
    record_number: str = field(default="", repr=False)
    issuer: str = field(default="", repr=False)
    other_ids: tuple[str, ...] = field(default=(), repr=False)
    birth_date: str = field(default="", repr=False)  # ISO 8601
    sex: str = field(default="", repr=False)

    def contradictions(self, other: "Person") -> list[str]:
        """Return which facts show that these are two people, in words and without values."""
        differs = {
            "record number": record_numbers_contradict(self, other),
            "name": names_contradict(self, other),
            "birth date": differ(self.birth_date, other.birth_date),
            "sex": differ(self.sex, other.sex),
        }
        return [fact for fact, is_different in differs.items() if is_different]

    def likeness(self, other: "Person") -> int:
        """Count the facts that both know, of people who do not contradict each other."""
        pairs = ((self.birth_date, other.birth_date), (self.sex, other.sex))
        both_named = not (is_placeholder_name(self.name) or is_placeholder_name(other.name))
        return both_named + sum(bool(one and another) for one, another in pairs)


def differ(one: str, other: str) -> bool:
    return bool(one and other) and one != other


def is_placeholder(record_number: str) -> bool:
    """Whether this record number is none: empty, a word such as UNKNOWN, or one character repeated."""
    text = compact(record_number)
    if text in PLACEHOLDERS or not text:
        return True
    return len(set(text)) == 1 and (text[0] in "0x" or len(text) >= MIN_REPEATED_DIGITS)


def record_numbers_contradict(one: Person, other: Person) -> bool:
    """Whether one issuer gave two numbers. Numbers of two issuers cannot be compared."""
    if is_placeholder(one.record_number) or is_placeholder(other.record_number) or differ(one.issuer, other.issuer):
        return False
    is_known = one.record_number in (other.record_number, *other.other_ids) or other.record_number in one.other_ids
    return not is_known


def names_contradict(one: Person, other: Person) -> bool:
    """Whether no name of one can be a name of the other."""
    names, others = ([name for name in (p.name, *p.other_names) if not is_placeholder_name(name)] for p in (one, other))
    return bool(names and others) and all(differ_as_names(name, another) for name in names for another in others)


def is_placeholder_name(name: str) -> bool:
    """Whether this name is none: empty, or only words such as ANONYMOUS, perhaps with a number."""
    words = words_of(name)
    return all(is_placeholder(word) or word.isdigit() for word in words)


def differ_as_names(one: str, other: str) -> bool:
    """Compare the first component group that both names have (PS3.5 6.2, PN: alphabetic, ideographic, phonetic)."""
    for group, another in zip(one.split("="), other.split("="), strict=False):
        if words_of(group) and words_of(another):
            return differ_as_groups(group, another)
    return False


def differ_as_groups(one: str, other: str) -> bool:
    """Compare family name, given name, middle name and suffix; a part that one name lacks is not compared."""
    (family, given, middle, _, suffix), (family2, given2, middle2, _, suffix2) = split_group(one), split_group(other)
    if not (given and given2):
        return differ_in_words(f"{family} {given} {middle}", f"{family2} {given2} {middle2}")
    return (
        differ(compact(family), compact(family2))
        or differ_in_words(given, given2)
        or differ_as_middle_names(compact(middle), compact(middle2))
        or differ(compact(suffix), compact(suffix2))
    )


def differ_in_words(one: str, other: str) -> bool:
    """Whether each text has a word that the other lacks. `Jane` and `Jane Mary`, `Doe Jane` and `Jane Doe` agree."""
    words, words2 = words_of(one), words_of(other)
    return compact(one) != compact(other) and not (words <= words2 or words2 <= words)


def differ_as_middle_names(one: str, other: str) -> bool:
    """Compare middle names, of which one may be an initial."""
    return differ(one, other) and not (min(len(one), len(other)) == 1 and one[0] == other[0])


def split_group(group: str) -> list[str]:
    """Return the five components of a group: family name, given name, middle name, prefix and suffix."""
    return [*group.split("^"), "", "", "", "", ""][:5]


def words_of(text: str) -> frozenset[str]:
    spaced = "".join(letter if is_counted(letter) else " " for letter in fold(text))
    return frozenset(spaced.split())


def compact(text: str) -> str:
    """Return the letters and digits of a text in small letters: O'Brien, O’BRIEN and OBrien are one."""
    return "".join(filter(is_counted, fold(text)))


def fold(text: str) -> str:
    """Bring equal texts to one Unicode form without case and width (NFKC and case folding)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def is_counted(letter: str) -> bool:
    return unicodedata.category(letter)[0] not in IGNORED_CATEGORIES
