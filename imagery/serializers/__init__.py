"""How the evidence looks on the wire: whole to those it is open to, without identity to research."""

from imagery.serializers.evidence import EvidenceSerializer
from imagery.serializers.images import (
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
    "EvidenceSerializer", "ImageListSerializer", "ImageSerializer", "ManifestSerializer", "PatientSerializer",
    "PreviewSerializer", "RedactionSerializer", "SeriesSerializer", "ShareSerializer", "StudyListSerializer",
    "StudySerializer", "UnshareSerializer", "UploadSerializer",
]  # fmt: skip
