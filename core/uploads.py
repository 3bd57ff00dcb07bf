"""Uploads are counted while they arrive, so that nobody fills the disk first and is refused afterwards."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class BoundedUpload(TemporaryFileUploadHandler):
    """Writes uploads to temporary files, of at most `HARRISON_MAX_UPLOAD_MB` in one request.

    Raises `RequestDataTooBig` (413).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seen = 0  # bytes of all files of this request

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.seen += len(raw_data)
        if self.seen > settings.MAX_UPLOAD_BYTES:
            self.file.close()
            raise RequestDataTooBig("The file is too large.")
        super().receive_data_chunk(raw_data, start)
