"""Studies and series."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.models import versioned
from dicom.defined_terms import OTHER, is_body_part, is_modality
from imagery.models.patients import Patient
from imagery.models.visibility import Evidence, SeriesQuerySet, StudyQuerySet


@versioned()
class Study(Evidence):
    """One examination; the unit that is owned and shared."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="studies",
        help_text="The doctor who uploaded the study.",
    )
    patient = models.ForeignKey(
        Patient,
        db_index=False,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="studies",
        help_text="The patient, if known.",
    )
    uid = models.CharField(
        max_length=64,
        blank=True,
        help_text="Study Instance UID, DICOM (0020,000D); empty for a study of plain pictures.",
    )
    date = models.DateField(null=True, blank=True, help_text="Study Date, DICOM (0008,0020).")
    age = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Age of the patient at the study in whole years; 90 means 90 or more; empty when unknown.",
    )
    description = models.CharField(
        max_length=1000, blank=True, help_text="Study Description, DICOM (0008,1030). Free text."
    )
    shared_with = models.ManyToManyField(
        "accounts.Team",
        blank=True,
        related_name="studies",
        help_text="The teams whose members see the study and may annotate it.",
    )

    objects: ClassVar = StudyQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name_plural = "studies"
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="study_by_owner"),
            models.Index(fields=["-created_at", "-id"], name="study_by_time"),
            models.Index(fields=["patient"], name="study_by_patient"),
            models.Index(fields=["owner", "date"], name="study_by_date"),
            models.Index(fields=["uid"], condition=~Q(uid=""), name="study_by_uid"),
            models.Index(fields=["id"], condition=Q(archived_at__isnull=False), name="study_archived"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["uid", "owner"],
                condition=~Q(uid="") & Q(archived_at__isnull=True),
                name="study_uid_is_unique_per_owner",
                violation_error_message="You have a study in use of this UID already.",
            )
        ]

    def __str__(self) -> str:
        """Describe the study, with its day or else the day of its upload, for people who see it whole."""
        return f"{self.description or 'Study'} {self.date or self.created_at.date()}"

    @property
    def research_title(self) -> str:
        """Describe the study without dates and free text."""
        return f"Study of {self.patient}" if self.patient else "Study"


class Described:
    """Tells research the modality and the body part if they are Defined Terms: a console may write anything there."""

    modality: Any
    body_part: Any

    @property
    def research_modality(self) -> str:
        return public_modality(self.modality)

    @property
    def research_body_part(self) -> str:
        return public_body_part(self.body_part)

    @property
    def title(self) -> str:
        """Describe the row for people who see it whole."""
        return f"{self.modality} {self.body_part.lower()}".strip()

    @property
    def research_title(self) -> str:
        """Describe the row without dates and free text."""
        return f"{self.research_modality} {self.research_body_part.lower()}".strip()


def public_modality(modality: str) -> str:
    return modality if is_modality(modality) else OTHER


def public_body_part(body_part: str) -> str:
    return body_part if is_body_part(body_part) else ""


@versioned()
class Series(Described, Evidence):
    """Images of one study made by one device in one go."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="series",
        help_text="The owner of the study.",
    )
    study = models.ForeignKey(
        Study, db_index=False, on_delete=models.PROTECT, related_name="series", help_text="The study it is part of."
    )
    uid = models.CharField(
        max_length=64, blank=True, help_text="Series Instance UID, DICOM (0020,000E); empty for plain pictures."
    )
    modality = models.CharField(max_length=16, help_text="DICOM (0008,0060), e.g. CR, DX, CT, MR, US; OT when unknown.")
    body_part = models.CharField(
        max_length=64, blank=True, help_text="Body Part Examined, DICOM (0018,0015), e.g. CHEST."
    )

    objects: ClassVar = SeriesQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name_plural = "series"
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="series_by_owner"),
            models.Index(fields=["-created_at", "-id"], name="series_by_time"),
            models.Index(fields=["study"], name="series_by_study"),
            models.Index(fields=["modality", "id"], name="series_by_modality"),
            models.Index(fields=["body_part", "id"], name="series_by_body_part"),
            models.Index(fields=["id"], condition=Q(archived_at__isnull=False), name="series_archived"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["uid", "study"],
                condition=~Q(uid=""),
                name="series_uid_is_unique_in_its_study",
                violation_error_message="This study has a series of this UID already.",
            )
        ]

    def __str__(self) -> str:
        """Describe the series, with the day of its upload, for people who see it whole."""
        return f"{self.title} {self.created_at.date()}"
