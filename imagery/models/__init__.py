"""DICOM's hierarchy of patient, study, series and image, and the rules of who may see what."""

from imagery.models.images import Deidentification, Image, ReplacedCopy
from imagery.models.patients import Identity, Patient, Sex, new_pseudonym
from imagery.models.studies import Series, Study
from imagery.models.usage import Usage
from imagery.models.visibility import UNRELEASABLE, MediaType, Release

__all__ = [
    "UNRELEASABLE",
    "Deidentification",
    "Identity",
    "Image",
    "MediaType",
    "Patient",
    "Release",
    "ReplacedCopy",
    "Series",
    "Sex",
    "Study",
    "Usage",
    "new_pseudonym",
]
