"""What lists of the evidence can be asked for; only what research may know can be asked about it."""

from typing import Any

import django_filters

from core.filters import RecordFilter
from imagery.models import Identity, Image, MediaType, Patient, Series, Study


class PatientFilter(RecordFilter):
    pseudonym = django_filters.CharFilter(label="Exactly this pseudonym.")

    class Meta:
        model = Patient
        fields: list[str] = []


class IdentifiedPatientFilter(PatientFilter):
    """What doctors can ask of their own patients, too."""

    record_number = django_filters.CharFilter(
        method="filter_record_number", label="Your patients with exactly this record number, whoever issued it."
    )

    def filter_record_number(self, patients: Any, name: str, value: str) -> Any:
        identities = Identity.objects.of_number(self.request.user, value)
        return patients.filter(owner=self.request.user, pk__in=identities.values("patient"))


class StudyFilter(RecordFilter):
    modality = django_filters.CharFilter(
        method="filter_modality", label="Has a series of this modality, e.g. CT, that you may know of."
    )

    class Meta:
        model = Study
        fields: list[str] = []

    def filter_modality(self, studies: Any, name: str, value: str) -> Any:
        known = Series.objects.visible_to(self.request.user).filter(modality=value)
        return studies.filter(pk__in=known.values("study"))


class SeriesFilter(RecordFilter):
    study = django_filters.UUIDFilter(field_name="study_id", label="Id of the study.")
    modality = django_filters.CharFilter(label="DICOM modality, e.g. CT.")
    body_part = django_filters.CharFilter(label="DICOM body part, e.g. CHEST.")

    class Meta:
        model = Series
        fields: list[str] = []


class ImageFilter(RecordFilter):
    study = django_filters.UUIDFilter(field_name="study_id", label="Id of the study.")
    series = django_filters.UUIDFilter(field_name="series_id", label="Id of the series.")
    modality = django_filters.CharFilter(field_name="series__modality", label="DICOM modality, e.g. CT.")
    body_part = django_filters.CharFilter(field_name="series__body_part", label="DICOM body part, e.g. CHEST.")
    media_type = django_filters.ChoiceFilter(
        choices=MediaType.choices,
        method="filter_media_type",
        label="What the bytes are; for research those of the copy.",
    )

    class Meta:
        model = Image
        fields: list[str] = []

    def filter_media_type(self, images: Any, name: str, value: str) -> Any:
        return images.shown_as(value)
