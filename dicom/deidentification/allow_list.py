"""The values that may stay although no table of the standard says so: our own judgement, as short as possible.

A keyword enters one of these lists only if devices write it and no one types it at a console.
"""

import re
from functools import cache

from dicom.deidentification.rules import read_table

# Texts in which a device describes itself and its technique.
FREE_TEXT = frozenset({
    # who made it
    "Manufacturer", "ManufacturerModelName", "SoftwareVersions", "SecondaryCaptureDeviceManufacturer",
    "SecondaryCaptureDeviceManufacturerModelName", "SecondaryCaptureDeviceSoftwareVersions",
    "DetectorManufacturerName", "DetectorManufacturerModelName", "ReceiveCoilManufacturerName",
    "TransmitCoilManufacturerName", "ApplicationName", "ApplicationVersion", "ApplicationManufacturer",
    "AlgorithmName", "AlgorithmVersion",
    # how it was taken
    "SequenceName", "PulseSequenceName", "ImagedNucleus", "ReceiveCoilName", "TransmitCoilName",
    "MultiCoilElementName", "FilterType", "TypeOfFilters", "CollimatorGridName", "GridAbsorbingMaterial",
    "GridSpacingMaterial", "PlateType", "PhosphorType", "DetectorMode", "AcquisitionDeviceProcessingCode",
    "ProcessingFunction", "OutputPower", "CardiacFramingType", "TriggerSourceOrType", "PVCRejection",
    # how it was computed
    "ConvolutionKernel", "ImageFilter", "AttenuationCorrectionMethod", "ReconstructionMethod",
    "ScatterCorrectionMethod", "DetectorLinesOfResponseUsed",
    # what its numbers mean
    "RescaleType", "LUTExplanation", "ModalityLUTType", "WindowCenterWidthExplanation", "StackID",
    "CodingSchemeDesignator", "CodingSchemeVersion",
})  # fmt: skip

# The places of their values have meanings: one that may not stay is replaced, and the others stay.
TYPES_OF_PICTURE = frozenset({"ImageType", "FrameType"})
# Lists whose values have no places: those that may stay do, without the others.
LISTS_OF_TERMS = frozenset({"ScanningSequence", "SequenceVariant", "ScanOptions", "CorrectedImage", "SoftwareVersions"})

# Binary values that are part of the picture. Every other one may hold anything.
PICTURE_DATA = frozenset({
    "LUTData", "BlendingLookupTableData", "VerticesOfThePolygonalOutline",
    "RedPaletteColorLookupTableData", "GreenPaletteColorLookupTableData", "BluePaletteColorLookupTableData",
    "AlphaPaletteColorLookupTableData", "SegmentedRedPaletteColorLookupTableData",
    "SegmentedGreenPaletteColorLookupTableData", "SegmentedBluePaletteColorLookupTableData",
    "SegmentedAlphaPaletteColorLookupTableData",
})  # fmt: skip

NUMBERS = frozenset({"US", "SS", "UL", "SL", "UV", "SV", "FL", "FD", "AT", "DS", "IS", "US or SS"})
TEXTS = frozenset({"CS", "SH", "LO", "ST", "LT", "UC", "UT"})
SEXES = frozenset({"M", "F", "O"})
CODE_STRING = re.compile(r"[A-Za-z0-9 _]{0,16}")
MAX_TEXT = 64  # characters (LO)


@cache
def body_parts() -> frozenset[str]:
    """Read the Defined Terms of Body Part Examined (PS3.16 Annex L)."""
    return frozenset(read_table("iods.json")["body_parts"])
