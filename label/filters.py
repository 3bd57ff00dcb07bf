"""What lists of the judgement can be asked for."""

from typing import Any

import django_filters

from disease.filters import UnderFilter
from disease.models import CodeQuerySet, Disease
from label.models import Annotation, Label, State


class LabelFilter(UnderFilter):
    name = django_filters.CharFilter(lookup_expr="icontains", max_length=200, label="Part of the name.")
    disease = django_filters.UUIDFilter(field_name="diseases", label="Labels that mean this disease (its id).")

    class Meta:
        model = Label
        fields: list[str] = []

    def filter_codes(self, queryset: Any, codes: CodeQuerySet) -> Any:
        return queryset.meaning(Disease.objects.live().coded(codes))


class AnnotationFilter(UnderFilter):
    image = django_filters.UUIDFilter(field_name="image_id", label="Id of the image.")
    study = django_filters.UUIDFilter(field_name="image__study_id", label="Id of the image's study.")
    label = django_filters.UUIDFilter(field_name="label_id", label="Id of the label.")
    annotator = django_filters.UUIDFilter(field_name="annotator_id", label="Id of the doctor who says it.")
    state = django_filters.ChoiceFilter(choices=State.choices, label="present, absent, uncertain or not_assessable.")

    class Meta:
        model = Annotation
        fields: list[str] = []

    def filter_codes(self, queryset: Any, codes: CodeQuerySet) -> Any:
        labels = Label.objects.meaning(Disease.objects.live().coded(codes))
        return queryset.filter(label__in=labels.values("pk"))
