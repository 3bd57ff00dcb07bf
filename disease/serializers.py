"""The API contract of code systems, codes, mappings and diseases."""

from functools import cached_property
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction
from rest_framework import serializers

from core.columns import ColumnSerializer
from core.fields import Link, Ref, ValidatedData
from disease import actions
from disease.models import Code, CodeKind, Disease


class CodeSystemSerializer(ColumnSerializer):
    id = serializers.UUIDField(read_only=True, help_text="Its id, a UUID.")
    url = Link("code-system-detail", help_text="Its address.")
    key = serializers.CharField(read_only=True, help_text="Short name, e.g. icd-10-cm.")
    release = serializers.CharField(read_only=True, help_text="The edition, e.g. 2026-04.")
    title = serializers.CharField(read_only=True, help_text="Full name.")
    uri = serializers.CharField(read_only=True, help_text="The FHIR URI of the classification.")


class CodeListSerializer(ColumnSerializer):
    id = serializers.UUIDField(read_only=True, help_text="Its id, a UUID.")
    url = Link("code-detail", help_text="Its address.")
    system = serializers.CharField(source="system.key", read_only=True, help_text="The classification, e.g. icd-10-cm.")
    code = serializers.CharField(read_only=True, help_text="As printed, e.g. J18.9.")
    title = serializers.CharField(read_only=True, help_text="As published.")


class TranslationSerializer(serializers.Serializer):
    target = CodeListSerializer(read_only=True, allow_null=True, help_text="The other code; null when there is no map.")
    meaning = serializers.CharField(read_only=True, help_text="exact, approximate, one of a combination, no map.")
    scenario = serializers.IntegerField(read_only=True, help_text="Which set of a combination; 0 when none.")
    choice_list = serializers.IntegerField(read_only=True, help_text="The place in that set; 0 when none.")


class CodeSerializer(CodeListSerializer):
    release = serializers.CharField(source="system.release", read_only=True, help_text="The edition.")
    kind = serializers.ChoiceField(
        choices=CodeKind.choices, read_only=True, help_text="Where it stands in the hierarchy."
    )
    parent = CodeListSerializer(read_only=True, allow_null=True, help_text="The entry it stands under.")
    assignable = serializers.BooleanField(read_only=True, help_text="Whether a diagnosis may be coded with it.")
    valid_to = serializers.DateField(read_only=True, allow_null=True, help_text="The last day it was in force.")
    notes = serializers.DictField(read_only=True, help_text="Inclusion and exclusion notes by their kind.")
    ancestors = CodeListSerializer(many=True, read_only=True, help_text="From the chapter down to the entry above.")
    children_count = serializers.SerializerMethodField(help_text="How many entries stand right below it.")
    mappings = TranslationSerializer(many=True, read_only=True, help_text="What it becomes in the other system.")

    def get_children_count(self, code: Code) -> int:
        return code.children.count()


class MappingSerializer(ColumnSerializer):
    id = serializers.UUIDField(read_only=True, help_text="Its id, a UUID.")
    url = Link("mapping-detail", help_text="Its address.")
    source = CodeListSerializer(  # type: ignore[assignment]  # DRF takes fields out of the class
        read_only=True, help_text="The code that is translated."
    )
    target = CodeListSerializer(
        read_only=True, allow_null=True, help_text="What it becomes; null when there is no map."
    )
    meaning = serializers.CharField(read_only=True, help_text="The flags in plain words.")
    approximate = serializers.BooleanField(read_only=True, help_text="The two codes do not mean exactly the same.")
    no_map = serializers.BooleanField(read_only=True, help_text="The target system has nothing for it.")
    combination = serializers.BooleanField(read_only=True, help_text="The source means several targets together.")
    scenario = serializers.IntegerField(read_only=True, help_text="Which set of a combination; 0 when none.")
    choice_list = serializers.IntegerField(read_only=True, help_text="The place in that set; 0 when none.")


class CodeField(Ref):
    """A code that a disease carries: read whole, written by its id or as `{"system", "code"}` of the newest release."""

    default_error_messages = {
        "heading": "{code} is a heading: a disease carries codes that a diagnosis may be coded with.",
        "retired": "{code} was retired on {valid_to}.",
        "unknown": "There is no such field here. Known: id, system, code, title.",
        "other": "The {name} of this code is {value}. Send `id` alone, or the code as an answer shows it.",
    }

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            code: Any = super().to_internal_value(data)
        else:
            code = super().to_internal_value(data["id"]) if "id" in data else self._find_by_name(data)
            self._refuse_other_values(code, data)
        if code not in self._current_codes:
            self._refuse_unusable(code)
        return code

    def _refuse_other_values(self, code: Code, data: dict[str, object]) -> None:
        """Take back a code as an answer shows it, and refuse what differs: a change of a code has no effect."""
        shown = self.to_representation(code)
        for name, value in data.items():
            if name not in shown:
                raise serializers.ValidationError({name: [self.error_messages["unknown"]]})
            if str(value) != str(shown[name]):
                message = self.error_messages["other"].format(name=name, value=shown[name])
                raise serializers.ValidationError({name: [message]})

    @cached_property
    def _current_codes(self) -> set[Code]:
        """Return the codes of the disease before the change: they may stay, also if they are retired now."""
        disease = self.root.instance
        return set(disease.codes.all()) if isinstance(disease, Disease) else set()

    def _refuse_unusable(self, code: Code) -> None:
        if code.valid_to:
            self.fail("retired", code=code.code, valid_to=code.valid_to)
        if not code.assignable:
            self.fail("heading", code=code.code)

    def _find_by_name(self, data: dict[str, object]) -> Code:
        key, printed = str(data.get("system", "")), str(data.get("code", ""))
        code = Code.objects.live().filter(system__key=key, code=printed).order_by("-system_id").first()
        return code or self.fail("does_not_exist")

    def use_pk_only_optimization(self) -> bool:
        return False

    def to_representation(self, code: Any) -> dict[str, Any]:
        return CodeListSerializer(code, context=self.context).data


class CodeFieldSchema(OpenApiSerializerFieldExtension):
    """Describe a code in OpenAPI: written as an id, read whole."""

    target_class = CodeField

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        if direction == "request":
            properties = {"system": {"type": "string"}, "code": {"type": "string"}}
            by_name = {"type": "object", "properties": properties, "required": ["system", "code"]}
            return {"oneOf": [{"type": "string", "format": "uuid"}, by_name]}
        return auto_schema.resolve_serializer(CodeListSerializer, direction).ref


class DiseaseListSerializer(ColumnSerializer):
    id = serializers.UUIDField(read_only=True, help_text="Its id, a UUID.")
    url = Link("disease-detail", help_text="Its address.")
    name = serializers.CharField(read_only=True, help_text="The condition's name.")
    codes = CodeListSerializer(many=True, read_only=True, help_text="Its codes.")
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="When it was archived (UTC).")


class DiseaseSerializer(ColumnSerializer):
    id = serializers.UUIDField(read_only=True, help_text="Its id, a UUID.")
    url = Link("disease-detail", help_text="Its address.")
    name = serializers.CharField(max_length=200, help_text="The condition's name, e.g. Pneumonia.")
    description = serializers.CharField(
        max_length=4000, allow_blank=True, required=False, help_text="What it is, in a sentence or two."
    )
    synonyms = serializers.ListField(
        child=serializers.CharField(max_length=200), max_length=50, required=False, help_text="Other names for it."
    )
    codes = CodeField(Code, many=True, required=False, help_text='Its codes, by id or as {"system", "code"}.')
    created_at = serializers.DateTimeField(read_only=True, help_text="When it was made (UTC).")
    updated_at = serializers.DateTimeField(read_only=True, help_text="When it was last changed (UTC).")
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="When it was archived (UTC).")

    def create(self, validated_data: ValidatedData) -> Disease:
        return actions.create_disease(**validated_data)

    def update(self, disease: Disease, validated_data: ValidatedData) -> Disease:
        return actions.change_disease(disease=disease, **validated_data)


class SuggestionSerializer(TranslationSerializer):
    """A code of the other system that the crosswalk proposes; only a researcher attaches it."""

    target = CodeListSerializer(read_only=True, help_text="The code that is proposed.")
    source = CodeListSerializer(  # type: ignore[assignment]  # DRF takes fields out of the class
        read_only=True, help_text="The code of the disease that leads to it."
    )
