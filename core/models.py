"""What every row of Harrison's own tables shares: a time-ordered key, its times, and a recorded change."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, ClassVar, Self

import reversion
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone
from uuid_utils.compat import uuid7

from core.prepared import Somebody


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562 section 5.7): ordered by time, safe to show."""
    return uuid7()


def asked(rows: models.QuerySet) -> Coalesce:
    """Whether there is such a row, asked for each row of the outer query in turn.

    Of an `Exists` PostgreSQL makes a join, for which it reads both tables though a page has fifty rows.
    """
    found = rows.order_by().annotate(found=models.Value(True)).values("found")[:1]
    return Coalesce(models.Subquery(found, output_field=models.BooleanField()), False)


def first_id(at: datetime) -> uuid.UUID:
    """The lowest UUIDv7 of a moment: its milliseconds since 1970 and then zeros."""
    return uuid.UUID(int=max(0, int(at.timestamp() * 1000)) << 80)


FEW = 200  # rows; fewer are looked up by their ids, and more are asked for row by row


class SeenQuerySet(models.QuerySet):
    """What a view shows. A table with owners says who may know of which row; here everyone with a role sees all."""

    def visible_to(self, user: Any) -> Self:
        """The rows this person may know of."""
        return self

    def narrowed_to(self, user: Any) -> Self:
        """The rows of `visible_to`, for a list; a table with owners says it so that indexes serve."""
        return self

    def paged_for(self, user: Any, kept: Callable[[Any], Any], cut: Callable[[Any], Any]) -> Self:
        """The page that `cut` makes of what is `kept` of these rows; a table with owners cuts it of fewer."""
        return cut(kept(self))

    def few_for(self, user: Any) -> bool:
        """Whether `narrowed_to` and `paged_for` say it in another way."""
        return False

    def standing_for(self, user: Any) -> tuple[Somebody, dict[str, Any]]:
        """Who stands for this person while the SQL of `visible_to` is written, and the values they are given."""
        return Somebody(user.is_superuser, user.roles), {"user": user.pk}


class RecordQuerySet(SeenQuerySet):
    """Rows that are archived, never deleted."""

    def live(self) -> Self:
        return self.filter(archived_at__isnull=True)

    def archived(self) -> Self:
        return self.filter(archived_at__isnull=False)

    def create(self, **fields: Any) -> Any:
        """Add a row that keeps every rule of its model; raises `ValidationError` with a sentence per field."""
        record: Any = self.model(**fields)
        with record.validating():
            record.save(force_insert=True, using=self.db)
        return record

    def few(self) -> list[uuid.UUID] | None:
        """The ids of these rows, unless they are many; reads no more of them than it takes to know."""
        ids = list(self.order_by().values_list("pk", flat=True)[:FEW])
        return ids if len(ids) < FEW else None

    def within(self, others: "RecordQuerySet", by: str = "pk") -> Self:
        """Those of these rows whose `by` is among the others: looked up while they are few, else asked row by row.

        So a page costs as much for a single code as for a chapter of thousands, of which it shows fifty rows.
        """
        ids = others.few()
        return self.filter(**{f"{by}__in": ids}) if ids is not None else self.filter(others.holds(by))

    def linked_to(self, others: "RecordQuerySet", links: Any, *, here: str, there: str) -> Self:
        """Those of these rows that a link (from `here` to `there`) joins with one of the others; as `within`."""
        ids = others.few()
        if ids is not None:
            return self.filter(pk__in=links.objects.filter(**{f"{there}__in": ids}).values(here))
        return self.filter(asked(links.objects.filter(others.holds(there), **{here: models.OuterRef("pk")})))

    def holds(self, name: str) -> Coalesce:
        """Whether a row's `name` is the id of one of these."""
        return asked(self.filter(pk=models.OuterRef(name)))

    def change_all(self, **fields: Any) -> None:
        """Change many rows alike: one statement, and a version of each. The database alone holds their rules."""
        found: Any = self.only("pk")
        rows = self.model._default_manager.filter(pk__in=[row.pk for row in found])
        rows.update(**fields, version=models.F("version") + 1, updated_at=timezone.now())
        for row in rows:
            reversion.add_to_revision(row)


class Record(models.Model):
    """The base of all clinical rows."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False, help_text="UUIDv7, ordered by time.")
    created_at = models.DateTimeField(default=timezone.now, editable=False, help_text="When the row was made (UTC).")
    updated_at = models.DateTimeField(auto_now=True, help_text="When the row was last changed (UTC).")
    archived_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When the row was taken out of use (UTC); empty while it is in use.",
    )
    version = models.PositiveIntegerField(
        default=1, editable=False, help_text="Counts the states of this row from 1; the ETag of its detail answer."
    )

    objects: ClassVar[Any] = RecordQuerySet.as_manager()
    derived: ClassVar[tuple[str, ...]] = ()  # columns that `clean` works out from the others

    class Meta:
        abstract = True
        ordering = ["id"]

    @property
    def archived(self) -> bool:
        return self.archived_at is not None

    @contextmanager
    def validating(self) -> Iterator[None]:
        """Around a save: raise `ValidationError` unless every rule holds.

        The database holds the constraints; which one it was, and its sentence, is asked only when it refuses.
        Foreign keys are the database's alone.
        """
        relations = [field.name for field in self._meta.concrete_fields if field.is_relation]
        self.clean_fields(exclude=relations)
        self.clean()
        try:
            with transaction.atomic():
                yield
        except IntegrityError:
            self.validate_unique()
            self.validate_constraints()
            raise

    def change(self, **fields: Any) -> Self:
        """Save what differs and nothing else: another writer's field survives, and no change leaves no history."""
        many = {name: fields.pop(name) for name in list(fields) if self._meta.get_field(name).many_to_many}
        columns = [name for name, value in fields.items() if getattr(self, name) != value]
        moved = self._change_links(many)
        if columns or moved:
            self._save(columns, fields)
        return self

    def _change_links(self, many: Mapping[str, Any]) -> bool:
        moved = False
        for name, wanted in many.items():
            links = getattr(self, name)
            if set(links.values_list("pk", flat=True)) != {row.pk for row in wanted}:
                links.set(wanted)
                moved = True
        return moved

    def _save(self, columns: list[str], fields: Mapping[str, Any]) -> None:
        for name in columns:
            setattr(self, name, fields[name])
        self.version += 1
        with self.validating():
            self.save(update_fields=[*columns, *self.derived, "version", "updated_at"])


def versioned(*hidden: str) -> Any:
    """Class decorator: every recorded change of this model keeps a version, without the `hidden` fields."""

    def register(model: type[models.Model]) -> type[models.Model]:
        return reversion.register(model, exclude=hidden)

    return register
