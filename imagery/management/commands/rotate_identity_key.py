"""Seals what names patients under the newest key."""

import json
from typing import Any

from django.core.management.base import BaseCommand
from reversion.models import Version
from rich.progress import track

from core import terminal
from imagery.identity import reencrypt
from imagery.models import Identity


class Command(BaseCommand):
    help = (
        "Seal every identity, and every stored version of one, under the first of HARRISON_IDENTITY_KEYS. Put the new "
        "key before the old one, run this, then take the old one away. It may be run again at any time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        console = terminal.make_console(self)
        rows, versions = Identity.objects.select_related("patient"), Version.objects.get_for_model(Identity)
        moved = sum(
            move(row) for row in track(rows.iterator(), "Identities", total=rows.count(), console=console)
        ) + sum(
            move_version(version)
            for version in track(versions.iterator(), "Versions", total=versions.count(), console=console)
        )
        self.stdout.write(f"{moved} sealed anew; whatever else there is has the current key.")


def move(identity: Identity) -> int:
    """Seal one row anew, unless somebody changes it at this moment: that has the current key anyway."""
    fresh = Identity.encrypted_columns(identity.patient.owner_id, identity.facts) | {
        "sealed": reencrypt(identity.sealed)
    }
    if all(getattr(identity, name) == value for name, value in fresh.items()):
        return 0
    return Identity.objects.filter(pk=identity.pk, sealed=identity.sealed).update(**fresh)


def move_version(version: Version) -> int:
    (told,) = json.loads(version.serialized_data)
    fresh = reencrypt(told["fields"]["sealed"])
    if fresh == told["fields"]["sealed"]:
        return 0
    told["fields"]["sealed"] = fresh
    same = Version.objects.filter(pk=version.pk, serialized_data=version.serialized_data)
    return same.update(serialized_data=json.dumps([told]))
