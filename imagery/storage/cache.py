"""A bounded folder of files that may disappear at any time; the least recently used go first.

No library fits: Django's file cache pickles and deflates what is compressed already, counts files instead of bytes and
evicts at random; diskcache has had no release since 2023, and unpickles what it finds.
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

from imagery.storage.disk import make_folder

logger = logging.getLogger(__name__)

EVICTED_SHARE = 8  # an eviction leaves one eighth of the limit free
CHECKED_SHARE = 16  # a process checks the folder again after writing one sixteenth of the limit
DIGEST_BYTES = hashlib.sha256().digest_size


class FileCache:
    """Holds at most `limit` bytes. Any number of processes may use one folder; 0 turns it off.

    A file is written under another name and renamed, so that no one reads half a file. It begins with the SHA-256 of
    its content, so that a torn or altered file counts as absent. Therefore nothing is synced: that would take longer
    than the cache saves.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder, self.limit = folder, limit
        self.written_since_check = limit  # bytes; the first write checks

    def get(self, name: str) -> bytes | None:
        """Return the content, if it is there and intact, and mark it as used now."""
        if not self.limit:
            return None
        try:
            with open(self.folder / name, "rb", buffering=0) as file:
                digest, content = file.read(DIGEST_BYTES), file.read()  # a buffer would hold large content twice
                os.utime(file.fileno())
        except OSError:
            return None
        return content if hashlib.sha256(content).digest() == digest else None

    def put(self, name: str, content: bytes) -> None:
        """Keep the content for a while; failures are logged, since the caller has the content."""
        try:
            if self._fits(len(content)):
                self._write(name, content)
            self.written_since_check += len(content)
            if self.written_since_check > self.limit // CHECKED_SHARE:
                self._evict()
        except OSError as exc:
            logger.warning("a file could not be put into %s: %s", self.folder.name, type(exc).__name__)

    def _fits(self, size: int) -> bool:
        """Whether the limit and the free disk that is reserved for uploads allow this many more bytes."""
        if size > self.limit:
            return False
        return shutil.disk_usage(make_folder(self.folder)).free - size >= settings.FREE_DISK_BYTES

    def _write(self, name: str, content: bytes) -> None:
        descriptor, path = tempfile.mkstemp(dir=self.folder)
        try:
            with open(descriptor, "wb") as file:
                file.write(hashlib.sha256(content).digest())
                file.write(content)
            os.rename(path, self.folder / name)
        except BaseException:
            os.unlink(path)
            raise

    def _evict(self) -> None:
        """Delete the least recently used files, and with them those that a crash left half written."""
        self.written_since_check, files = 0, sorted(self._files())
        total = sum(size for _, size, _ in files)
        for _, size, path in files:
            if total <= self.limit - self.limit // EVICTED_SHARE:
                return
            Path(path).unlink(missing_ok=True)
            total -= size

    def _files(self) -> Iterator[tuple[int, int, str]]:
        """Yield when each file was last used (ns), its bytes and its path."""
        with os.scandir(make_folder(self.folder)) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # another process evicts at the same time
                    stat = entry.stat()
                    yield stat.st_mtime_ns, stat.st_size, entry.path
