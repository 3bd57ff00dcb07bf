"""What lists of the judgement can be asked for."""

import django_filters

from core.filters import RecordFilter
from label.models import Annotation, Label, State


class LabelFilter(RecordFilter):
    name = django_filters.CharFilter(lookup_expr="icontains", label="Part of the name.")
    disease = django_filters.UUIDFilter(field_name="diseases", label="Labels that mean this disease (its id).")

    class Meta:
        model = Label
        fields: list[str] = []


class AnnotationFilter(RecordFilter):
    image = django_filters.UUIDFilter(field_name="image_id", label="Id of the image.")
    study = django_filters.UUIDFilter(field_name="image__study_id", label="Id of the image's study.")
    label = django_filters.UUIDFilter(field_name="label_id", label="Id of the label.")
    annotator = django_filters.UUIDFilter(field_name="annotator_id", label="Id of the doctor who says it.")
    state = django_filters.ChoiceFilter(choices=State.choices, label="present, absent, uncertain or not_assessable.")

    class Meta:
        model = Annotation
        fields: list[str] = []
