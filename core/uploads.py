"""Write each uploaded file to the disk once, and hash it on the way."""

import hashlib
import logging
import shutil
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from weakref import finalize

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from core.exceptions import InvalidInput

logger = logging.getLogger(__name__)


class HashedUpload(UploadedFile):
    """An uploaded file on the disk. It is deleted when the request ends, unless a storage has moved it by then.

    `path` is where it is, `sha256` the hexadecimal digest of its bytes, `size` their number.
    """

    def __init__(self, folder: Path, *about: Any) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.output = NamedTemporaryFile(dir=folder, delete=False)  # noqa: SIM115 - the request closes it
        self.path = Path(self.output.name)
        self.delete = finalize(self, self.path.unlink, missing_ok=True)  # also if the client leaves half-way
        self.digest = hashlib.sha256()
        super().__init__(self.output, *about)

    def append(self, chunk: bytes) -> None:
        """Write and hash the next bytes. Raises `InvalidInput` (507)."""
        refuse_full_disk(self.path.parent, len(chunk))
        self.digest.update(chunk)
        self.output.write(chunk)

    @property
    def sha256(self) -> str:
        return self.digest.hexdigest()

    def close(self) -> None:
        super().close()
        self.delete()


class HashingUploadHandler(FileUploadHandler):
    """Writes files to `UPLOAD_FOLDER`, at most `HARRISON_MAX_UPLOAD_MB` in one request.

    Raises `RequestDataTooBig` (413), and `InvalidInput` (507) if too little of the disk would stay free.
    """

    file: HashedUpload
    received = 0  # bytes of all files of this request

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        about = (self.file_name, self.content_type, 0, self.charset, self.content_type_extra)
        self.file = HashedUpload(settings.UPLOAD_FOLDER, *about)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        try:
            if self.received > settings.MAX_UPLOAD_BYTES:
                raise RequestDataTooBig("The file is too large.")
            self.file.append(raw_data)
        except BaseException:
            self.file.close()
            raise

    def file_complete(self, file_size: int) -> UploadedFile:
        self.file.flush()
        self.file.seek(0)
        self.file.size = file_size
        return self.file

    def upload_interrupted(self) -> None:
        if hasattr(self, "file"):
            self.file.close()


def refuse_full_disk(folder: Path, size: int) -> None:
    """Raise `InvalidInput` (507) if `size` more bytes would leave less free than HARRISON_FREE_DISK_MB."""
    if shutil.disk_usage(folder).free - size < settings.FREE_DISK_BYTES:
        logger.error("An upload is refused: less than HARRISON_FREE_DISK_MB would stay free.")
        raise InvalidInput(
            "Storage is full. Ask your administrator to add space.", code="disk_full", field="file", status=507
        )
