"""Files that may go at any time: a bounded folder of this machine, which lets go first what was not used for longest.

It is our own because no library fits: Django's cache in files pickles and deflates what is packed already, counts files
instead of bytes and throws out any of them; diskcache has had no release since 2023, and unpickles what it finds.
"""

import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from imagery.storage.disk import made

logger = logging.getLogger(__name__)

FREED = 8  # that part of the limit is free once a process has looked
LOOKED = 16  # a process looks again once it has put that part of the limit
DIGEST = hashlib.sha256().digest_size  # bytes


class FileCache:
    """Any number of processes may use one folder; it holds at most `limit` bytes, as long as no more than two write.

    A file is written beside its place and renamed, so that nobody meets half of one and the last of several writers
    wins. It begins with the SHA-256 of what follows: what a power cut tore or a disk altered is as good as not there.
    Therefore nothing is synced, which would take longer than what it saved.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder, self.limit = folder, limit
        self.put_since = limit  # bytes, since this process last looked at what all have put: it has not yet

    def get(self, name: str) -> bytes | None:
        """What was put under this name, if it is there as it was put; it is used now."""
        if not self.limit:
            return None
        try:
            with open(self.folder / name, "rb", buffering=0) as file:
                digest, content = file.read(DIGEST), file.read()  # a buffer would have large content in memory twice
                os.utime(file.fileno())
        except OSError:
            return None
        return content if hashlib.sha256(content).digest() == digest else None

    def put(self, name: str, content: bytes) -> None:
        """Keep this for a while. Where that cannot be done nobody is told: whoever has made it has it."""
        try:
            if self._has_room(len(content)):
                self._write(name, content)
            self.put_since += len(content)
            if self.put_since > self.limit // LOOKED:
                self._make_room()
        except OSError as exc:
            logger.warning("a file could not be put into %s: %s", self.folder.name, type(exc).__name__)

    def _has_room(self, size: int) -> bool:
        """Within the limit, and above the floor of free disk that is kept for uploads."""
        if size > self.limit:
            return False
        return shutil.disk_usage(made(self.folder)).free - size >= settings.FREE_DISK_BYTES

    def _write(self, name: str, content: bytes) -> None:
        """For its owner alone (0600), as `mkstemp` makes it."""
        handle, path = tempfile.mkstemp(dir=self.folder)
        try:
            with open(handle, "wb") as file:
                file.write(hashlib.sha256(content).digest())
                file.write(content)
            os.rename(path, self.folder / name)
        except BaseException:
            os.unlink(path)
            raise

    def _make_room(self) -> None:
        """What was broken off by a crash goes like everything that is not used."""
        self.put_since, files = 0, sorted(self._files())
        held = sum(size for _, size, _ in files)
        for _, size, path in files:
            if held <= self.limit - self.limit // FREED:
                return
            Path(path).unlink(missing_ok=True)
            held -= size

    def _files(self) -> Iterator[tuple[int, int, str]]:
        """When each was last used, its bytes, its path."""
        with os.scandir(made(self.folder)) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # another process makes room, too
                    known = entry.stat()
                    yield known.st_mtime_ns, known.st_size, entry.path
