"""The filters of lists of evidence; research can filter only by fields that it sees."""

import django_filters

from accounts.models import Role
from core.filters import DateFilter, ListFilter, RecordFilter, WholeNumberFilter
from dicom.defined_terms import is_body_part, is_modality
from imagery.models import Identity, Image, MediaType, Patient, Release, Series, Study
from imagery.models.visibility import EvidenceQuerySet, ImageQuerySet

IS_TERM = {"modality": is_modality, "body_part": is_body_part}


class PatientFilter(RecordFilter):
    pseudonym = django_filters.CharFilter(label="Exactly this pseudonym.")

    class Meta:
        model = Patient
        fields: list[str] = []


class IdentifiedPatientFilter(PatientFilter):
    """The filters of doctors, who see the identity of their own patients."""

    record_number = django_filters.CharFilter(
        method="filter_record_number", label="Your patients with exactly this record number, whoever issued it."
    )

    def filter_record_number(self, patients: EvidenceQuerySet, name: str, value: str) -> EvidenceQuerySet:
        identities = Identity.objects.of_number(self.request.user, value)
        return patients.filter(owner=self.request.user, pk__in=identities.values("patient"))


class WholeFilter(ListFilter):
    """Filters by fields that research does not see, so only among rows that the user sees whole."""

    def filter_open(self, rows: EvidenceQuerySet, name: str, value: object) -> EvidenceQuerySet:
        return rows.open_to(self.request.user).filter(**{name: value})


class TermFilter(RecordFilter):
    """Filters by modality and body part, in which research knows Defined Terms alone."""

    def filter_term(self, rows: EvidenceQuerySet, name: str, value: str) -> EvidenceQuerySet:
        user, matches = self.request.user, rows.filter(**{name: value})
        is_readable = IS_TERM[name](value) or user.is_superuser or Role.RESEARCHER not in user.roles
        return matches if is_readable else matches.open_to(user)


class StudyFilter(TermFilter):
    modality = django_filters.CharFilter(
        method="filter_modality", label="Has a series of this modality, e.g. CT, that you may know of."
    )
    patient = django_filters.UUIDFilter(field_name="patient_id", label="Id of the patient.")

    class Meta:
        model = Study
        fields: list[str] = []

    def filter_modality(self, studies: EvidenceQuerySet, name: str, value: str) -> EvidenceQuerySet:
        known = self.filter_term(Series.objects.visible_to(self.request.user), "modality", value)
        return studies.filter(pk__in=known.values("study"))


class WholeStudyFilter(WholeFilter, StudyFilter):
    date_from = DateFilter(
        method="filter_open", field_name="date__gte", label="Done on this day or later, e.g. 2026-01-31."
    )
    date_to = DateFilter(method="filter_open", field_name="date__lte", label="Done on this day or earlier.")


class SeriesFilter(TermFilter):
    study = django_filters.UUIDFilter(field_name="study_id", label="Id of the study.")
    modality = django_filters.CharFilter(method="filter_term", label="DICOM modality, e.g. CT.")
    body_part = django_filters.CharFilter(method="filter_term", label="DICOM body part, e.g. CHEST.")

    class Meta:
        model = Series
        fields: list[str] = []


class ImageFilter(TermFilter):
    study = django_filters.UUIDFilter(field_name="study_id", label="Id of the study.")
    series = django_filters.UUIDFilter(field_name="series_id", label="Id of the series.")
    modality = django_filters.CharFilter(method="filter_term", label="DICOM modality, e.g. CT.")
    body_part = django_filters.CharFilter(method="filter_term", label="DICOM body part, e.g. CHEST.")
    release_state = django_filters.ChoiceFilter(
        choices=Release.choices,
        label="quarantined, released, refused or no_picture. Research knows of released images alone.",
    )
    media_type = django_filters.ChoiceFilter(
        choices=MediaType.choices,
        method="filter_media_type",
        label="What the bytes are; for research those of the copy.",
    )

    class Meta:
        model = Image
        fields: list[str] = []

    def filter_media_type(self, images: ImageQuerySet, name: str, value: str) -> ImageQuerySet:
        return images.shown_as(value, self.request.user)


class WholeImageFilter(WholeFilter, ImageFilter):
    study_date_from = DateFilter(
        method="filter_open", field_name="study__date__gte", label="Of a study done on this day or later."
    )
    study_date_to = DateFilter(
        method="filter_open", field_name="study__date__lte", label="Of a study done on this day or earlier."
    )
    size_min = WholeNumberFilter(method="filter_open", field_name="size__gte", label="At least so many bytes.")
    size_max = WholeNumberFilter(method="filter_open", field_name="size__lte", label="At most so many bytes.")
