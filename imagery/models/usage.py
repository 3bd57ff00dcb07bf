"""How much of the store each owner fills."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from accounts.models import User
from core.exceptions import InvalidInput
from core.models import Record, RecordQuerySet


class UsageQuerySet(RecordQuerySet):
    def held_by(self, owner: User) -> Any:
        """The owner's row, locked until the transaction ends; made when it is their first upload."""
        held = self.select_for_update().filter(owner=owner)
        return held.first() or self._first(owner)

    def _first(self, owner: User) -> Any:
        self.bulk_create([self.model(owner=owner)], ignore_conflicts=True)  # perhaps another upload is the first
        return self.select_for_update().get(owner=owner)


class Usage(Record):
    """What one owner has uploaded so far, counted so that nobody needs to add it up. It has no history of its own."""

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="usage", help_text="The doctor who uploads."
    )
    images = models.PositiveBigIntegerField(default=0, help_text="How many images they have uploaded.")
    size = models.PositiveBigIntegerField(default=0, help_text="Length of their originals in bytes.")

    objects: ClassVar[Any] = UsageQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.images} images, {self.size} bytes"

    def refuse_beyond_quota(self, more: int) -> None:
        """Raise `InvalidInput` (507) if `more` bytes are more than HARRISON_QUOTA_MB allows one owner."""
        if self.size + more > settings.QUOTA_BYTES:
            raise InvalidInput(
                f"Your images fill the {settings.QUOTA_BYTES // 1024**2:,} MB that one person may have: "
                "ask whoever runs Harrison for more room.",
                code="quota_exceeded",
                field="file",
                status=507,
            )
