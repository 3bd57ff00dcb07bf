"""What lists of the vocabulary can be asked for."""

import django_filters

from core.filters import RecordFilter
from disease.models import Code, CodeKind, CodeMapping, CodeSystem, Disease


class CodeSystemFilter(RecordFilter):
    key = django_filters.CharFilter(label="The classification, e.g. icd-10-cm.")

    class Meta:
        model = CodeSystem
        fields: list[str] = []


class CodeFilter(RecordFilter):
    system = django_filters.CharFilter(field_name="system__key", label="The classification, e.g. icd-10-cm.")
    release = django_filters.CharFilter(field_name="system__release", label="Its edition, e.g. 2026-04.")
    code = django_filters.CharFilter(label="Exactly this code, e.g. J18.9.")
    kind = django_filters.ChoiceFilter(choices=CodeKind.choices, label="Where it stands in the hierarchy.")
    assignable = django_filters.BooleanFilter(label="Whether a diagnosis may be coded with it.")

    class Meta:
        model = Code
        fields: list[str] = []


class MappingFilter(RecordFilter):
    source = django_filters.UUIDFilter(field_name="source_id", label="Id of the code that is translated.")
    target = django_filters.UUIDFilter(field_name="target_id", label="Id of the code it becomes.")

    class Meta:
        model = CodeMapping
        fields: list[str] = []


class DiseaseFilter(RecordFilter):
    name = django_filters.CharFilter(lookup_expr="icontains", label="Part of the name.")
    code = django_filters.CharFilter(
        field_name="codes__code", distinct=True, label="Diseases that carry this code, e.g. J18.9."
    )

    class Meta:
        model = Disease
        fields: list[str] = []
