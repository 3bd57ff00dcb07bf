"""The attributes that the options of PS3.15 Annex E are about, as far as we keep them."""

from pydicom.datadict import tag_for_keyword


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
