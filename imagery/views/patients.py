"""Patients."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.bodies import NoBodySerializer
from core.views import EditableViewSet
from imagery import actions
from imagery.filters import IdentifiedPatientFilter, PatientFilter
from imagery.models import Patient
from imagery.serializers import PatientListSerializer, PatientSerializer
from imagery.views.rights import DOCTORS, READ, WRITE, FilteredByRole


class PatientViewSet(FilteredByRole, EditableViewSet):
    """Whom the images show."""

    queryset = Patient.objects.all()
    list_serializer_class = PatientListSerializer
    serializer_class = PatientSerializer
    roles = READ | WRITE | {"withdraw": DOCTORS}
    archive_action = actions.archive_patient
    restore_action = actions.restore_patient
    research_filterset_class = PatientFilter
    whole_filterset_class = IdentifiedPatientFilter
    owner = "owner"
    patient_path = "id"

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("identity")

    @extend_schema(
        request=None,
        responses=PatientSerializer,
        summary="Withdraw a patient's consent to research",
        description="Marks that consent to research is withdrawn: the patient's images leave every researcher's view.",
    )
    @action(detail=True, methods=["post"], serializer_class=NoBodySerializer)
    @transaction.atomic
    def withdraw(self, request: Request, pk: str) -> Response:
        patient = actions.withdraw_patient(by=self.by, patient=self.get_object())
        return Response(PatientSerializer(patient, context=self.get_serializer_context()).data)
