"""Which evidence a person may see: the querysets of patients, studies, series and images."""

from typing import Any, ClassVar, Self
from uuid import UUID, uuid4

from django.apps import apps
from django.db import models
from django.db.models import F, Q

from accounts.models import CLINICAL, Role, User
from core.models import Record, RecordQuerySet


class MediaType(models.TextChoices):
    DICOM = "application/dicom"
    PNG = "image/png"
    JPEG = "image/jpeg"


# The type of the research copy of each type.
COPIED_AS = {MediaType.DICOM: MediaType.DICOM, MediaType.PNG: MediaType.PNG, MediaType.JPEG: MediaType.PNG}


class Release(models.TextChoices):
    """Whether research may have an image. Nothing risky gets to RELEASED without its owner."""

    QUARANTINED = "quarantined"
    RELEASED = "released"
    REFUSED = "refused"  # no research copy can be made
    NO_PICTURE = "no_picture"  # nobody can show its pixels, so no research copy can be made either


UNRELEASABLE = (Release.REFUSED, Release.NO_PICTURE)


class EvidenceQuerySet(RecordQuerySet):
    """Rows that belong to a doctor. `study` is the path from a row to its study, `part` to its image if it has one."""

    study: str | None = None
    part = ""

    def open_to(self, user: User) -> Self:
        """Return the rows this person sees whole: their own, and rows in use that a team of theirs shares."""
        if user.is_superuser:
            return self
        if Role.DOCTOR not in user.roles:
            return self.none()
        return self.filter(self._open(user))

    def visible_to(self, user: User) -> Self:
        """Return the rows this person may know of, whole or as research sees them."""
        if user.is_superuser:
            return self
        if Role.RESEARCHER not in user.roles:
            return self.open_to(user)
        if Role.DOCTOR not in user.roles:
            return self.filter(self._in_research())
        return self.filter(self._open(user) | self._in_research())

    def visible_parts(self, user: User) -> list[Self]:
        """Return the rows of `visible_to`: a doctor's own, then the shared, so that an index gives a page of each."""
        if user.is_superuser or self.study is None or user.roles & CLINICAL != {Role.DOCTOR}:
            return [self.visible_to(user)]
        return [self.filter(owner=user.pk), self.filter(self._shared(user))]

    def looked_up_for(self, user: User) -> Self:
        """Return the rows of `visible_to`, found by their ids: for pages that are not merged of own and shared rows."""
        own, *shared = (part.values("pk") for part in self.order_by().visible_parts(user))
        return self.filter(pk__in=own.union(*shared)) if shared else self.visible_to(user)

    def with_openness(self, user: User) -> Self:
        """Add `is_open`: whether this person sees the row whole."""
        if user.is_superuser or Role.DOCTOR not in user.roles:
            return self.annotate(is_open=models.Value(user.is_superuser))
        if Role.RESEARCHER not in user.roles:
            return self.annotate(is_open=models.Value(True))
        return self.annotate(is_open=models.Case(models.When(self._open(user), then=True), default=False))

    def owned_by(self, user: User) -> Self:
        return self if user.is_superuser else self.filter(owner=user.pk)

    def _open(self, user: User) -> Q:
        own = Q(owner=user.pk)
        return own if self.study is None else own | self._shared(user)

    def _shared(self, user: User) -> Q:
        """Select rows in use that others share with this person."""
        return Q(**{f"{self.study}__in": shared_studies(user), f"{self.part}archived_at__isnull": True})

    def _in_use(self) -> Q:
        return Q(archived_at__isnull=True)

    def _in_research(self) -> Q:
        """Select the rows that researchers see: in use, released, and of no patient who has withdrawn consent."""
        raise NotImplementedError


def shared_studies(user: User) -> models.QuerySet:
    """Return the ids of others' studies in use that are shared with a team in use which this person is in."""
    shares = apps.get_model("imagery", "Study").shared_with.through.objects
    in_use = shares.filter(team__archived_at__isnull=True, study__archived_at__isnull=True)
    return in_use.filter(team__members=user.pk).exclude(study__owner=user.pk).values("study")


class Evidence(Record):
    """The base of rows that belong to a doctor.

    Ids are random: an id that tells the moment of an upload would undo the date shift of research copies.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False, help_text="Random UUID (version 4).")
    owner_id: UUID
    objects: ClassVar = EvidenceQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering: ClassVar[Any] = ["created_at", "id"]

    def is_open_to(self, user: User) -> bool:
        """Return whether this person sees the row whole. For the owner no query is needed."""
        if user.is_superuser or (self.owner_id == user.pk and Role.DOCTOR in user.roles):
            return True
        return bool(type(self).objects.open_to(user).filter(pk=self.pk).exists())


class PatientQuerySet(EvidenceQuerySet):
    """Patients are not shared."""

    def _in_research(self) -> Q:
        return self._in_use() & Q(withdrawn_at__isnull=True)


class StudyQuerySet(EvidenceQuerySet):
    study = "pk"

    def counted_for(self, user: User) -> Self:
        """Add the number of series and images in use that this person may know of."""
        return self.annotate(
            series_count=count_of(apps.get_model("imagery", "Series").objects.visible_to(user).live(), "study"),
            images_count=count_of(apps.get_model("imagery", "Image").objects.visible_to(user).live(), "study"),
        )

    def _in_research(self) -> Q:
        return self._in_use() & Q(patient__withdrawn_at__isnull=True) & Q(released("study"))


class PartOfStudyQuerySet(EvidenceQuerySet):
    """A series or an image is in use while its study is."""

    study = "study"

    def live(self) -> Self:
        return self.filter(self._in_use())

    def archived(self) -> Self:
        """Return the few rows that are archived or whose study is, each looked up by its index."""
        rows = type(self)(self.model).order_by()
        archived = rows.filter(archived_at__isnull=False).values("pk")
        in_archived_study = rows.filter(study__archived_at__isnull=False).values("pk")
        return self.filter(pk__in=archived.union(in_archived_study))

    def _in_use(self) -> Q:
        return Q(archived_at__isnull=True, study__archived_at__isnull=True)


class SeriesQuerySet(PartOfStudyQuerySet):
    def _in_research(self) -> Q:
        return self._in_use() & Q(study__patient__withdrawn_at__isnull=True) & Q(released("series"))


class ImageQuerySet(PartOfStudyQuerySet):
    def in_research(self) -> Self:
        return self.filter(self._in_research())

    def with_copy(self) -> Self:
        return self.exclude(research="")

    def shown_as(self, media_type: str, user: User) -> Self:
        """Return the images whose bytes are of this type for this person: for research, those of the copy."""
        originals = [original for original, copy in COPIED_AS.items() if copy == media_type]
        is_original, is_copy = Q(media_type=media_type), Q(media_type__in=originals)
        if user.is_superuser or Role.RESEARCHER not in user.roles:
            return self.filter(is_original)
        if Role.DOCTOR not in user.roles:
            return self.filter(is_copy)
        return self.with_openness(user).filter(is_original & Q(is_open=True) | is_copy & Q(is_open=False))

    def fitting(self) -> Self:
        """Return the images whose copy has the pseudonym of the study's present patient."""
        return self.with_copy().filter(copy_fits())

    def outdated(self) -> Self:
        """Return the images whose copy has another pseudonym."""
        return self.with_copy().exclude(copy_fits())

    def _in_research(self) -> Q:
        free = Q(study__patient__withdrawn_at__isnull=True, release_state=Release.RELEASED)
        return self._in_use() & free & copy_fits()


def copy_fits() -> Q:
    """Select images whose copy has the pseudonym and the dates of the study's present patient.

    The copy of a picture has no pseudonym, so it always fits. A CASE, because PostgreSQL believes that two columns
    rarely match: for one page it would read and sort the whole table, though nearly every copy fits.
    """
    without_patient = Q(research_patient__isnull=True, study__patient__isnull=True)
    fits = ~Q(media_type=MediaType.DICOM) | Q(research_patient=F("study__patient")) | without_patient
    return Q(models.Case(models.When(fits, then=True), default=False))


def count_of(rows: models.QuerySet, parent: str) -> models.Subquery:
    """Count the rows whose `parent` is the row of the outer query. Counts for the rows of a page alone."""
    children = rows.order_by().filter(**{parent: models.OuterRef("pk")})
    counted = children.annotate(number=models.Func("pk", function="COUNT")).values("number")
    return models.Subquery(counted, output_field=models.IntegerField())


def released(parent: str) -> models.Exists:
    """Select studies or series that have an image in use that is released."""
    images = apps.get_model("imagery", "Image").objects.filter(archived_at__isnull=True, release_state=Release.RELEASED)
    return models.Exists(images.filter(copy_fits(), **{parent: models.OuterRef("pk")}))
