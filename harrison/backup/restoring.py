"""Make an empty installation the one that a snapshot was taken of."""

from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from knox.models import AuthToken
from rich.console import Console
from rich.progress import track

from harrison import copying
from harrison.backup.files import BackupFile
from harrison.backup.manifest import Manifest, fingerprint
from harrison.backup.media import Media, copy_hashed
from harrison.backup.snapshots import Snapshot


def refuse_unsuitable(manifest: Manifest) -> None:
    """Raise `CommandError` if this installation cannot take in the snapshot."""
    if manifest.vendor != connection.vendor:
        raise CommandError(
            f"The snapshot is of {manifest.vendor}, this installation is on {connection.vendor}: restore it on "
            f"{manifest.vendor}, then move the rows with `python manage.py copy_database`."
        )
    refuse_other_keys(manifest)
    newer = set(manifest.migrations) - known_migrations()
    if newer:
        raise CommandError(f"The snapshot was made by a newer Harrison, which has {', '.join(sorted(newer))}.")
    filled = copying.tables_with_rows("default")
    if filled:
        raise CommandError(
            f"This installation is in use: {', '.join(filled)} have rows. Nothing was done; restore into an empty one."
        )


def refuse_other_keys(manifest: Manifest) -> None:
    """With other keys, names could not be decrypted and new research copies would not match the old ones."""
    if not set(manifest.identity_keys) <= {fingerprint(key.encode()) for key in settings.IDENTITY_KEYS}:
        raise CommandError("HARRISON_IDENTITY_KEYS lacks a key that encrypts names in this snapshot.")
    if manifest.project_key != fingerprint(settings.PROJECT_KEY):
        raise CommandError("HARRISON_PROJECT_KEY is not the key of the installation that was backed up.")


def known_migrations() -> set[str]:
    return {".".join(key) for key in MigrationLoader(None).disk_migrations or ()}


def restore_snapshot(snapshot: Snapshot, manifest: Manifest, console: Console) -> int:
    """Restore files first, so that no row is ever without its bytes, then all rows at once. Returns how many files."""
    media, total, restored = Media(snapshot.media_folder), sum(manifest.files.values()), 0
    for file in track(snapshot.files(), "files", total, console=console, transient=True):
        if file.media:
            restore_file(file, media)
            restored += 1
    with console.status("rows"):
        snapshot.rows(manifest.vendor).load()
    log_everyone_out()
    return restored


def restore_file(file: BackupFile, media: Media) -> None:
    """Put a file into its storage as an upload does, hashed and synced, in place of that of an interrupted restore."""
    with media.path(file.media).open("rb") as source, NamedTemporaryFile(dir=file.storage.incoming()) as target:
        if copy_hashed(source.read, target) != file.media:
            raise CommandError(f"The media {file.media} were altered during the restore.")
        try:
            file.storage.adopt(Path(target.name), file.name)
        except FileExistsError:
            file.storage.delete(file.name)
            file.storage.adopt(Path(target.name), file.name)


def log_everyone_out() -> None:
    """Delete tokens and sessions: some users were locked out or logged out after the snapshot."""
    AuthToken.objects.all().delete()
    Session.objects.all().delete()


def needs_migration(manifest: Manifest) -> bool:
    """Say whether `migrate` must bring the restored rows up to date."""
    return bool(known_migrations() - set(manifest.migrations))
