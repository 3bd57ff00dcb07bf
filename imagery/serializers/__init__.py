"""How the evidence looks on the wire: whole to those it is open to, without identity to research."""

from imagery.serializers.evidence import EvidenceSerializer
from imagery.serializers.images import (
    FrameSerializer,
    ImageListSerializer,
    ImageSerializer,
    ManifestSerializer,
    PreviewSerializer,
    ProposalSerializer,
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
    "EvidenceSerializer", "FrameSerializer", "ImageListSerializer", "ImageSerializer", "ManifestSerializer",
    "PatientSerializer", "PreviewSerializer", "ProposalSerializer", "RedactionSerializer", "SeriesSerializer",
    "ShareSerializer", "StudyListSerializer", "StudySerializer", "UnshareSerializer", "UploadSerializer",
]  # fmt: skip
