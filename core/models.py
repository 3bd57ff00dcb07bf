"""The base of Harrison's own tables: a key, times, a version number, and recorded changes."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

import reversion
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from core.text import fold

if TYPE_CHECKING:
    from django.contrib.auth.models import _User as User  # the model that AUTH_USER_MODEL names, for type checkers

ModelClass = TypeVar("ModelClass", bound=type[models.Model])


def new_id() -> uuid.UUID:
    """Return a UUIDv7 (RFC 9562 section 5.7): it begins with its time, so ids are in order of creation."""
    return uuid7()


def first_id(at: datetime) -> uuid.UUID:
    """Return the lowest UUIDv7 of a moment: its milliseconds since 1970, then zeros."""
    return uuid.UUID(int=max(0, int(at.timestamp() * 1000)) << 80)


class VisibleQuerySet(models.QuerySet):
    """Rows that a view shows. Here everyone with a role sees all of them; a table with owners narrows `visible_to`."""

    def visible_to(self, user: "User") -> Self:
        """Return the rows that this person may know of."""
        return self

    def visible_parts(self, user: "User") -> list[Self]:
        """Return the rows of `visible_to` in parts without a common row, of which an index gives a page in order."""
        return [self.visible_to(user)]


class RecordQuerySet(VisibleQuerySet):
    """Rows that are archived, never deleted."""

    def live(self) -> Self:
        return self.filter(archived_at__isnull=True)

    def archived(self) -> Self:
        return self.filter(archived_at__isnull=False)

    def create(self, **fields: object) -> Any:
        """Add a row that keeps every rule of its model; raises `ValidationError` with a sentence per field."""
        record: Any = self.model(**fields)
        with record.validating():
            record.save(force_insert=True, using=self.db)
        return record

    def change_all(self, **fields: object) -> None:
        """Change many rows alike: one statement, and a version of each. The database alone holds their rules."""
        rows = self.model._default_manager.filter(pk__in=list(self.values_list("pk", flat=True)))
        rows.update(**fields, version=models.F("version") + 1, updated_at=timezone.now())
        for row in rows:
            reversion.add_to_revision(row)


class Record(models.Model):
    """The base of all clinical rows."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False, help_text="UUID (version 7).")
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

    objects: ClassVar = RecordQuerySet.as_manager()
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
        self.refuse_conflicts()
        try:
            with transaction.atomic():
                yield
        except IntegrityError:
            self.validate_unique()
            self.validate_constraints()
            raise

    def refuse_conflicts(self) -> None:
        """Raise `Conflict` if other rows do not allow this one. Actions lock what keeps others from changing them."""

    def change(self, **fields: Any) -> Self:
        """Save what differs and nothing else: another writer's field survives, and no change leaves no history."""
        many = {name: fields.pop(name) for name in list(fields) if self._meta.get_field(name).many_to_many}
        columns = [name for name, value in fields.items() if getattr(self, name) != value]
        moved = self._change_links(many)
        if columns or moved:
            self._save(columns, fields)
        return self

    def archive(self) -> Self:
        """Take the row out of use; a row that is archived already keeps its time."""
        return self.change(archived_at=self.archived_at or timezone.now())

    def restore(self) -> Self:
        return self.change(archived_at=None)

    def _change_links(self, many: Mapping[str, Iterable[models.Model]]) -> bool:
        moved = False
        for name, wanted in many.items():
            links = getattr(self, name)
            if set(links.values_list("pk", flat=True)) != {row.pk for row in wanted}:
                links.set(wanted)
                moved = True
        return moved

    def _save(self, columns: list[str], fields: Mapping[str, object]) -> None:
        for name in columns:
            setattr(self, name, fields[name])
        self.version += 1
        with self.validating():
            self.save(update_fields=[*columns, *self.derived, "version", "updated_at"])


class NamedRecordQuerySet(RecordQuerySet):
    def called(self, text: str) -> Self:
        """Return the rows whose name contains this text, whatever its case and Unicode form."""
        return self.filter(folded_name__contains=fold(text))


class NamedRecord(Record):
    """The base of rows with a `name`, which is stored as typed and compared folded (`core.text`)."""

    name: Any
    folded_name = models.TextField(editable=False, help_text="The name without case and in one Unicode form.")

    objects: ClassVar = NamedRecordQuerySet.as_manager()
    derived: ClassVar[tuple[str, ...]] = ("folded_name",)

    class Meta(Record.Meta):
        abstract = True

    def __str__(self) -> str:
        return str(self.name)

    def clean(self) -> None:
        self.folded_name = fold(self.name)
        if not self.folded_name:
            raise ValidationError({"name": "A name has at least one visible character."})


def versioned(*hidden: str) -> Callable[[ModelClass], ModelClass]:
    """Keep a version of every recorded change of the decorated model, without the `hidden` fields."""

    def register(model: ModelClass) -> ModelClass:
        reversion.register(model, exclude=hidden)
        return model

    return register
