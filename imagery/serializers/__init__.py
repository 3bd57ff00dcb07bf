"""The API contract of patients, studies, series and images: complete for doctors, without identity for research."""

from imagery.serializers.batches import BatchSerializer, NoneTakenSerializer, ReportSerializer, report_results
from imagery.serializers.evidence import EvidenceSerializer
from imagery.serializers.images import (
    AboutSerializer,
    FrameSerializer,
    ImageListSerializer,
    ImageSerializer,
    ManifestSerializer,
    PreviewSerializer,
    ProposalSerializer,
    RedactionSerializer,
    UploadSerializer,
)
from imagery.serializers.patients import PatientListSerializer, PatientSerializer
from imagery.serializers.studies import (
    SeriesSerializer,
    ShareSerializer,
    StudyListSerializer,
    StudySerializer,
    UnshareSerializer,
)

__all__ = [
    "AboutSerializer",
    "BatchSerializer",
    "EvidenceSerializer",
    "FrameSerializer",
    "ImageListSerializer",
    "ImageSerializer",
    "ManifestSerializer",
    "NoneTakenSerializer",
    "PatientListSerializer",
    "PatientSerializer",
    "PreviewSerializer",
    "ProposalSerializer",
    "RedactionSerializer",
    "ReportSerializer",
    "SeriesSerializer",
    "ShareSerializer",
    "StudyListSerializer",
    "StudySerializer",
    "UnshareSerializer",
    "UploadSerializer",
    "report_results",
]
