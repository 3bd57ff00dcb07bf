"""The API contract of patients."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from core.bodies import BodySerializer
from core.fields import IsoDateField, Link, ValidatedData
from imagery import actions
from imagery.actions.patients import others_of_number
from imagery.models import Identity, Patient, Sex
from imagery.serializers.evidence import EvidenceSerializer

UNKNOWN: dict[str, object] = {
    "name": "", "other_names": [], "record_number": "", "issuer": "", "birth_date": None, "address": "",
    "telephone": "", "other_ids": [],
}  # fmt: skip


class IdentitySerializer(BodySerializer):
    """The identity of a patient: encrypted at rest, and shown to their doctor alone."""

    name = serializers.CharField(max_length=324, allow_blank=True, required=False, help_text="DICOM (0010,0010).")
    other_names = serializers.ListField(
        child=serializers.CharField(max_length=324),
        max_length=100,
        required=False,
        help_text="Earlier names and other spellings, DICOM (0010,1001): files with one of them are of this patient.",
    )
    record_number = serializers.CharField(
        max_length=64, allow_blank=True, required=False, help_text="DICOM (0010,0020)."
    )
    issuer = serializers.CharField(
        max_length=64, allow_blank=True, required=False, help_text="Who gave the record number, DICOM (0010,0021)."
    )
    birth_date = IsoDateField(allow_null=True, required=False, help_text="DICOM (0010,0030).")
    address = serializers.CharField(max_length=1000, allow_blank=True, required=False, help_text="DICOM (0010,1040).")
    telephone = serializers.CharField(max_length=64, allow_blank=True, required=False, help_text="DICOM (0010,2154).")
    other_ids = serializers.ListField(
        child=serializers.CharField(max_length=64), max_length=100, required=False, help_text="DICOM (0010,1002)."
    )

    def to_internal_value(self, data: Any) -> dict[str, object]:
        told = super().to_internal_value(data)
        if told.get("birth_date"):
            told["birth_date"] = told["birth_date"].isoformat()
        return told

    def to_representation(self, identity: Identity) -> dict[str, object]:
        return UNKNOWN | identity.facts


class PatientListSerializer(EvidenceSerializer):
    research_fields: tuple[str, ...] = ("id", "url", "studies_url", "pseudonym", "sex")

    id = serializers.UUIDField(read_only=True, help_text="Its id, a UUID.")
    url = Link("patient-detail", help_text="Its address.")
    studies_url = Link("study-list", filter="patient", help_text="Address of the list of the patient's studies.")
    pseudonym = serializers.CharField(read_only=True, help_text="The random public name in research.")
    sex = serializers.ChoiceField(
        choices=Sex.choices, allow_blank=True, required=False, help_text="M, F, O or empty for unknown."
    )
    identity = IdentitySerializer(
        required=False, allow_null=True, help_text="What names them; of a change, what is left out stays."
    )
    withdrawn_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When consent to research was withdrawn (UTC)."
    )
    created_at = serializers.DateTimeField(read_only=True, help_text="When it was made (UTC).")
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="When it was archived (UTC).")


class PatientSerializer(PatientListSerializer):
    same_record_number = serializers.SerializerMethodField(
        help_text="Ids of your other patients of this record number, whose name, birth date or sex contradicts."
    )

    def get_same_record_number(self, patient: Patient) -> list[UUID]:
        return list(others_of_number(patient, patient.facts).values_list("patient", flat=True))

    def create(self, validated_data: ValidatedData) -> Patient:
        return actions.create_patient(**validated_data)

    def update(self, patient: Patient, validated_data: ValidatedData) -> Patient:
        return actions.change_patient(patient=patient, **validated_data)
