"""Whom the images show, and apart from that what names them."""

import secrets
from functools import cached_property
from typing import Any, ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Role, User
from core.models import Record, RecordQuerySet, versioned
from imagery import identity
from imagery.models.visibility import Evidence, PatientQuerySet


def new_pseudonym() -> str:
    """80 random bits, as unguessable as it is meaningless."""
    return f"P-{secrets.token_hex(10)}"


class Sex(models.TextChoices):
    MALE = "M"
    FEMALE = "F"
    OTHER = "O"


@versioned()
class Patient(Evidence):
    """Whom the images show. Research knows them by a random pseudonym."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        db_index=False,
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

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="patient_by_owner"),
            models.Index(fields=["-created_at", "-id"], name="patient_by_time"),
            models.Index(fields=["id"], condition=Q(archived_at__isnull=False), name="patient_archived"),
        ]

    def __str__(self) -> str:
        return self.pseudonym

    @property
    def research_title(self) -> str:
        return self.pseudonym

    @property
    def facts(self) -> dict[str, Any]:
        """What names this patient, as far as it is known."""
        return self.identity.facts if hasattr(self, "identity") else {}

    def is_open_to(self, user: User) -> bool:
        """Return whether this person sees the row whole. Patients are not shared."""
        return user.is_superuser or (self.owner_id == user.pk and Role.DOCTOR in user.roles)

    def mark_change(self) -> None:
        """Count a change of their identity as one of the patient: the ETag moves, and history says when and who."""
        self._save([], {})


class IdentityQuerySet(RecordQuerySet):
    def of_record(self, owner: User, issuer: str, record_number: str) -> Self:
        """The patient of this owner whom this record number names, sealed under whichever key."""
        return self.filter(record_index__in=identity.blind_indexes("record", str(owner.pk), issuer, record_number))

    def of_number(self, owner: User, record_number: str) -> Self:
        """The patients of this owner with this record number, whoever has issued it."""
        return self.filter(number_index__in=identity.blind_indexes("number", str(owner.pk), record_number))


@versioned("record_index", "number_index")
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
        return identity.decrypt(self.sealed)

    @classmethod
    def encrypted_columns(cls, owner_id: UUID, facts: dict[str, Any]) -> dict[str, str]:
        """The columns that keep these facts."""
        owner, number = str(owner_id), facts.get("record_number", "")
        return {
            "sealed": identity.encrypt(facts),
            "record_index": identity.blind_indexes("record", owner, facts.get("issuer", ""), number)[0]
            if number
            else "",
            "number_index": identity.blind_indexes("number", owner, number)[0] if number else "",
        }
