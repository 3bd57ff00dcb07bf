"""Filters of the vocabulary."""

from typing import Any, TypeVar, cast

import django_filters
from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework.exceptions import ValidationError

from core.filters import BooleanFilter, RecordFilter
from core.models import RecordQuerySet
from disease.models import Code, CodeKind, CodeMapping, CodeQuerySet, CodeSystem, Disease, DiseaseQuerySet, codes_below

Rows = TypeVar("Rows", bound=RecordQuerySet)


class UnderFilter(RecordFilter):
    """Filters by a place in a classification, and through the crosswalk by its equivalents."""

    qualifiers = frozenset({"system", "equivalent"})  # parameters without an effect of their own

    under = django_filters.CharFilter(
        method="filter_under", label="A chapter, block, category or code with all below it, e.g. J09-J18."
    )
    system = django_filters.CharFilter(
        method="filter_system", label="The classification that `under` and `code` are of, e.g. icd-10-cm; else any."
    )
    equivalent = BooleanFilter(
        method="filter_nothing", label="true: `under` and `code` count also what the crosswalk links to them."
    )

    def filter_queryset(self, queryset: RecordQuerySet) -> RecordQuerySet:
        self.refuse_idle()
        return cast(RecordQuerySet, super().filter_queryset(queryset))

    def refuse_idle(self) -> None:
        """Refuse parameters that would have no effect, because they only say how to read `under` and `code`."""
        given = {name for name in self.filters if self.form.cleaned_data[name] not in (None, "")}
        if given & self.qualifiers and not given & {"under", "code"}:
            sentence = "This has an effect only together with `under` or `code`."
            raise ValidationError({name: [sentence] for name in sorted(given & self.qualifiers)})

    def filter_under(self, queryset: RecordQuerySet, name: str, value: str) -> RecordQuerySet:
        return self.filter_codes(queryset, self.resolve(value))

    def filter_codes(self, queryset: Any, codes: CodeQuerySet) -> RecordQuerySet:
        raise NotImplementedError

    def filter_system(self, queryset: Rows, name: str, value: str) -> Rows:
        if not CodeSystem.objects.filter(key=value).exists():
            raise ValidationError({"system": ["There is no such classification here."]})
        return queryset

    def filter_nothing(self, queryset: Rows, name: str, value: bool) -> Rows:
        return queryset

    def resolve(self, value: str) -> CodeQuerySet:
        try:
            return codes_below(
                value,
                system=self.form.cleaned_data.get("system"),
                equivalent=bool(self.form.cleaned_data.get("equivalent")),
            )
        except DjangoValidationError as exc:
            raise ValidationError({"under": exc.messages}) from exc


class CodeSystemFilter(RecordFilter):
    key = django_filters.CharFilter(label="The classification, e.g. icd-10-cm.")

    class Meta:
        model = CodeSystem
        fields: list[str] = []


class CodeFilter(UnderFilter):
    qualifiers = frozenset({"equivalent"})

    search = django_filters.CharFilter(
        method="filter_search",
        max_length=200,
        label="Words that begin words of code or title, best first, e.g. pneum viral.",
    )
    release = django_filters.CharFilter(method="filter_release", label="Its edition, e.g. 2026-04.")
    code = django_filters.CharFilter(label="Exactly this code, e.g. J18.9.")
    kind = django_filters.ChoiceFilter(choices=CodeKind.choices, label="Where it stands in the hierarchy.")
    assignable = BooleanFilter(method="filter_assignable", label="Whether a diagnosis may be coded with it.")

    class Meta:
        model = Code
        fields: list[str] = []

    def filter_search(self, queryset: CodeQuerySet, name: str, value: str) -> CodeQuerySet:
        try:
            return queryset.matching(value)
        except ValueError as exc:
            raise ValidationError({"search": [str(exc)]}) from exc

    def filter_system(self, queryset: Rows, name: str, value: str) -> Rows:
        return self.filter_systems(super().filter_system(queryset, name, value), key=value)

    def filter_release(self, queryset: CodeQuerySet, name: str, value: str) -> CodeQuerySet:
        return self.filter_systems(queryset, release=value)

    def filter_systems(self, codes: Rows, **lookup: str) -> Rows:
        """Keep the codes of some systems, which are named one by one: then an index gives the codes in order."""
        return codes.filter(system__in=list(CodeSystem.objects.filter(**lookup)))

    def filter_codes(self, queryset: CodeQuerySet, codes: CodeQuerySet) -> CodeQuerySet:
        return queryset.filter(pk__in=codes.order_by().values("pk"))

    def filter_assignable(self, queryset: CodeQuerySet, name: str, value: bool) -> CodeQuerySet:
        """Asked with `in`: Django tells SQLite `NOT assignable`, for which it looks in no index."""
        return queryset.filter(assignable__in=[value])


class MappingFilter(RecordFilter):
    source = django_filters.UUIDFilter(field_name="source_id", label="Id of the code that is translated.")
    target = django_filters.UUIDFilter(field_name="target_id", label="Id of the code it becomes.")

    class Meta:
        model = CodeMapping
        fields: list[str] = []


class DiseaseFilter(UnderFilter):
    name = django_filters.CharFilter(method="filter_name", max_length=200, label="Part of the name or of a synonym.")
    code = django_filters.CharFilter(method="filter_code", label="Diseases that carry this code, e.g. J18.9.")

    class Meta:
        model = Disease
        fields: list[str] = []

    def filter_name(self, queryset: DiseaseQuerySet, name: str, value: str) -> DiseaseQuerySet:
        return queryset.called(value)

    def filter_code(self, queryset: DiseaseQuerySet, name: str, value: str) -> DiseaseQuerySet:
        codes = Code.objects.of(self.form.cleaned_data.get("system")).filter(code=value)
        return queryset.coded(codes.or_equivalent() if self.form.cleaned_data.get("equivalent") else codes)

    def filter_codes(self, queryset: DiseaseQuerySet, codes: CodeQuerySet) -> DiseaseQuerySet:
        return queryset.coded(codes)
