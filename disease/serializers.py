"""How the vocabulary's meaning looks on the wire."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

from core.fields import Ref
from disease import actions
from disease.models import Code, CodeKind, Disease


class CodeSystemSerializer(serializers.Serializer):
    id = serializers.UUIDField(read_only=True, help_text="UUIDv7.")
    key = serializers.CharField(read_only=True, help_text="Short name, e.g. icd-10-cm.")
    release = serializers.CharField(read_only=True, help_text="The edition, e.g. 2026-04.")
    title = serializers.CharField(read_only=True, help_text="Full name.")
    uri = serializers.CharField(read_only=True, help_text="The FHIR URI of the classification.")


class CodeListSerializer(serializers.Serializer):
    id = serializers.UUIDField(read_only=True, help_text="UUIDv7.")
    system = serializers.CharField(source="system.key", read_only=True, help_text="The classification, e.g. icd-10-cm.")
    code = serializers.CharField(read_only=True, help_text="As printed, e.g. J18.9.")
    title = serializers.CharField(read_only=True, help_text="As published.")


class CodeSerializer(CodeListSerializer):
    release = serializers.CharField(source="system.release", read_only=True, help_text="The edition.")
    kind = serializers.ChoiceField(
        choices=CodeKind.choices, read_only=True, help_text="Where it stands in the hierarchy."
    )
    parent = CodeListSerializer(read_only=True, allow_null=True, help_text="The entry it stands under.")
    assignable = serializers.BooleanField(read_only=True, help_text="Whether a diagnosis may be coded with it.")
    valid_to = serializers.DateField(read_only=True, allow_null=True, help_text="The last day it was in force.")


class MappingSerializer(serializers.Serializer):
    id = serializers.UUIDField(read_only=True, help_text="UUIDv7.")
    source = CodeListSerializer(  # type: ignore[assignment]  # DRF takes fields out of the class
        read_only=True, help_text="The code that is translated."
    )
    target = CodeListSerializer(
        read_only=True, allow_null=True, help_text="What it becomes; null when there is no map."
    )
    approximate = serializers.BooleanField(read_only=True, help_text="They do not mean quite the same.")
    no_map = serializers.BooleanField(read_only=True, help_text="The target system has nothing for it.")
    combination = serializers.BooleanField(read_only=True, help_text="The source means several targets together.")
    scenario = serializers.IntegerField(read_only=True, help_text="Which set of a combination; 0 when none.")
    choice_list = serializers.IntegerField(read_only=True, help_text="The place in that set; 0 when none.")


class CodeField(Ref):
    """A code, read whole and written by its id."""

    def use_pk_only_optimization(self) -> bool:
        return False

    def to_representation(self, code: Any) -> dict[str, Any]:
        return CodeListSerializer(code).data


class CodeFieldSchema(OpenApiSerializerFieldExtension):
    """Tells OpenAPI that a code is written as an id and read whole."""

    target_class = CodeField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        if direction == "request":
            return {"type": "string", "format": "uuid"}
        return auto_schema.resolve_serializer(CodeListSerializer, direction).ref


class DiseaseListSerializer(serializers.Serializer):
    id = serializers.UUIDField(read_only=True, help_text="UUIDv7.")
    name = serializers.CharField(read_only=True, help_text="The condition's name.")
    codes = CodeListSerializer(many=True, read_only=True, help_text="Its codes.")
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="When it was archived (UTC).")


class DiseaseSerializer(serializers.Serializer):
    id = serializers.UUIDField(read_only=True, help_text="UUIDv7.")
    name = serializers.CharField(max_length=200, help_text="The condition's name, e.g. Pneumonia.")
    description = serializers.CharField(
        max_length=4000, allow_blank=True, required=False, help_text="What it is, in a sentence or two."
    )
    codes = CodeField(Code, many=True, required=False, help_text="Ids of its codes, of any classification.")
    created_at = serializers.DateTimeField(read_only=True, help_text="When it was made (UTC).")
    updated_at = serializers.DateTimeField(read_only=True, help_text="When it was last changed (UTC).")
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="When it was archived (UTC).")

    def create(self, validated_data: dict[str, Any]) -> Disease:
        return actions.create_disease(**validated_data)

    def update(self, disease: Disease, validated_data: dict[str, Any]) -> Disease:
        return actions.change_disease(disease=disease, **validated_data)
