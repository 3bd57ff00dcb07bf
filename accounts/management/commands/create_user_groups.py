"""Create one group per role."""

from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand

from accounts.models import Role


class Command(BaseCommand):
    help = (
        "Create one Django group per role: doctor, researcher, auditor. Safe to run again. The migrations create them "
        "too. To give a user a role, add the group in the admin."
    )

    def handle(self, *args: object, **options: Any) -> None:
        for role in Role:
            _, created = Group.objects.get_or_create(name=role)
            self.stdout.write(f"{role}: {'created' if created else 'existed already'}")
