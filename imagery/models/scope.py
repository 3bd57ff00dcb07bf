"""Who may see which evidence: the querysets of patients, studies, series and images."""

from typing import Self

from django.apps import apps
from django.db import models
from django.db.models import F, Q

from accounts.models import Role, User
from core.models import RecordQuerySet


class MediaType(models.TextChoices):
    DICOM = "application/dicom"
    PNG = "image/png"
    JPEG = "image/jpeg"


# What the research copy of each is.
COPIED_AS = {MediaType.DICOM: MediaType.DICOM, MediaType.PNG: MediaType.PNG, MediaType.JPEG: MediaType.PNG}


class Release(models.TextChoices):
    """Whether research may have an image. Nothing risky gets to RELEASED without its owner."""

    QUARANTINED = "quarantined"
    RELEASED = "released"
    REFUSED = "refused"


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
        shared = apps.get_model("imagery", "Study").objects.filter(
            shared_with__in=user.teams.live(), archived_at__isnull=True
        )
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
    def with_copy(self) -> Self:
        return self.exclude(research="")

    def shown_as(self, media_type: str) -> Self:
        """Of the images one may know of, those that are this for whom they are shown to (after `visible_to`)."""
        copied = [original for original, copy in COPIED_AS.items() if copy == media_type]
        return self.filter(Q(is_open=True, media_type=media_type) | Q(is_open=False, media_type__in=copied))

    def fitting(self) -> Self:
        """Images whose copy was made for whom their study shows now."""
        return self.with_copy().filter(copy_fits())

    def outdated(self) -> Self:
        """Images whose copy was made for somebody else, or for nobody who was known."""
        return self.with_copy().exclude(copy_fits())

    def _in_research(self) -> Q:
        free = Q(study__patient__withdrawn_at__isnull=True, release_state=Release.RELEASED)
        return self._in_use() & free & copy_fits()


def copy_fits() -> Q:
    """Whether an image's copy bears the pseudonym and the dates of whom its study shows now.

    The copy of a picture bears nobody's: it fits everybody.
    """
    nobody = Q(research_patient__isnull=True, study__patient__isnull=True)
    return ~Q(media_type=MediaType.DICOM) | Q(research_patient=F("study__patient")) | nobody


def released(whole: str) -> models.Exists:
    """Whether a study or a series has an image in use that is released."""
    images = apps.get_model("imagery", "Image").objects.filter(archived_at__isnull=True, release_state=Release.RELEASED)
    return models.Exists(images.filter(copy_fits(), **{whole: models.OuterRef("pk")}))
