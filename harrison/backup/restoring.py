"""How an installation comes back."""

import tempfile
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from knox.models import AuthToken

from harrison import copying
from harrison.backup import manifest
from harrison.backup.bars import Bars
from harrison.backup.making import ROWS
from harrison.backup.media import Media, copied
from harrison.backup.naming import Named
from harrison.backup.snapshots import Entry, Snapshot
from imagery.storage import Arrived

MADE_BY_MIGRATIONS = ("contenttypes", "auth")


def refuse_unfit(described: manifest.Manifest) -> None:
    """Raise `CommandError` where this installation is not one that the snapshot can become."""
    if described.vendor != connection.vendor:
        raise CommandError(
            f"The snapshot is of {described.vendor}, this installation is on {connection.vendor}: restore it on "
            f"{described.vendor}, then move the rows with `python manage.py copy_database`."
        )
    refuse_other_keys(described)
    newer = set(described.migrations) - known_migrations()
    if newer:
        raise CommandError(f"The snapshot was made by a newer Harrison, which has {', '.join(sorted(newer))}.")
    taken = tables_with_rows()
    if taken:
        raise CommandError(
            f"This installation is in use: {', '.join(taken)} have rows. Restore into an empty one; nothing was done."
        )


def refuse_other_keys(described: manifest.Manifest) -> None:
    """A backup holds no keys. With others no name could be read, and new research copies would not match the old."""
    ours = {manifest.fingerprint(key.encode()) for key in settings.IDENTITY_KEYS}
    if not set(described.identity_keys) <= ours:
        raise CommandError("HARRISON_IDENTITY_KEYS lacks a key that names in this snapshot are sealed under.")
    if described.project_key != manifest.fingerprint(settings.PROJECT_KEY):
        raise CommandError("HARRISON_PROJECT_KEY is not the one of the installation that was backed up.")


def known_migrations() -> set[str]:
    return {".".join(key) for key in MigrationLoader(None).disk_migrations or ()}


def tables_with_rows() -> list[str]:
    """Tables that hold more than migrations and `create_user_groups` have put there."""
    there = connection.introspection.table_names()
    ours = (model for model in copying.tables() if model._meta.app_label not in MADE_BY_MIGRATIONS)
    return [model._meta.db_table for model in ours if model._meta.db_table in there and copying.count(model, "default")]


def restore(snapshot: Snapshot, described: manifest.Manifest, bars: Bars) -> int:
    """Bytes first, so that no row ever lacks them; then the rows, all at once. Returns how many files there were."""
    media, files = Media(snapshot.media), 0
    for entry in bars.each("files", snapshot.entries(), sum(described.files.values())):
        if entry.found:
            put(media.path(entry.found), entry)
            files += 1
    with bars.bar("rows") as done:
        ROWS[described.vendor].load(snapshot.rows(described.vendor), done)
    forget_logins()
    return files


def put(source: Path, entry: Entry) -> None:
    """Give the storage one of its files back, as an upload gives it: hashed on the way, and synced."""
    storage = Named(entry.field, entry.image, entry.name, entry.sha256).room.storage
    with tempfile.NamedTemporaryFile(dir=storage.incoming(), delete=False) as target:
        try:
            with source.open("rb") as file:
                sha256, _ = copied(file.read, target)
            if sha256 != entry.found:
                raise CommandError(f"The media {entry.found} were altered while they were restored.")
            storage.adopt(Arrived(Path(target.name), target.fileno()), entry.name)
        finally:
            Path(target.name).unlink(missing_ok=True)


def forget_logins() -> None:
    """Whoever was locked out or has logged out since the snapshot stays out: everybody logs in again."""
    AuthToken.objects.all().delete()
    Session.objects.all().delete()


def missing_migrations(described: manifest.Manifest) -> bool:
    """Whether `migrate` has to bring the rows up to date."""
    return bool(known_migrations() - set(described.migrations))
