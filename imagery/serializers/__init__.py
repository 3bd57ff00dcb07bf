"""How the evidence looks on the wire: whole to those it is open to, without identity to research."""

from imagery.serializers.bulk import BatchSerializer, NoneTakenSerializer, ReportSerializer, report
from imagery.serializers.evidence import EvidenceSerializer
from imagery.serializers.images import (
    AboutSerializer,
    ImageListSerializer,
    ImageSerializer,
    ManifestSerializer,
    PreviewSerializer,
    RedactionSerializer,
    UploadSerializer,
)
from imagery.serializers.patients import PatientSerializer
from imagery.serializers.studies import (
    SeriesSerializer,
    ShareSerializer,
    StudyListSerializer,
    StudySerializer,
    UnshareSerializer,
)

__all__ = [
    "AboutSerializer", "BatchSerializer", "EvidenceSerializer", "ImageListSerializer", "ImageSerializer",
    "ManifestSerializer", "NoneTakenSerializer", "PatientSerializer", "PreviewSerializer", "RedactionSerializer",
    "ReportSerializer", "SeriesSerializer", "ShareSerializer", "StudyListSerializer", "StudySerializer",
    "UnshareSerializer", "UploadSerializer", "report",
]  # fmt: skip
