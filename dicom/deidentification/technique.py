"""Attributes that devices write although the IOD of their image has none, and that research needs.

All are numbers, Defined Terms or replaced UIDs. Table E.1-1 lists none of them, so the Basic Profile leaves them.
"""

from dicom.deidentification.option_tags import tags_of

# Where and when a frame lies in a stack: in every image, since images are converted from one class to another.
PLACE = tags_of(
    "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "SpacingBetweenSlices",
    "SliceLocation", "FrameOfReferenceUID", "StackID", "InStackPositionNumber", "TemporalPositionIndex",
    "TemporalPositionIdentifier", "NumberOfTemporalPositions", "TemporalResolution", "TemporalPositionTimeOffset",
    "TriggerTime", "NominalInterval", "CardiacNumberOfImages", "NominalCardiacTriggerDelayTime", "FrameReferenceTime",
    "ActualFrameDuration", "AcquisitionNumber", "AcquisitionDuration", "ImagesInAcquisition",
)  # fmt: skip
# Enhanced MR has these in functional groups; classic MR carries them at its top level.
MR = tags_of(
    "DiffusionBValue", "DiffusionDirectionality", "DiffusionGradientDirectionSequence", "DiffusionGradientOrientation",
    "DiffusionBMatrixSequence", "DiffusionBValueXX", "DiffusionBValueXY", "DiffusionBValueXZ", "DiffusionBValueYY",
    "DiffusionBValueYZ", "DiffusionBValueZZ", "DiffusionAnisotropyType", "MRDiffusionSequence", "EffectiveEchoTime",
    "ParallelReductionFactorInPlane", "ParallelReductionFactorOutOfPlane", "ParallelAcquisition",
    "ParallelAcquisitionTechnique", "PartialFourier", "PartialFourierDirection", "ComplexImageComponent",
    "AcquisitionContrast", "InPlanePhaseEncodingDirection", "MRAcquisitionFrequencyEncodingSteps",
    "MRAcquisitionPhaseEncodingStepsInPlane", "EchoTrainLength", "GradientEchoTrainLength", "RFEchoTrainLength",
    "FrameAcquisitionDuration", "TagThickness", "VelocityEncodingMinimumValue", "VelocityEncodingMaximumValue",
)  # fmt: skip


def useful_attributes(iod: str) -> frozenset[int]:
    """Return what images of this IOD may have besides its own attributes."""
    return PLACE | MR if iod.endswith("mr-image") else PLACE
