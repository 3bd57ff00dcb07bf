"""Labels and annotations."""

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import CLINICAL, EVERYONE, Role
from core.models import Record
from core.views import EditableViewSet
from disease.models import Disease
from disease.serializers import DiseaseSerializer
from disease.views import DiseaseViewSet
from imagery.models import Study
from imagery.models.visibility import count_of
from imagery.views import EvidenceViewSet, ImageViewSet, StudyViewSet
from label import actions
from label.filters import AnnotatedImageFilter, AnnotatedWholeImageFilter, AnnotationFilter, LabelFilter
from label.models import Annotation, Label
from label.serializers import (
    AnnotatedImageListSerializer,
    AnnotatedImageSerializer,
    AnnotatedStudyListSerializer,
    AnnotationCreateSerializer,
    AnnotationListSerializer,
    AnnotationSerializer,
    LabelListSerializer,
    LabelSerializer,
    MergeSerializer,
)

READ = dict.fromkeys(("list", "retrieve"), CLINICAL) | {"history": EVERYONE}
DOCTORS, RESEARCHERS = frozenset({Role.DOCTOR}), frozenset({Role.RESEARCHER})
WRITE = ("create", "update", "partial_update", "destroy", "restore")


class LabelViewSet(EditableViewSet):
    """The vocabulary that readers use."""

    queryset = Label.objects.all()
    list_serializer_class = LabelListSerializer
    serializer_class = LabelSerializer
    filterset_class = LabelFilter
    roles = READ | dict.fromkeys(WRITE, RESEARCHERS)
    archive_action = actions.archive_label
    restore_action = actions.restore_label

    def get_queryset(self) -> QuerySet[Label]:
        labels = super().get_queryset()
        return labels if self.action == "list" else labels.prefetch_related("diseases")


class AnnotationViewSet(EvidenceViewSet, EditableViewSet):
    """Statements of readers about images."""

    queryset = Annotation.objects.all()
    list_serializer_class = AnnotationListSerializer
    create_serializer_class = AnnotationCreateSerializer
    serializer_class = AnnotationSerializer
    filterset_class = AnnotationFilter
    roles = READ | dict.fromkeys(WRITE, DOCTORS)
    archive_action = actions.archive_annotation
    restore_action = actions.restore_annotation
    owner = "annotator"
    is_owners_alone = True
    patient_path = "image__study__patient_id"

    def get_queryset(self) -> QuerySet[Annotation]:
        """Let doctors change only annotations of images that they see whole."""
        annotations = super().get_queryset()
        if self.action == "list":
            return annotations
        annotations = annotations.select_related("image__study", "label", "annotator")
        return annotations if self.action in READ else annotations.open_to(self.by)

    def shows_whole(self, record: Record) -> bool:
        """Return True: research reads the history of annotations, without comments and times."""
        return True

    def shows_times(self, record: Record) -> bool:
        return super().shows_whole(record)


class LabelledDiseaseViewSet(DiseaseViewSet):
    """Conditions and their codes."""

    roles = DiseaseViewSet.roles | {"merge": RESEARCHERS}
    archive_action = actions.archive_disease

    @extend_schema(summary="Merge a disease into another", request=MergeSerializer, responses=DiseaseSerializer)
    @action(detail=True, methods=["post"], serializer_class=MergeSerializer)
    @transaction.atomic
    def merge(self, request: Request, pk: str) -> Response:
        """Moves labels and codes to another disease and archives this one; both keep their history."""
        disease: Disease = self.get_object()
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        self.record = actions.merge_disease(by=self.by, disease=disease, into=body.validated_data["into"])
        return Response(DiseaseSerializer(self.record, context=self.get_serializer_context()).data)


class AnnotatedImageViewSet(ImageViewSet):
    """The images you can see. Filter them by label, study or modality."""

    list_serializer_class = AnnotatedImageListSerializer
    serializer_class = AnnotatedImageSerializer
    research_filterset_class = AnnotatedImageFilter
    whole_filterset_class = AnnotatedWholeImageFilter


class AnnotatedStudyViewSet(StudyViewSet):
    """Studies, listed with the number of annotations."""

    list_serializer_class = AnnotatedStudyListSerializer

    def get_queryset(self) -> QuerySet[Study]:
        studies = super().get_queryset()
        if self.action != "list":
            return studies
        annotations = Annotation.objects.visible_to(self.by).live()
        return studies.annotate(annotations_count=count_of(annotations, "image__study"))
