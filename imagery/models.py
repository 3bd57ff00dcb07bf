"""The evidence: DICOM's hierarchy of patient, study, series and image, and who may see it."""

import secrets
from functools import cached_property
from typing import Any, ClassVar, Self, cast
from uuid import UUID

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.db.models import Q

from accounts.models import Role, User
from core.models import Record, RecordQuerySet, keeps_its_past
from imagery import sealing
from imagery.storage import DurableStorage


def originals() -> DurableStorage:
    """Where uploads are kept as they came; no researcher's route reads from here."""
    return cast(DurableStorage, storages["originals"])


def research_copies() -> DurableStorage:
    """Where the de-identified copies are kept: all that research ever reads."""
    return cast(DurableStorage, storages["research"])


def place(id: UUID) -> str:
    """A name made by the server, spread over 256 folders by the random end of the id."""
    return f"{id.hex[-2:]}/{id.hex}"


def new_pseudonym() -> str:
    """80 random bits, as unguessable as it is meaningless."""
    return f"P-{secrets.token_hex(10)}"


class EvidenceQuerySet(RecordQuerySet):
    """Rows that belong to a doctor. `study` is the way from a row to its study, empty in the study itself."""

    study = ""

    def open_to(self, user: User) -> Self:
        """Rows this person sees whole: their own, and what is in use and shared with a team they are in."""
        if user.is_superuser:
            return self
        if Role.DOCTOR not in user.roles:
            return self.none()
        return self.filter(self._open(user))

    def visible_to(self, user: User) -> Self:
        """Rows this person may know of; `is_open` tells which of them they see whole."""
        if user.is_superuser:
            return self.annotate(is_open=models.Value(True))
        is_open = self._open(user) if Role.DOCTOR in user.roles else Q(pk__in=[])
        seen = is_open | self._in_research() if Role.RESEARCHER in user.roles else is_open
        opened = models.Case(models.When(is_open, then=True), default=False, output_field=models.BooleanField())
        return self.filter(seen).annotate(is_open=opened)

    def owned_by(self, user: User) -> Self:
        return self if user.is_superuser else self.filter(owner=user)

    def _open(self, user: User) -> Q:
        shared = Study.objects.filter(shared_with__in=user.teams.live(), archived_at__isnull=True)
        return Q(owner=user) | Q(**{f"{self.study}in": shared.values("pk")}, archived_at__isnull=True)

    def _in_use(self) -> Q:
        return Q(archived_at__isnull=True)

    def _in_research(self) -> Q:
        """What exists for researchers: in use, released, and of nobody who has withdrawn their consent."""
        raise NotImplementedError


class PatientQuerySet(EvidenceQuerySet):
    study = "studies__"

    def _open(self, user: User) -> Q:
        return Q(owner=user)

    def _in_research(self) -> Q:
        return self._in_use() & Q(withdrawn_at__isnull=True)


class StudyQuerySet(EvidenceQuerySet):
    study = "pk__"

    def _in_research(self) -> Q:
        return self._in_use() & Q(patient__withdrawn_at__isnull=True) & Q(released("study"))


class PartOfStudyQuerySet(EvidenceQuerySet):
    """A series or an image is in use while its study is."""

    study = "study__"

    def live(self) -> Self:
        return self.filter(self._in_use())

    def archived(self) -> Self:
        return self.exclude(self._in_use())

    def _in_use(self) -> Q:
        return Q(archived_at__isnull=True, study__archived_at__isnull=True)


class SeriesQuerySet(PartOfStudyQuerySet):
    def _in_research(self) -> Q:
        return self._in_use() & Q(study__patient__withdrawn_at__isnull=True) & Q(released("series"))


class ImageQuerySet(PartOfStudyQuerySet):
    def _in_research(self) -> Q:
        return self._in_use() & Q(study__patient__withdrawn_at__isnull=True, release_state=Release.RELEASED)


def released(whole: str) -> models.Exists:
    """Whether a study or a series has an image in use that is released."""
    images = Image.objects.filter(archived_at__isnull=True, release_state=Release.RELEASED)
    return models.Exists(images.filter(**{whole: models.OuterRef("pk")}))


class Sex(models.TextChoices):
    MALE = "M"
    FEMALE = "F"
    OTHER = "O"


@keeps_its_past()
class Patient(Record):
    """Whom the images show. Research knows them by a random pseudonym."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="patients",
        help_text="The doctor who keeps this patient.",
    )
    pseudonym = models.CharField(
        max_length=40,
        unique=True,
        default=new_pseudonym,
        editable=False,
        help_text="The random public name in research.",
    )
    sex = models.CharField(
        max_length=1, choices=Sex, blank=True, help_text="DICOM (0010,0040): M, F, O or empty for unknown."
    )
    withdrawn_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When consent to research was withdrawn (UTC); empty while it stands.",
    )

    objects: ClassVar[Any] = PatientQuerySet.as_manager()

    def __str__(self) -> str:
        return self.pseudonym

    @property
    def facts(self) -> dict[str, Any]:
        """What names this patient, as far as it is known."""
        return self.identity.facts if hasattr(self, "identity") else {}

    def mark_change(self) -> None:
        """Count a change of their identity as one of the patient: the ETag moves, and history says when and who."""
        self._save([], {})


class IdentityQuerySet(RecordQuerySet):
    def of_record(self, owner: User, issuer: str, record_number: str) -> Self:
        """The patient of this owner whom this record number names, sealed under whichever key."""
        return self.filter(record_index__in=sealing.digests("record", str(owner.pk), issuer, record_number))

    def of_number(self, owner: User, record_number: str) -> Self:
        """The patients of this owner with this record number, whoever has issued it."""
        return self.filter(number_index__in=sealing.digests("number", str(owner.pk), record_number))


@keeps_its_past("record_index", "number_index")
class Identity(Record):
    """What names a patient, encrypted: name, record number, birth date, address and whatever else does."""

    patient = models.OneToOneField(
        Patient, on_delete=models.PROTECT, related_name="identity", help_text="Whom it names."
    )
    sealed = models.TextField(help_text="All of it as JSON, encrypted under one of HARRISON_IDENTITY_KEYS.")
    record_index = models.CharField(
        max_length=64, blank=True, help_text="Keyed digest of owner, issuer and record number; empty without a number."
    )
    number_index = models.CharField(
        max_length=64,
        blank=True,
        db_index=True,
        help_text="Keyed digest of owner and record number; empty without a number.",
    )

    objects: ClassVar[Any] = IdentityQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(
                fields=["record_index"],
                condition=~Q(record_index=""),
                name="record_number_is_unique_per_owner",
                violation_error_message="You have a patient of this record number already.",
            )
        ]

    def __str__(self) -> str:
        return str(self.patient_id)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What is sealed, in the clear: `birth_date` as an ISO date, `other_ids` as a list."""
        return sealing.opened(self.sealed)

    @classmethod
    def kept_as(cls, owner_id: UUID, facts: dict[str, Any]) -> dict[str, str]:
        """The columns that keep these facts."""
        owner, number = str(owner_id), facts.get("record_number", "")
        return {
            "sealed": sealing.sealed(facts),
            "record_index": sealing.digests("record", owner, facts.get("issuer", ""), number)[0] if number else "",
            "number_index": sealing.digests("number", owner, number)[0] if number else "",
        }


@keeps_its_past()
class Study(Record):
    """One examination; the unit that is owned and shared."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="studies",
        help_text="The doctor who uploaded the study.",
    )
    patient = models.ForeignKey(
        Patient,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="studies",
        help_text="Whom it shows, if that is known.",
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

    objects: ClassVar[Any] = StudyQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "studies"
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "uid"],
                condition=~Q(uid=""),
                name="study_uid_is_unique_per_owner",
                violation_error_message="You have a study of this UID already.",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


@keeps_its_past()
class Series(Record):
    """Images of one study made by one device in one go."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="series",
        help_text="The owner of the study, kept here too.",
    )
    study = models.ForeignKey(
        Study, on_delete=models.PROTECT, related_name="series", help_text="The study it is part of."
    )
    uid = models.CharField(
        max_length=64, blank=True, help_text="Series Instance UID, DICOM (0020,000E); empty for plain pictures."
    )
    modality = models.CharField(max_length=16, help_text="DICOM (0008,0060), e.g. CR, DX, CT, MR, US; OT when unknown.")
    body_part = models.CharField(
        max_length=64, blank=True, help_text="Body Part Examined, DICOM (0018,0015), e.g. CHEST."
    )

    objects: ClassVar[Any] = SeriesQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "series"
        constraints = [
            models.UniqueConstraint(
                fields=["study", "uid"],
                condition=~Q(uid=""),
                name="series_uid_is_unique_in_its_study",
                violation_error_message="This study has a series of this UID already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.modality} {self.body_part}".strip()


class MediaType(models.TextChoices):
    DICOM = "application/dicom"
    PNG = "image/png"
    JPEG = "image/jpeg"


class Release(models.TextChoices):
    """Whether research may have an image. Nothing risky gets to RELEASED without its owner."""

    QUARANTINED = "quarantined"
    RELEASED = "released"
    REFUSED = "refused"


@keeps_its_past()
class Image(Record):
    """One uploaded object. Its bytes never change; what is said about it may."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="images",
        help_text="The owner of the study, kept here too.",
    )
    study = models.ForeignKey(
        Study, on_delete=models.PROTECT, related_name="images", help_text="The study of its series, kept here too."
    )
    series = models.ForeignKey(
        Series, on_delete=models.PROTECT, related_name="images", help_text="The series it is part of."
    )
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
    original = models.FileField(storage=originals, max_length=200, help_text="Where the bytes as uploaded are kept.")
    research = models.FileField(
        storage=research_copies,
        max_length=200,
        blank=True,
        help_text="Where the de-identified copy is kept; empty when there is none.",
    )
    research_sha256 = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of the de-identified copy, in hexadecimal."
    )
    release_state = models.CharField(
        max_length=16,
        choices=Release,
        default=Release.QUARANTINED,
        help_text="quarantined (its owner must look first), released to research, or refused.",
    )
    release_reason = models.TextField(blank=True, help_text="Why it is not released, in sentences.")

    objects: ClassVar[Any] = ImageQuerySet.as_manager()

    # Whether the upload that gave this row made it, or found it.
    is_new = False

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "sha256"],
                name="image_bytes_are_unique_per_owner",
                violation_error_message="You have uploaded these bytes already.",
            ),
            models.UniqueConstraint(
                fields=["owner", "uid"],
                condition=~Q(uid=""),
                name="image_uid_is_unique_per_owner",
                violation_error_message="You have another image of this SOP Instance UID.",
            ),
            models.CheckConstraint(
                condition=Q(release_state__in=Release.values),
                name="image_release_state_is_known",
                violation_error_message="The release state is quarantined, released or refused.",
            ),
            models.CheckConstraint(
                condition=~Q(release_state=Release.RELEASED) | ~Q(research=""),
                name="released_image_has_a_research_copy",
                violation_error_message="Only an image with a research copy is released.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def archived(self) -> bool:
        return super().archived or self.study.archived


@keeps_its_past()
class Deidentification(Record):
    """What was done to make the research copy of an image. It quotes no value of the original."""

    image = models.OneToOneField(
        Image, on_delete=models.PROTECT, related_name="deidentification", help_text="The image whose copy it tells of."
    )
    manifest = models.JSONField(
        help_text="Profile, engine, key id, counts by action, removed tags, SHA-256 of file and pixels."
    )

    def __str__(self) -> str:
        return str(self.image_id)
