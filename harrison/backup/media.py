"""Bytes under their own SHA-256: equal files are stored once, and an altered one shows."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO

from imagery.storage import CHUNK_BYTES, Readable
from imagery.storage.disk import make_folder, sync


class Media:
    """The media folder of a backup."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256

    def add(self, file: Readable) -> str:
        """Copy a file into the media, synced, and return its SHA-256."""
        with tempfile.NamedTemporaryFile(dir=make_folder(self.folder / ".incoming"), delete=False) as target:
            sha256 = copy_hashed(file.read, target)
            os.fsync(target.fileno())
        make_folder(self.path(sha256).parent)
        os.rename(target.name, self.path(sha256))
        return sha256

    def sync(self) -> None:
        """Put the names of all new media on the disk."""
        for folder in make_folder(self.folder).iterdir():
            sync(folder)
        sync(self.folder)

    def fault(self, sha256: str) -> str:
        """Return a sentence about what is wrong with one of the media, or nothing."""
        try:
            with self.path(sha256).open("rb") as file:
                intact = hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            return f"The media {sha256} are missing."
        except OSError as exc:
            return f"The media {sha256} cannot be read: {exc.strerror}."
        return "" if intact else f"The media {sha256} are damaged."


def copy_hashed(read: Callable[[int], bytes], target: IO[bytes]) -> str:
    """Copy in pieces, and return the SHA-256 of the bytes."""
    digest = hashlib.sha256()
    for chunk in iter(partial(read, CHUNK_BYTES), b""):
        digest.update(chunk)
        target.write(chunk)
    target.flush()
    return digest.hexdigest()
