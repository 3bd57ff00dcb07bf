"""Receive uploads: each is written to the storage's incoming folder once, and hashed on the way."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.core.files import File

from core.exceptions import InvalidInput
from core.uploads import HashedUpload, refuse_full_disk
from dicom.description import Description
from dicom.refusals import Unreadable
from dicom.visits import describe
from imagery import files


@dataclass(frozen=True)
class Upload:
    """A complete file on this machine that no storage keeps yet."""

    path: Path
    sha256: str
    size: int  # bytes


@contextmanager
def receive(file: "File[bytes]") -> Iterator[Upload]:
    """Yield an uploaded file, which `core.uploads` has written and hashed already if it came in a request."""
    if isinstance(file, HashedUpload):
        yield Upload(file.path, file.sha256, file.size or 0)
        return
    with spool(file.chunks()) as upload:
        yield upload


@contextmanager
def spool(chunks: Iterable[bytes]) -> Iterator[Upload]:
    """Write and hash a file, which the end of the block deletes. Raises `InvalidInput` (507) if the disk is full."""
    folder, digest, size = files.originals().incoming(), hashlib.sha256(), 0
    with NamedTemporaryFile(dir=folder) as file:
        for chunk in chunks:
            refuse_full_disk(folder, len(chunk))
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
        file.flush()
        yield Upload(Path(file.name), digest.hexdigest(), size)


def describe_upload(upload: Upload) -> Description:
    with explain_unreadable("file"), upload.path.open("rb") as file:
        return describe(file)


@contextmanager
def explain_unreadable(field: str) -> Iterator[None]:
    """Raise `InvalidInput` about this field in place of `Unreadable`."""
    try:
        yield
    except Unreadable as exc:
        raise InvalidInput(exc.sentence, code=exc.code, field=field, status=exc.status) from exc
