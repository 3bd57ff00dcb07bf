"""Classifications, codes, mappings and diseases."""

from typing import Any

from rest_framework import mixins

from accounts.models import CLINICAL, EVERYONE, Role
from core.views import ArchiveMixin, CreateMixin, HistoryMixin, RecordViewSet, UpdateMixin
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
)

READ = {"list": EVERYONE, "retrieve": EVERYONE}
OWNERS = frozenset({Role.RESEARCHER})


class CodeSystemViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, RecordViewSet):
    """Releases of classifications."""

    queryset = CodeSystem.objects.all()
    serializer_class = CodeSystemSerializer
    filterset_class = CodeSystemFilter
    roles = READ


class CodeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, RecordViewSet):
    """Entries of classifications."""

    queryset = Code.objects.all()
    list_serializer_class = CodeListSerializer
    serializer_class = CodeSerializer
    filterset_class = CodeFilter
    roles = READ

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("system", "parent__system")


class MappingViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, RecordViewSet):
    """Links between codes of two classifications."""

    queryset = CodeMapping.objects.all()
    serializer_class = MappingSerializer
    filterset_class = MappingFilter
    roles = READ

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("source__system", "target__system")


class DiseaseViewSet(
    mixins.ListModelMixin,
    CreateMixin,
    mixins.RetrieveModelMixin,
    UpdateMixin,
    ArchiveMixin,
    HistoryMixin,
    RecordViewSet,
):
    """Conditions and their codes."""

    queryset = Disease.objects.all()
    list_serializer_class = DiseaseListSerializer
    serializer_class = DiseaseSerializer
    filterset_class = DiseaseFilter
    roles: dict[str, Any] = {
        **dict.fromkeys(("list", "retrieve", "history"), CLINICAL),
        **dict.fromkeys(("create", "update", "partial_update", "destroy", "restore"), OWNERS),
    }

    def get_queryset(self) -> Any:
        return super().get_queryset().with_codes()

    def perform_destroy(self, disease: Disease) -> None:
        actions.archive_disease(by=self.by, disease=disease)

    def perform_restore(self, disease: Disease) -> None:
        actions.restore_disease(by=self.by, disease=disease)
