"""Uploads are counted while they arrive, so that nobody fills the disk first and is refused afterwards."""

from tempfile import TemporaryFile
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class BoundedUpload(FileUploadHandler):
    """Writes uploads to temporary files, of at most `HARRISON_MAX_UPLOAD_MB` in one request.

    Raises `RequestDataTooBig` (413).
    """

    seen = 0  # bytes of all files of this request

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Where the data are: /tmp may be small. It has no name, so whoever dies meanwhile leaves nothing behind."""
        super().new_file(*args, **kwargs)
        file = TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115 - the request closes it
        self.file = UploadedFile(file, self.file_name, self.content_type, 0, self.charset, self.content_type_extra)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.seen += len(raw_data)
        if self.seen > settings.MAX_UPLOAD_BYTES:
            self.file.close()
            raise RequestDataTooBig("The file is too large.")
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        self.file.seek(0)
        self.file.size = file_size
        return self.file

    def upload_interrupted(self) -> None:
        if hasattr(self, "file"):
            self.file.close()
