"""Take a snapshot."""

import errno
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection
from rich.console import Console
from rich.progress import track

from harrison.backup.files import BackupFile
from harrison.backup.manifest import Manifest, create_manifest, write_manifest
from harrison.backup.media import Media
from harrison.backup.snapshots import Rows, Snapshot, complete_snapshot, create_snapshot, lock_backup
from harrison.copying import in_batches
from imagery.models import Image

THREADS = 4  # files that are copied at once


def make_snapshot(backup: Path, console: Console) -> tuple[Snapshot, Manifest]:
    """Copy the rows of this installation, then the bytes of the files that they name, while people work."""
    with lock_backup(backup):
        snapshot, made_at = create_snapshot(backup), datetime.now(UTC)
        rows = snapshot.rows(connection.vendor)
        with console.status("rows"):
            rows.dump()
        copy_files(rows, snapshot, console)
        manifest = create_manifest(snapshot, made_at)
        write_manifest(snapshot, manifest)
        return complete_snapshot(snapshot), manifest


def copy_files(rows: Rows, snapshot: Snapshot, console: Console) -> None:
    """Copy the bytes that are not in the media yet, and list all files."""
    media = Media(snapshot.media_folder)
    total = Image.objects.count() + Image.objects.exclude(research="").count()
    with ThreadPoolExecutor(THREADS) as pool:
        copied = (
            file
            for batch in in_batches(rows.named_files())
            for file in pool.map(lambda file: copy_file(file, media), batch)
        )
        snapshot.write_files(track(copied, "files", total, console=console, transient=True))
    media.sync()


def copy_file(file: BackupFile, media: Media) -> BackupFile:
    """Copy a file unless the media have it. A file that is missing or cannot be read gets no media."""
    if media.path(file.sha256).exists():
        return replace(file, media=file.sha256)
    try:
        with closing(file.storage.stream(file.name)) as stream:
            return replace(file, media=media.add(stream))
    except OSError as exc:
        if isinstance(exc, FileNotFoundError) or exc.errno == errno.EIO:
            return file
        raise
