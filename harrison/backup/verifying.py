"""Check a snapshot."""

import hashlib
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.progress import track

from harrison.backup.files import BackupFile
from harrison.backup.manifest import Manifest, hash_file
from harrison.backup.media import Media
from harrison.backup.snapshots import Snapshot


def find_damage(snapshot: Snapshot, manifest: Manifest, console: Console) -> list[str]:
    """Check the parts, the rows, all media, and that rows and files agree. Returns a sentence for each fault."""
    damaged_parts = list(find_damaged_parts(snapshot, manifest))
    if damaged_parts:
        return damaged_parts
    rows = snapshot.rows(manifest.vendor)
    damaged_rows = list(rows.damage())
    if damaged_rows:
        return damaged_rows
    damage = list(find_damaged_media(snapshot, manifest, console))
    if combined_digest(snapshot.files()) != combined_digest(rows.named_files()):
        damage.append("The files that the rows name are not those that the snapshot lists.")
    return damage


def find_damaged_parts(snapshot: Snapshot, manifest: Manifest) -> Iterator[str]:
    for name, sha256 in manifest.parts.items():
        path = snapshot.folder / name
        if not path.is_file():
            yield f"{name} is missing."
        elif hash_file(path) != sha256:
            yield f"{name} is damaged: its bytes are not those that were written."


def find_damaged_media(snapshot: Snapshot, manifest: Manifest, console: Console) -> Iterator[str]:
    """Read and hash all media of this snapshot."""
    media, total = Media(snapshot.media_folder), sum(manifest.files.values())
    for file in track(snapshot.files(), "media", total, console=console, transient=True):
        fault = media.fault(file.media) if file.media else ""
        if fault:
            yield f"{fault} They hold the {file.field} of image {file.image}."


def combined_digest(files: Iterable[BackupFile]) -> int:
    """Sum up the digests of files: equal for equal files in any order, without millions of them in memory."""
    texts = ("\0".join((file.field, file.name, file.sha256)) for file in files)
    return sum(int.from_bytes(hashlib.sha256(text.encode()).digest()) for text in texts)
