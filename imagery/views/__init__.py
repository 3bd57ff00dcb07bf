"""What the evidence answers to whom."""

from imagery.views.images import ImageViewSet
from imagery.views.patients import PatientViewSet
from imagery.views.studies import SeriesViewSet, StudyViewSet

__all__ = ["ImageViewSet", "PatientViewSet", "SeriesViewSet", "StudyViewSet"]
