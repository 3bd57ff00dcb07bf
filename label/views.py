"""Labels and annotations."""

from typing import Any

from rest_framework import mixins

from accounts.models import CLINICAL, Role
from core.models import Record
from core.views import ArchiveMixin, CreateMixin, HistoryMixin, ListMixin, RecordViewSet, UpdateMixin
from imagery.models.visibility import count_of
from imagery.views import EvidenceViewSet, ImageViewSet, StudyViewSet
from label import actions
from label.filters import AnnotatedImageFilter, AnnotatedWholeImageFilter, AnnotationFilter, LabelFilter
from label.models import Annotation, Label
from label.serializers import (
    AnnotatedStudyListSerializer,
    AnnotationListSerializer,
    AnnotationSerializer,
    AnnotationUpdateSerializer,
    LabelListSerializer,
    LabelSerializer,
)

READ = dict.fromkeys(("list", "retrieve", "history"), CLINICAL)
WRITE = ("create", "update", "partial_update", "destroy", "restore")


class LabelViewSet(
    ListMixin,
    CreateMixin,
    mixins.RetrieveModelMixin,
    UpdateMixin,
    ArchiveMixin,
    HistoryMixin,
    RecordViewSet,
):
    """The vocabulary that readers use."""

    queryset = Label.objects.all()
    list_serializer_class = LabelListSerializer
    serializer_class = LabelSerializer
    filterset_class = LabelFilter
    roles = READ | dict.fromkeys(WRITE, frozenset({Role.RESEARCHER}))

    def get_queryset(self) -> Any:
        labels = super().get_queryset()
        return labels if self.action == "list" else labels.prefetch_related("diseases")

    def perform_destroy(self, label: Label) -> None:
        actions.archive_label(by=self.by, label=label)

    def perform_restore(self, label: Label) -> None:
        actions.restore_label(by=self.by, label=label)


class AnnotationViewSet(
    ListMixin,
    CreateMixin,
    mixins.RetrieveModelMixin,
    UpdateMixin,
    ArchiveMixin,
    HistoryMixin,
    EvidenceViewSet,
):
    """What readers say of images."""

    queryset = Annotation.objects.all()
    list_serializer_class = AnnotationListSerializer
    serializer_class = AnnotationSerializer
    filterset_class = AnnotationFilter
    roles = READ | dict.fromkeys(WRITE, frozenset({Role.DOCTOR}))
    owner = "annotator"

    def get_queryset(self) -> Any:
        """What one knows only as research does may be read and not changed."""
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

    def get_serializer_class(self) -> Any:
        revising = self.action in ("update", "partial_update")
        return AnnotationUpdateSerializer if revising else super().get_serializer_class()

    def perform_destroy(self, annotation: Annotation) -> None:
        actions.archive_annotation(by=self.by, annotation=annotation)

    def perform_restore(self, annotation: Annotation) -> None:
        actions.restore_annotation(by=self.by, annotation=annotation)


class AnnotatedImageViewSet(ImageViewSet):
    """Images, found also by what was said of them; imagery itself knows no labels."""

    research_filterset_class = AnnotatedImageFilter
    whole_filterset_class = AnnotatedWholeImageFilter


class AnnotatedStudyViewSet(StudyViewSet):
    """Studies, listed with the number of annotations."""

    list_serializer_class = AnnotatedStudyListSerializer

    def get_queryset(self) -> Any:
        studies = super().get_queryset()
        if self.action != "list":
            return studies
        said = Annotation.objects.visible_to(self.by).live()
        return studies.annotate(annotations_count=count_of(said, "image__study"))
