"""The attributes that the options of PS3.15 Annex E are about, as far as we keep them."""

from typing import NamedTuple

from pydicom.datadict import tag_for_keyword


def tags_of(*keywords: str) -> frozenset[int]:
    return frozenset(int(tag_for_keyword(keyword) or 0) for keyword in keywords)


# Texts of the column "Clean Descriptors" of Table E.1-1 that say what was examined and how. Comments, reasons and
# diagnoses stay out.
DESCRIPTORS = tags_of(
    "StudyDescription", "SeriesDescription", "ProtocolName", "AcquisitionProtocolName",
    "AcquisitionProtocolDescription", "AcquisitionDeviceProcessingDescription", "PerformedProcedureStepDescription",
    "RequestedProcedureDescription", "ContrastBolusAgent", "ContrastBolusRoute", "DerivationDescription",
    "ContentDescription", "SegmentDescription", "StructureSetName", "ROIObservationLabel",
)  # fmt: skip
# Texts of the column "Retain Device Identity" that tell one device from another. Its places, its titles on the network
# and its Unique Device Identifier stay out.
DEVICES = tags_of(
    "DeviceSerialNumber", "StationName", "GantryID", "DetectorID", "PlateID", "CassetteID", "GeneratorID",
    "XRayDetectorID", "XRaySourceID", "LensSerialNumber", "SourceSerialNumber", "TreatmentMachineName",
)  # fmt: skip


class Label(NamedTuple):
    """The stand-in of a label: a word, and the attribute beside it that numbers it ("" if there is one alone)."""

    word: str
    number: str


# Labels that a segmentation, a structure set or a derived image must have.
LABELS = {
    int(tag_for_keyword(keyword) or 0): label
    for keyword, label in {
        "SegmentLabel": Label("Segment", "SegmentNumber"),
        "SegmentAlgorithmName": Label("Algorithm", ""),
        "AlgorithmName": Label("Algorithm", ""),
        "ROIName": Label("ROI", "ROINumber"),
        "StructureSetLabel": Label("Structures", ""),
    }.items()
}
