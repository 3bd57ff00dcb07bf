"""How much storage each owner uses."""

from typing import ClassVar, Self, cast

from django.conf import settings
from django.db import models
from django.db.models.manager import Manager

from accounts.models import User
from core.exceptions import InvalidInput
from core.models import Record, RecordQuerySet


class UsageQuerySet(RecordQuerySet):
    def of(self, owner: User) -> "Usage":
        """Return the usage of an owner, who may not have uploaded anything yet."""
        return cast(Usage, self.filter(owner=owner).first() or self.model(owner=owner))

    def add(self, owner: User, size: int) -> None:
        """Count an image against the quota, with the row locked, so that the second of two uploads sees the first."""
        usage = self._lock(owner)
        usage.refuse_beyond_quota(size)
        usage.change(images=usage.images + 1, size=usage.size + size)

    def _lock(self, owner: User) -> "Usage":
        locked = self.select_for_update().filter(owner=owner)
        if not locked.exists():
            self.bulk_create([self.model(owner=owner)], ignore_conflicts=True)  # another upload may be the first
        return cast(Usage, locked.get())


class Usage(Record):
    """The number and the size of an owner's uploads. It has no history of its own."""

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="usage", help_text="The doctor who uploads."
    )
    images = models.PositiveBigIntegerField(default=0, help_text="How many images they have uploaded.")
    size = models.PositiveBigIntegerField(default=0, help_text="Length of their originals in bytes.")

    objects: ClassVar[Manager[Self]] = UsageQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.images} images, {self.size} bytes"

    def refuse_beyond_quota(self, size: int) -> None:
        """Raise `InvalidInput` (507) if `size` more bytes exceed the HARRISON_QUOTA_MB of one owner."""
        if self.size + size > settings.QUOTA_BYTES:
            raise InvalidInput(
                f"Your images use all of your {settings.QUOTA_BYTES // 1024**2:,} MB. Ask your administrator for more.",
                code="quota_exceeded",
                field="file",
                status=507,
            )
