"""Makes the groups that the roles are."""

from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand

from accounts.models import Role


class Command(BaseCommand):
    help = (
        "Make one Django group per role: doctor, researcher, auditor. Safe to run again: groups that are there stay. "
        "The migrations make them too; put a user in a role by adding the group in the admin."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for role in Role:
            _, made = Group.objects.get_or_create(name=role)
            self.stdout.write(f"{role}: {'made' if made else 'was there'}")
