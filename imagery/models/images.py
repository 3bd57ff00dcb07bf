"""Images, and the records of their research copies."""

from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.models import Record, versioned
from imagery.models.patients import Patient
from imagery.models.studies import Described, Series, Study
from imagery.models.visibility import COPIED_AS, Evidence, ImageQuerySet, MediaType, Release


@versioned()
class Image(Described, Evidence):
    """One uploaded object, whose bytes never change."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="images",
        help_text="The owner of the study.",
    )
    study = models.ForeignKey(
        Study,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="images",
        help_text="The study of its series.",
    )
    series = models.ForeignKey(
        Series, db_index=False, on_delete=models.PROTECT, related_name="images", help_text="The series it is part of."
    )
    modality = models.CharField(max_length=16, help_text="The modality of its series.")
    body_part = models.CharField(max_length=64, blank=True, help_text="The body part of its series.")
    uid = models.CharField(
        max_length=64, blank=True, help_text="SOP Instance UID, DICOM (0008,0018); empty for a plain picture."
    )
    media_type = models.CharField(
        max_length=32, choices=MediaType, help_text="What the bytes are, recognised by content."
    )
    rows = models.PositiveIntegerField(help_text="Height in pixels as displayed, DICOM (0028,0010).")
    columns = models.PositiveIntegerField(help_text="Width in pixels as displayed, DICOM (0028,0011).")
    frames = models.PositiveIntegerField(
        default=1, help_text="How many frames, DICOM (0028,0008); counted from 0 in requests."
    )
    size = models.PositiveBigIntegerField(help_text="Length of the original in bytes.")
    sha256 = models.CharField(max_length=64, help_text="SHA-256 of the original, in hexadecimal.")
    original = models.CharField(max_length=200, help_text="Name of the bytes as uploaded, in `files.originals`.")
    research = models.CharField(
        max_length=200,
        blank=True,
        help_text="Name of the de-identified copy, in `files.research_copies`; empty when there is none.",
    )
    research_sha256 = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of the de-identified copy, in hexadecimal."
    )
    research_patient = models.ForeignKey(
        Patient,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The patient whose pseudonym and date shift the copy has; empty if none was known.",
    )
    release_state = models.CharField(
        max_length=16,
        choices=Release,
        default=Release.QUARANTINED,
        help_text="quarantined (its owner must look first), released to research, refused (it cannot have a research "
        "copy), or no_picture (the original is kept, but its pixels cannot be shown).",
    )
    release_reason = models.TextField(blank=True, help_text="Why it is not released, in sentences.")
    held_back = models.BooleanField(
        default=False,
        help_text="Whether research had it until its study changed its patient: it may come back by itself.",
    )

    objects: ClassVar = ImageQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="image_by_owner"),
            models.Index(fields=["release_state", "owner", "-created_at", "-id"], name="image_by_release_state"),
            models.Index(fields=["-created_at", "-id"], name="image_by_time"),
            models.Index(fields=["study"], name="image_by_study"),
            models.Index(fields=["series"], name="image_by_series"),
            models.Index(fields=["size"], name="image_by_size"),
            models.Index(fields=["uid"], condition=~Q(uid=""), name="image_by_uid"),
            # Research lists by id.
            models.Index(fields=["modality", "id"], name="image_by_modality"),
            models.Index(fields=["body_part", "id"], name="image_by_body_part"),
            models.Index(fields=["media_type", "id"], name="image_by_media_type"),
            models.Index(fields=["id"], condition=Q(archived_at__isnull=False), name="image_archived"),
            models.Index(fields=["original"], name="image_by_original"),  # for reconcile_files
            models.Index(fields=["research"], name="image_by_research"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["sha256", "owner"],
                name="image_bytes_are_unique_per_owner",
                violation_error_message="You have uploaded these bytes already.",
            ),
            models.UniqueConstraint(
                fields=["uid", "owner"],
                condition=~Q(uid="") & Q(archived_at__isnull=True),
                name="image_uid_is_unique_per_owner",
                violation_error_message="You have another image in use of this SOP Instance UID.",
            ),
            models.CheckConstraint(
                condition=Q(release_state__in=Release.values),
                name="image_release_state_is_known",
                violation_error_message="The release state is quarantined, released, refused or no_picture.",
            ),
            models.CheckConstraint(
                condition=~Q(release_state=Release.RELEASED) | ~Q(research=""),
                name="released_image_has_a_research_copy",
                violation_error_message="Only an image with a research copy is released.",
            ),
            models.CheckConstraint(
                condition=~Q(release_state=Release.NO_PICTURE) | Q(research=""),
                name="image_without_picture_has_no_research_copy",
                violation_error_message="An image without a picture has no research copy.",
            ),
        ]

    def __str__(self) -> str:
        """Describe the image, with the day of its upload, for people who see it whole."""
        return f"{self.title} {self.created_at.date()}"

    @property
    def archived(self) -> bool:
        return super().archived or self.study.archived

    @property
    def copy_media_type(self) -> str:
        """The media type of the research copy: that of a JPEG is PNG."""
        return COPIED_AS[MediaType(self.media_type)]

    @property
    def copy_fits(self) -> bool:
        """Whether the copy has the pseudonym of the study's present patient; in SQL `visibility.copy_fits`."""
        unnamed = self.media_type != MediaType.DICOM
        return bool(self.research) and (unnamed or self.research_patient_id == self.study.patient_id)


@versioned()
class Deidentification(Record):
    """The record of how a research copy was made. It quotes no value of the original."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False, help_text="Random UUID (version 4).")
    image = models.OneToOneField(
        Image, on_delete=models.PROTECT, related_name="deidentification", help_text="The image of the copy."
    )
    manifest = models.JSONField(
        help_text="Profile, engine, key id, counts by action, removed tags, SHA-256 of file and pixels."
    )

    def __str__(self) -> str:
        return f"Research copy of {self.image.research_title}"


class ReplacedCopy(Record):
    """A research copy that no image names any more; `reconcile_files` deletes its bytes a week after `created_at`.

    Until then a backup that has read the rows before the replacement still finds the bytes.
    """

    name = models.CharField(max_length=200, unique=True, help_text="Name of the file in `files.research_copies`.")

    def __str__(self) -> str:
        return self.name
