"""The API contract of labels and annotations."""

from math import isfinite
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.bodies import BodySerializer
from core.columns import ColumnSerializer
from core.fields import Link, PersonField, Ref, ValidatedData
from core.parsers import is_too_deep
from disease.models import Disease
from imagery.models import Image
from imagery.serializers import EvidenceSerializer, ImageListSerializer, ImageSerializer, StudyListSerializer
from label import actions
from label.geometry import SCHEMA
from label.models import Annotation, Label, State


class LabelListSerializer(ColumnSerializer):
    id = serializers.UUIDField(read_only=True, help_text="Its id, a UUID.")
    url = Link("label-detail", help_text="Its address.")
    name = serializers.CharField(max_length=200, help_text="The term, e.g. Consolidation.")
    definition = serializers.CharField(max_length=4000, allow_blank=True, required=False, help_text="When to use it.")
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="When it was archived (UTC).")


class LabelSerializer(LabelListSerializer):
    diseases = Ref(Disease, many=True, required=False, help_text="Ids of the diseases it means.")
    created_at = serializers.DateTimeField(read_only=True, help_text="When it was made (UTC).")
    updated_at = serializers.DateTimeField(read_only=True, help_text="When it was last changed (UTC).")

    def create(self, validated_data: ValidatedData) -> Label:
        return actions.create_label(**validated_data)

    def update(self, label: Label, validated_data: ValidatedData) -> Label:
        return actions.change_label(label=label, **validated_data)


@extend_schema_field({key: value for key, value in SCHEMA.items() if key != "$schema"} | {"type": ["object", "null"]})
class GeometryField(serializers.JSONField):
    """A shape in pixels of a frame, or null for the whole image; the model checks it against the image."""

    def to_internal_value(self, data: Any) -> Any:
        """Bound the depth, because a field of an HTML form is text that no parser has bounded."""
        try:
            value = super().to_internal_value(data)
        except RecursionError:
            self.fail("invalid")
        if is_too_deep(value):
            self.fail("invalid")
        return value


class StatementSerializer(BodySerializer):
    """The statement of a reader about an image, which they may revise."""

    state = serializers.ChoiceField(
        choices=State.choices,
        style={"base_template": "radio.html"},  # a select box would begin with the first state
        help_text="present, absent, uncertain or not_assessable.",
    )
    geometry = GeometryField(
        allow_null=True, required=False, help_text="Where, in pixels of a frame; null for the whole image."
    )
    confidence = serializers.FloatField(
        min_value=0, max_value=1, allow_null=True, required=False, help_text="From 0 to 1."
    )
    comment = serializers.CharField(
        max_length=4000,
        allow_blank=True,
        required=False,
        help_text="Free text, which may name a patient: not shown to research.",
    )

    def validate_confidence(self, confidence: float | None) -> float | None:
        if confidence is not None and not isfinite(confidence):  # NaN passes every comparison
            raise serializers.ValidationError("A number from 0 to 1.")
        return confidence


class AnnotationCreateSerializer(StatementSerializer):
    image = Ref(Image, scope="open_to", along="study", help_text="Id of an image that you see whole.")
    label = Ref(Label, help_text="Id of a label in use.")  # type: ignore[assignment]  # DRF takes fields out of the class

    def create(self, validated_data: ValidatedData) -> Annotation:
        return actions.annotate(**validated_data)


class AnnotationListSerializer(EvidenceSerializer):
    research_fields: tuple[str, ...] = (
        "id", "url", "image_url", "label_url", "image", "label", "label_name", "annotator", "state", "confidence",
    )  # fmt: skip

    id = serializers.UUIDField(read_only=True, help_text="Its id, a UUID.")
    url = Link("annotation-detail", help_text="Its address.")
    image_url = Link("image-detail", "image_id", help_text="Address of the image.")
    label_url = Link("label-detail", "label_id", help_text="Address of the label.")
    image = serializers.UUIDField(source="image_id", read_only=True, help_text="Id of the image.")
    label = serializers.UUIDField(  # type: ignore[assignment]  # DRF takes fields out of the class
        source="label_id", read_only=True, help_text="Id of the label."
    )
    label_name = serializers.CharField(source="label.name", read_only=True, help_text="The term.")
    annotator = PersonField(help_text="The doctor who annotated the image: id and username.")
    state = serializers.ChoiceField(choices=State.choices, help_text="present, absent, uncertain or not_assessable.")
    confidence = serializers.FloatField(allow_null=True, help_text="From 0 to 1.")
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="When it was archived (UTC).")


class AnnotationSerializer(StatementSerializer, AnnotationListSerializer):
    """One annotation. Its statement may be revised; its image and its label stay."""

    research_fields = (*AnnotationListSerializer.research_fields, "geometry")

    created_at = serializers.DateTimeField(read_only=True, help_text="When it was made (UTC).")
    updated_at = serializers.DateTimeField(read_only=True, help_text="When it was last changed (UTC).")

    def update(self, annotation: Annotation, validated_data: ValidatedData) -> Annotation:
        return actions.revise(annotation=annotation, **validated_data)


class MergeSerializer(BodySerializer):
    into = Ref(Disease, help_text="Id of the disease that stays.")


class AnnotatedImageListSerializer(ImageListSerializer):
    """An image of a list, with the address of its annotations."""

    research_fields = (*ImageListSerializer.research_fields, "annotations_url")

    annotations_url = Link("annotation-list", filter="image", help_text="Address of the list of its annotations.")


class AnnotatedImageSerializer(ImageSerializer):
    """An image, with the address of its annotations."""

    research_fields = (*ImageSerializer.research_fields, "annotations_url")

    annotations_url = Link("annotation-list", filter="image", help_text="Address of the list of its annotations.")


class AnnotatedStudyListSerializer(StudyListSerializer):
    """A study of a list, with the number of its annotations."""

    research_fields = (*StudyListSerializer.research_fields, "annotations_count")

    annotations_count = serializers.IntegerField(read_only=True, help_text="How many annotations in use you may read.")
