"""The options of PS3.15 Annex E by which a copy keeps useful data. A project may switch each of them off."""

from enum import StrEnum

from pydicom.datadict import tag_for_keyword


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


def tags_of(*keywords: str) -> frozenset[int]:
    return frozenset(int(tag_for_keyword(keyword) or 0) for keyword in keywords)


# Texts of the column "Clean Descriptors" of Table E.1-1 that say what was examined and how. Comments, reasons and
# diagnoses stay out.
DESCRIPTORS = tags_of(
    "StudyDescription", "SeriesDescription", "ProtocolName", "AcquisitionProtocolName",
    "AcquisitionProtocolDescription", "AcquisitionDeviceProcessingDescription", "PerformedProcedureStepDescription",
    "RequestedProcedureDescription", "ContrastBolusAgent", "ContrastBolusRoute", "DerivationDescription",
)  # fmt: skip
# Texts of the column "Retain Device Identity" that tell one device from another. Its places, its titles on the network
# and its Unique Device Identifier stay out.
DEVICES = tags_of(
    "DeviceSerialNumber", "StationName", "GantryID", "DetectorID", "PlateID", "CassetteID", "GeneratorID",
    "XRayDetectorID", "XRaySourceID", "LensSerialNumber", "SourceSerialNumber", "TreatmentMachineName",
)  # fmt: skip
