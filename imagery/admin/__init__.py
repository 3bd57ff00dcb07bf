"""The evidence in the admin: one's own to change, what is shared to read, and no identity without the right to it."""

from imagery.admin.images import DeidentificationAdmin, ImageAdmin
from imagery.admin.patients import PatientAdmin
from imagery.admin.previews import preview
from imagery.admin.studies import SeriesAdmin, StudyAdmin

__all__ = ["DeidentificationAdmin", "ImageAdmin", "PatientAdmin", "SeriesAdmin", "StudyAdmin", "preview"]
