"""Studies and series."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import parsers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.views import EditableViewSet, HistoryMixin
from imagery import actions
from imagery.filters import SeriesFilter, StudyFilter, WholeStudyFilter
from imagery.models import Series, Study
from imagery.serializers import (
    BatchSerializer,
    NoneTakenSerializer,
    ReportSerializer,
    SeriesSerializer,
    ShareSerializer,
    StudyListSerializer,
    StudySerializer,
    UnshareSerializer,
    report_results,
)
from imagery.views.rights import DOCTORS, READ, WRITE, EvidenceViewSet, FilteredByRole


class StudyViewSet(FilteredByRole, EditableViewSet):
    """Examinations; the unit that is owned and shared."""

    queryset = Study.objects.all()
    list_serializer_class = StudyListSerializer
    serializer_class = StudySerializer
    research_filterset_class = StudyFilter
    whole_filterset_class = WholeStudyFilter
    roles = READ | WRITE | dict.fromkeys(("share", "unshare", "upload"), DOCTORS)
    archive_action = actions.archive_study
    restore_action = actions.restore_study
    owner = "owner"
    patient_path = "patient_id"

    def get_queryset(self) -> Any:
        studies = super().get_queryset().select_related("owner")
        if self.action == "list":
            return studies.counted_for(self.by)
        return studies.prefetch_related("shared_with")

    @extend_schema(
        request=ShareSerializer,
        responses=StudySerializer,
        summary="Share a study with a team",
        description="Lets the members of a team see the study and annotate it.",
    )
    @action(detail=True, methods=["post"], serializer_class=ShareSerializer)
    @transaction.atomic
    def share(self, request: Request, pk: str) -> Response:
        return self._answer_with(actions.share_study)

    @extend_schema(
        request=UnshareSerializer,
        responses=StudySerializer,
        summary="Take a study back from a team",
        description="Takes the study back from a team.",
    )
    @action(detail=True, methods=["post"], serializer_class=UnshareSerializer)
    @transaction.atomic
    def unshare(self, request: Request, pk: str) -> Response:
        return self._answer_with(actions.unshare_study)

    @extend_schema(
        request={"multipart/form-data": BatchSerializer},
        responses={
            201: OpenApiResponse(ReportSerializer, "At least one file is new."),
            200: OpenApiResponse(ReportSerializer, "Every file that could be taken was there already."),
            400: OpenApiResponse(NoneTakenSerializer, "No file could be taken."),
        },
        summary="Upload many files",
        description="Takes many PNG, JPEG and DICOM Part 10 files, in a zip archive or side by side, each as "
        "`POST /images/` takes one: what is wrong with one file keeps no other out. All of them together may be as "
        "large as one upload.",
    )
    @action(detail=False, methods=["post"], parser_classes=[parsers.MultiPartParser], serializer_class=BatchSerializer)
    def upload(self, request: Request) -> Response:
        batch = self.get_serializer(data=request.data)
        batch.is_valid(raise_exception=True)
        told = report_results(batch.save(by=self.by))
        if "code" in told:
            return Response(told, status.HTTP_400_BAD_REQUEST)
        return Response(told, status.HTTP_201_CREATED if told["stored"] else status.HTTP_200_OK)

    def _answer_with(self, act: Any) -> Response:
        study = self.get_object()
        context = {**self.get_serializer_context(), "study": study}
        named = self.serializer_class(data=self.request.data, context=context)
        named.is_valid(raise_exception=True)
        act(by=self.by, study=study, team=named.validated_data["team"])
        return Response(StudySerializer(study, context=self.get_serializer_context()).data)


class SeriesViewSet(EvidenceViewSet, HistoryMixin):
    """Images of one study made by one device in one go."""

    queryset = Series.objects.all()
    serializer_class = SeriesSerializer
    filterset_class = SeriesFilter
    patient_path = "study__patient_id"
    roles = READ
