"""Viewsets of patients, studies, series and images."""

from imagery.views.images import ImageViewSet
from imagery.views.patients import PatientViewSet
from imagery.views.rights import EvidenceViewSet
from imagery.views.studies import SeriesViewSet, StudyViewSet

__all__ = ["EvidenceViewSet", "ImageViewSet", "PatientViewSet", "SeriesViewSet", "StudyViewSet"]
