"""The options of PS3.15 Annex E by which a copy keeps useful data. A project may switch each of them off."""

from enum import StrEnum


class Option(StrEnum):
    """An option, by its code in CID 7050 of PS3.16. Copies and manifests name those that are on."""

    DESCRIPTORS = "113105"
    SHIFTED_DATES = "113107"
    CHARACTERISTICS = "113108"
    DEVICES = "113109"
    SAFE_PRIVATE = "113111"

    @property
    def meaning(self) -> str:
        return MEANINGS[self]


MEANINGS = {
    Option.DESCRIPTORS: "Clean Descriptors Option",
    Option.SHIFTED_DATES: "Retain Longitudinal Temporal Information Modified Dates Option",
    Option.CHARACTERISTICS: "Retain Patient Characteristics Option",
    Option.DEVICES: "Retain Device Identity Option",
    Option.SAFE_PRIVATE: "Retain Safe Private Option",
}
ALL_OPTIONS = frozenset(Option)
