"""Images and patients in the admin, to read. Researchers see what is released, and no identity."""

from imagery.admin.base import EvidenceAdmin
from imagery.admin.images import DeidentificationAdmin, ImageAdmin, frame_preview
from imagery.admin.patients import PatientAdmin
from imagery.admin.studies import SeriesAdmin, StudyAdmin

__all__ = [
    "DeidentificationAdmin",
    "EvidenceAdmin",
    "ImageAdmin",
    "PatientAdmin",
    "SeriesAdmin",
    "StudyAdmin",
    "frame_preview",
]
