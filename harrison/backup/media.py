"""Bytes under their own SHA-256: what is the same is kept once, and what is altered shows."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO

from imagery.storage import CHUNK, Readable
from imagery.storage.disk import made, sync_folder


class Media:
    """The media of a backup."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256

    def size(self, sha256: str) -> int | None:
        """Bytes; nothing where it is not there."""
        try:
            return self.path(sha256).stat().st_size if sha256 else None
        except FileNotFoundError:
            return None

    def keep(self, file: Readable) -> tuple[str, int]:
        """Take in a file, synced. Returns its SHA-256 and its size."""
        with tempfile.NamedTemporaryFile(dir=made(self.folder / ".incoming"), delete=False) as target:
            sha256, size = copied(file.read, target)
            os.fsync(target.fileno())
        made(self.path(sha256).parent)
        os.rename(target.name, self.path(sha256))
        return sha256, size

    def sync(self) -> None:
        """Put the names of all that was taken in on the disk; nothing counts on them before."""
        for folder in made(self.folder).iterdir():
            sync_folder(folder)
        sync_folder(self.folder)

    def fault(self, sha256: str) -> str:
        """What is wrong with one of the media, as a sentence; nothing where it is as it was."""
        try:
            with self.path(sha256).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return f"The media {sha256} are not there."
        except OSError as exc:
            return f"The media {sha256} cannot be read: {exc.strerror}."
        return "" if found == sha256 else f"The media {sha256} are damaged."


def copied(read: Callable[[int], bytes], target: IO[bytes]) -> tuple[str, int]:
    """Copy piece by piece. Returns the SHA-256 of what was copied, and how many bytes it was."""
    digest, size = hashlib.sha256(), 0
    for chunk in iter(partial(read, CHUNK), b""):
        digest.update(chunk)
        size += len(chunk)
        target.write(chunk)
    target.flush()
    return digest.hexdigest(), size
