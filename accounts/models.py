"""Users, their roles (one Django group each), and teams."""

from functools import cached_property
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models

from core.models import NamedRecord, NamedRecordQuerySet, new_id, versioned


class Role(models.TextChoices):
    DOCTOR = "doctor"
    RESEARCHER = "researcher"
    AUDITOR = "auditor"


EVERYONE = frozenset(Role)
CLINICAL = frozenset({Role.DOCTOR, Role.RESEARCHER})


@versioned("password", "last_login")
class User(AbstractUser):
    """A person who logs in. Their groups are their roles."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False, help_text="UUID (version 7).")

    class Meta(AbstractUser.Meta):
        ordering = ["id"]  # otherwise PostgreSQL lists the members of a team in another order each time

    @cached_property
    def roles(self) -> frozenset[Role]:
        """The roles of this person. A superuser has every role's rights, and is recorded like anyone."""
        if self.is_superuser:
            return EVERYONE
        names = self.groups.filter(name__in=Role.values).order_by().values_list("name", flat=True)
        return frozenset(Role(name) for name in names)


class TeamQuerySet(NamedRecordQuerySet):
    def visible_to(self, user: "User") -> Self:
        """The teams this person is in."""
        if user.is_superuser:
            return self
        return self.filter(pk__in=Team.members.through.objects.filter(user=user.pk).values("team"))


@versioned("folded_name")
class Team(NamedRecord):
    """A group of doctors who share studies; its lead lets people in, and anyone steps out."""

    name = models.CharField(max_length=120, help_text="What the team is called, e.g. Chest radiology.")
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="teams_led",
        help_text="The doctor who created the team.",
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="teams", help_text="The doctors who see what is shared with the team."
    )

    objects: ClassVar = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "folded_name"],
                condition=models.Q(archived_at__isnull=True),
                name="team_name_is_unique_in_use",
                violation_error_message="You already lead a team of this name.",
            )
        ]
