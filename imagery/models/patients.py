"""Patients and, apart from them, their encrypted identity."""

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
from imagery.matching import Person, is_placeholder
from imagery.models.visibility import Evidence, PatientQuerySet


def new_pseudonym() -> str:
    """Make a name of 80 random bits."""
    return f"P-{secrets.token_hex(10)}"


class Sex(models.TextChoices):
    MALE = "M"
    FEMALE = "F"
    OTHER = "O"


@versioned()
class Patient(Evidence):
    """A patient, whom research knows by a random pseudonym."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="patients",
        help_text="The doctor of this patient.",
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

    objects: ClassVar = PatientQuerySet.as_manager()

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
        """The identity of this patient, as far as it is known."""
        return self.identity.facts if hasattr(self, "identity") else {}

    def as_person(self, **changes: Any) -> Person:
        """Return what is known of this patient, to compare it with a file; `changes` of the identity come first."""
        return person_of(self.facts | changes, self.sex)

    def is_open_to(self, user: User) -> bool:
        """Return whether this person sees the row whole. Patients are not shared."""
        return user.is_superuser or (self.owner_id == user.pk and Role.DOCTOR in user.roles)

    def mark_change(self) -> None:
        """Count a change of the identity as a change of the patient, for the ETag and the history."""
        self._save([], {})


def person_of(facts: dict[str, Any], sex: str) -> Person:
    """Return the comparable part of an identity."""
    texts: dict[str, Any] = {name: facts.get(name) or "" for name in ("name", "record_number", "issuer", "birth_date")}
    lists: dict[str, Any] = {name: tuple(facts.get(name, ())) for name in ("other_names", "other_ids")}
    return Person(**texts, **lists, sex=sex)


class IdentityQuerySet(RecordQuerySet):
    def of_record(self, owner_id: UUID, issuer: str, record_number: str) -> Self:
        """Return the identities with this record number of this issuer, encrypted with any of the keys.

        A placeholder is no record number: it finds none.
        """
        if is_placeholder(record_number):
            return self.none()
        return self.filter(record_index__in=identity.blind_indexes("record", str(owner_id), issuer, record_number))

    def of_number(self, owner: User, record_number: str) -> Self:
        """Return the identities with this record number of any issuer."""
        return self.filter(number_index__in=identity.blind_indexes("number", str(owner.pk), record_number))


@versioned("record_index", "number_index")
class Identity(Record):
    """The encrypted identity of a patient: name, record number, birth date, address and the like."""

    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="identity", help_text="The patient.")
    sealed = models.TextField(help_text="All of it as JSON, encrypted under one of HARRISON_IDENTITY_KEYS.")
    record_index = models.CharField(
        max_length=64,
        blank=True,
        help_text="Keyed digest of owner, issuer and record number; empty without a number and for a placeholder.",
    )
    ordinal = models.PositiveIntegerField(
        default=1, help_text="1 for the first patient of a record number, 2 for another person of the same number."
    )
    number_index = models.CharField(
        max_length=64,
        blank=True,
        db_index=True,
        help_text="Keyed digest of owner and record number; empty without a number.",
    )

    objects: ClassVar = IdentityQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(
                fields=["record_index", "ordinal"],
                condition=~Q(record_index=""),
                name="patients_of_a_record_number_are_counted",
                violation_error_message="Another patient of this record number was added just now. Try again.",
            )
        ]

    def __str__(self) -> str:
        return str(self.patient_id)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """The decrypted identity: `birth_date` is an ISO date, `other_ids` a list."""
        return identity.decrypt(self.sealed)

    @classmethod
    def encrypted_columns(cls, owner_id: UUID, facts: dict[str, Any]) -> dict[str, str]:
        """Encrypt facts, and return the columns to store."""
        owner, number = str(owner_id), facts.get("record_number", "")
        issuer = facts.get("issuer", "")
        return {
            "sealed": identity.encrypt(facts),
            "record_index": ""
            if is_placeholder(number)
            else identity.blind_indexes("record", owner, issuer, number)[0],
            "number_index": identity.blind_indexes("number", owner, number)[0] if number else "",
        }
