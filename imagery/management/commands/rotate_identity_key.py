"""Encrypts identities with the newest key."""

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
        "Encrypt every identity, and every stored version of one, with the first of HARRISON_IDENTITY_KEYS. Put the "
        "new key before the old one, run this, then remove the old one. You can run it again at any time."
    )

    def handle(self, *args: object, **options: Any) -> None:
        console = terminal.make_console(self)
        rows, versions = Identity.objects.select_related("patient"), Version.objects.get_for_model(Identity)
        changed = 0
        for identity in track(rows.iterator(), "Identities", total=rows.count(), console=console):
            changed += reencrypt_row(identity)
        for version in track(versions.iterator(), "Versions", total=versions.count(), console=console):
            changed += reencrypt_version(version)
        self.stdout.write(f"{changed} encrypted with the current key; all others had it already.")


def reencrypt_row(identity: Identity) -> int:
    """Update one row, unless another request changes it now: that uses the current key anyway."""
    columns = Identity.encrypted_columns(identity.patient.owner_id, identity.facts)
    columns["sealed"] = reencrypt(identity.sealed)
    if all(getattr(identity, name) == value for name, value in columns.items()):
        return 0
    return Identity.objects.filter(pk=identity.pk, sealed=identity.sealed).update(**columns)


def reencrypt_version(version: Version) -> int:
    (row,) = json.loads(version.serialized_data)
    sealed = reencrypt(row["fields"]["sealed"])
    if sealed == row["fields"]["sealed"]:
        return 0
    row["fields"]["sealed"] = sealed
    same = Version.objects.filter(pk=version.pk, serialized_data=version.serialized_data)
    return same.update(serialized_data=json.dumps([row]))
