"""Classifications, codes, mappings and diseases."""

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import CLINICAL, EVERYONE, Role
from core.views import EditableViewSet, RecordViewSet
from disease import actions
from disease.filters import CodeFilter, CodeSystemFilter, DiseaseFilter, MappingFilter
from disease.models import Code, CodeMapping, CodeSystem, Disease
from disease.serializers import (
    CodeListSerializer,
    CodeSerializer,
    CodeSystemSerializer,
    DiseaseListSerializer,
    DiseaseSerializer,
    MappingSerializer,
    SuggestionSerializer,
)

READ = {"list": EVERYONE, "retrieve": EVERYONE}
RESEARCHERS = frozenset({Role.RESEARCHER})


class CodeSystemViewSet(RecordViewSet):
    """Releases of classifications."""

    queryset = CodeSystem.objects.all()
    serializer_class = CodeSystemSerializer
    filterset_class = CodeSystemFilter
    roles = READ


class CodeViewSet(RecordViewSet):
    """Entries of classifications."""

    queryset = Code.objects.all()
    list_serializer_class = CodeListSerializer
    serializer_class = CodeSerializer
    filterset_class = CodeFilter
    roles = READ

    def get_queryset(self) -> QuerySet[Code]:
        codes = super().get_queryset().select_related("system")
        if self.action == "list":
            return codes
        translations = CodeMapping.objects.select_related("target__system").order_by("scenario", "choice_list", "id")
        return codes.select_related("parent__system").prefetch_related(Prefetch("mappings", translations))


class MappingViewSet(RecordViewSet):
    """Links between codes of two classifications."""

    queryset = CodeMapping.objects.all()
    serializer_class = MappingSerializer
    filterset_class = MappingFilter
    roles = READ

    def get_queryset(self) -> QuerySet[CodeMapping]:
        return super().get_queryset().select_related("source__system", "target__system")


class DiseaseViewSet(EditableViewSet):
    """Conditions and their codes."""

    queryset = Disease.objects.all()
    list_serializer_class = DiseaseListSerializer
    serializer_class = DiseaseSerializer
    filterset_class = DiseaseFilter
    roles = {
        **dict.fromkeys(("list", "retrieve", "suggested_codes"), CLINICAL),
        "history": EVERYONE,
        **dict.fromkeys(("create", "update", "partial_update", "destroy", "restore"), RESEARCHERS),
    }
    archive_action = actions.archive_disease
    restore_action = actions.restore_disease

    def get_queryset(self) -> QuerySet[Disease]:
        return super().get_queryset().with_codes()

    @extend_schema(summary="Propose codes for a disease", responses=SuggestionSerializer(many=True))
    @action(detail=True, url_path="suggested-codes", pagination_class=None)
    def suggested_codes(self, request: Request, pk: str) -> Response:
        """Proposes codes of the other system that the crosswalk links to this disease's codes. Attaches none."""
        mappings = CodeMapping.objects.proposed_for(self.get_object().codes)
        return Response(SuggestionSerializer(mappings, many=True, context=self.get_serializer_context()).data)
