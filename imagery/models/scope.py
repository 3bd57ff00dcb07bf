"""Who may see which evidence: the querysets of patients, studies, series and images."""

from collections.abc import Callable, Collection
from typing import Any, Self
from uuid import UUID

from django.apps import apps
from django.core.cache import cache
from django.db import connections, models
from django.db.models import F, Q

from accounts.models import CLINICAL, Role, Team, User
from core.models import RecordQuerySet
from core.prepared import Given, Prepared, Somebody

FEW = 10_000  # rows; below it a list is looked up by index, above it by reading on
A_WHILE = 60  # seconds until they are counted again; either way finds the same rows


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
    """Rows that belong to a doctor. `study` is the way from a row to its study, `part` to what of it is in use."""

    study: str | None = None
    part = ""

    def open_to(self, user: User) -> Self:
        """Rows this person sees whole: their own, and what is in use and shared with a team they are in."""
        if user.is_superuser:
            return self
        if Role.DOCTOR not in user.roles:
            return self.none()
        return self.filter(self._open(user))

    def is_open_to(self, user: User, *, pk: UUID, owner: UUID) -> bool:
        """Whether this person sees one row whole; of what is their own the database is not asked."""
        own = owner == user.pk and Role.DOCTOR in user.roles
        return own or self.open_to(user).filter(pk=pk).exists()

    def visible_to(self, user: User) -> Self:
        """Rows this person may know of; `is_open` tells which of them they see whole."""
        if user.is_superuser:
            return self.annotate(is_open=models.Value(True))
        if Role.RESEARCHER not in user.roles:
            return self.open_to(user).annotate(is_open=models.Value(True))
        if Role.DOCTOR not in user.roles:
            return self.filter(self._in_research()).annotate(is_open=models.Value(False))
        opened = models.Case(models.When(self._open(user), then=True), default=False)
        return self.filter(self._seen(user)).annotate(is_open=opened)

    def _seen(self, user: User) -> Q:
        """What this person may know of, whole or not."""
        is_open = self._open(user) if Role.DOCTOR in user.roles else Q(pk__in=[])
        return is_open | self._in_research() if Role.RESEARCHER in user.roles else is_open

    def narrowed_to(self, user: User) -> Self:
        """The same rows of `visible_to`, said so that a database finds a few among millions by its indexes.

        Whoever sees many finds a page of them quickly by going through all rows, newest first.
        """
        return self.filter(pk__in=self._owned_or_shared(user)) if self.few_for(user) else self

    def paged_for(self, user: Any, kept: Callable[[Any], Any], cut: Callable[[Any], Any]) -> Self:
        """`cut` makes a page of what is `kept`; where rows are looked up it cuts their own, what is shared, then both.

        So a page sorts what others share, and of what is theirs reads no more than it shows. Filters of these rows
        are asked of the page alone: one beside `visible_to` would leave it short, and belongs into `kept`.
        """
        if not self.few_for(user):
            return cut(kept(self))
        halves = self._all().filter(owner=user.pk), self._shared_with(user)
        parts = [cut(kept(rows)).values("id") for rows in halves]
        if not connections[self.db].features.supports_slicing_ordering_in_compound:  # SQLite: one level deeper
            parts = [self._all().filter(pk__in=rows).values("id") for rows in parts]
        return cut(self.filter(pk__in=cut(parts[0].union(parts[1]))))

    def few_for(self, user: Any) -> bool:
        """Whether this doctor's rows and those shared with them are few enough to be looked up."""
        if isinstance(user, Somebody):
            return user.few
        if user.is_superuser or user.roles & CLINICAL != {Role.DOCTOR} or not self._teams(user):
            return False
        known = f"few:{self.model._meta.label}:{user.pk}"
        return bool(cache.get_or_set(known, lambda: self._owned_or_shared(user)[:FEW].count() < FEW, A_WHILE))

    def _owned_or_shared(self, user: Any) -> Any:
        return self._all().filter(owner=user.pk).values("pk").union(self._shared_with(user).values("pk"))

    def _shared_with(self, user: User) -> Any:
        """What others share with this person and is in use."""
        shared = shares().filter(team__pk__in=sharing_teams(user)).values("study")
        study = f"{self.study}__".removeprefix("pk__")  # a study is its own
        in_use = {f"{self.part}archived_at": None, f"{study}archived_at": None}
        return self._all().filter(**{f"{self.study}__in": shared}, **in_use).exclude(owner=user.pk)

    def _all(self) -> Self:
        """Every row of the table, in no order."""
        return type(self)(self.model).order_by()

    def owned_by(self, user: User) -> Self:
        return self if user.is_superuser else self.filter(owner=user.pk)

    def _open(self, user: User) -> Q:
        teams = self._teams(user)
        if self.study is None or not teams:
            return Q(owner=user.pk)
        share = shares().filter(study=models.OuterRef(self.study), study__archived_at__isnull=True)
        in_use = {f"{self.part}archived_at__isnull": True}
        return Q(owner=user.pk) | Q(models.Exists(share.filter(team__pk__in=teams)), **in_use)

    def _teams(self, user: User) -> Collection[Any]:
        """The teams by which this person sees rows that are not their own."""
        return () if self.study is None or Role.DOCTOR not in user.roles else sharing_teams(user)

    def standing_for(self, user: User) -> tuple[Somebody, dict[str, Any]]:
        teams = () if user.is_superuser else self._teams(user)
        given = {f"team_{number}": team for number, team in enumerate(teams)}
        counted = None if self.study is None else len(given)
        return Somebody(user.is_superuser, user.roles, counted), {"user": user.pk, **given}

    def _in_use(self) -> Q:
        return Q(archived_at__isnull=True)

    def _in_research(self) -> Q:
        """What exists for researchers: in use, released, and of nobody who has withdrawn their consent."""
        raise NotImplementedError


def shares() -> Any:
    """Which study is shared with which team: a row for each."""
    return apps.get_model("imagery", "Study").shared_with.through.objects


def sharing_teams(user: User) -> frozenset[UUID]:
    """The teams in use by which others share a study in use with this person; asked once, and then known of them."""
    if not hasattr(user, "sharing_teams"):  # of a browser's session the user is found late, so `vars` knows nothing
        user.sharing_teams = frozenset(pk for (pk,) in shared_by.ask(user=user.pk))
    return user.sharing_teams


def _teams_that_share() -> Any:
    user = Given("user", models.UUIDField())
    others = shares().filter(team=models.OuterRef("pk"), study__archived_at__isnull=True).exclude(study__owner=user)
    return Team.objects.live().filter(models.Exists(others), members=user).order_by().values_list("pk")


shared_by = Prepared(_teams_that_share)


class PatientQuerySet(EvidenceQuerySet):
    """Patients are not shared."""

    def _in_research(self) -> Q:
        return self._in_use() & Q(withdrawn_at__isnull=True)


class StudyQuerySet(EvidenceQuerySet):
    study = "pk"

    def counted_for(self, user: User) -> Self:
        """Each study with the number of its series and images in use that this person may know of."""
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
        studies = apps.get_model("imagery", "Study").objects.order_by().archived()
        rows = self._all()
        gone = rows.filter(archived_at__isnull=False).values("pk")
        return self.filter(pk__in=gone.union(rows.filter(study__in=studies.values("pk")).values("pk")))

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

    The copy of a picture bears nobody's: it fits everybody. It is said as a case, since PostgreSQL takes two tables'
    columns for a rare match; nearly every copy fits, and for one page it would read and sort the whole table.
    """
    nobody = Q(research_patient__isnull=True, study__patient__isnull=True)
    fits = ~Q(media_type=MediaType.DICOM) | Q(research_patient=F("study__patient")) | nobody
    return Q(models.Case(models.When(fits, then=True), default=False))


def count_of(rows: models.QuerySet, whole: str) -> models.Subquery:
    """How many of these rows point with `whole` at the row of the outer query; counted for its page alone."""
    mine = rows.order_by().filter(**{whole: models.OuterRef("pk")})
    counted = mine.annotate(number=models.Func("pk", function="COUNT")).values("number")
    return models.Subquery(counted, output_field=models.IntegerField())


def released(whole: str) -> models.Exists:
    """Whether a study or a series has an image in use that is released."""
    images = apps.get_model("imagery", "Image").objects.filter(archived_at__isnull=True, release_state=Release.RELEASED)
    return models.Exists(images.filter(copy_fits(), **{whole: models.OuterRef("pk")}))
