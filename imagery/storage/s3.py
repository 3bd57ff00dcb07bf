"""Bytes in a bucket that speaks Amazon's S3, by django-storages.

Files arrive on this machine all the same: they are hashed, read and cleaned before they go anywhere. Every request is
signed with its body (SigV4), so that the bucket takes nothing that was altered on the way; none is public, and none has
an address of its own. How long a silent server is waited for, and how often, is bounded.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.utils import timezone
from django.utils.deconstruct import deconstructible
from storages.backends.s3 import S3Storage

from core.exceptions import DependencyDown
from imagery.storage import CHUNK, LOST, Arrived, Leftover, Readable, Storage, Stored, let_go
from imagery.storage.disk import left_in, made

ATTEMPTS = 3  # of every request
TRANSFERS = 4  # parts of one file on the way at once
AWAY = "The files cannot be reached right now: try again in a moment."
FAILURES = (ClientError, BotoCoreError, Boto3Error)


@deconstructible
class BucketStorage(S3Storage, Storage):
    """The part of a bucket below `location`.

    Args:
        arrivals: the folder on this machine where files arrive. It outlives the process: what a crash left there tells
            the next start what to look for in the bucket.
        timeout: seconds that the server may be silent.
        part: bytes of each part of a file that is larger than one.
        encryption: what the bucket is told of it with every file, e.g. {"ServerSideEncryption": "AES256"}.
    """

    def __init__(self, *, arrivals: str, timeout: float, part: int, encryption: dict[str, str], **options: Any) -> None:
        self.folder = Path(arrivals)
        super().__init__(
            client_config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path", "payload_signing_enabled": True},
                request_checksum_calculation="when_required",  # the signature holds one, and every server knows that
                response_checksum_validation="when_required",
                connect_timeout=timeout,
                read_timeout=timeout,
                retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
            ),
            transfer_config=TransferConfig(
                multipart_threshold=part, multipart_chunksize=part, max_concurrency=TRANSFERS
            ),
            object_parameters={"ContentType": "application/octet-stream", **encryption},
            file_overwrite=False,
            default_acl=None,
            **options,
        )

    @property
    def client(self) -> Any:
        """One for each thread."""
        return self.connection.meta.client

    def arrivals(self) -> Path:
        return made(self.folder)

    def adopt(self, arrived: Arrived, name: str) -> str:
        try:
            with reached(name), arrived.open() as file:
                file.seek(0)
                self.client.upload_fileobj(
                    file,
                    self.bucket_name,
                    self.key(name),
                    ExtraArgs=self.object_parameters,
                    Config=self.transfer_config,
                )
        except DependencyDown:
            let_go(self, name)  # it may be there although its answer was lost
            raise
        return name

    def give_back(self, name: str, arrived: Arrived) -> None:
        """It still lies where it arrived."""
        let_go(self, name)

    @contextmanager
    def local(self, name: str) -> Iterator[BinaryIO]:
        with tempfile.NamedTemporaryFile(dir=self.incoming()) as file:
            with closing(self.stream(name)) as body:
                shutil.copyfileobj(body, file, CHUNK)
            file.flush()
            file.seek(0)
            yield file  # type: ignore[misc]

    def stream(self, name: str, start: int = 0, length: int | None = None) -> Readable:
        last = "" if length is None else start + length - 1
        span = {} if start == 0 and length is None else {"Range": f"bytes={start}-{last}"}
        with reached(name):
            return Body(name, self.client.get_object(Bucket=self.bucket_name, Key=self.key(name), **span)["Body"])

    def size(self, name: str) -> int:
        with reached(name):
            return self.client.head_object(Bucket=self.bucket_name, Key=self.key(name))["ContentLength"]

    def exists(self, name: str) -> bool:
        try:
            return self.size(name) >= 0
        except FileNotFoundError:
            return False

    def delete(self, name: str) -> None:
        with reached(name):
            self.client.delete_object(Bucket=self.bucket_name, Key=self.key(name))

    def folders(self) -> list[str]:
        found = [
            entry["Prefix"]
            for page in self._pages(self.key(""), Delimiter="/")
            for entry in page.get("CommonPrefixes", ())
        ]
        names = (prefix.removeprefix(self.key("")).rstrip("/") for prefix in found)
        return ["", *(name for name in names if name != LOST)]

    def stored(self, folder: str) -> Iterator[Stored]:
        below = {} if folder else {"Delimiter": "/"}
        for page in self._pages(self.key(f"{folder}/" if folder else ""), **below):
            for entry in page.get("Contents", ()):
                yield Stored(entry["Key"].removeprefix(self.key("")), entry["LastModified"])

    def leftovers(self, before: datetime) -> Iterator[Leftover]:
        """On this machine, and uploads in parts that were never completed. The bucket shows those to nobody."""
        yield from left_in(self.arrivals(), before, self.folder.parent / LOST)
        for page in self._pages(self.key(""), of="list_multipart_uploads"):
            for entry in page.get("Uploads", ()):
                if entry["Initiated"] < before and entry["Key"].startswith(self.key("")):
                    yield Leftover(entry["Key"].removeprefix(self.key("")), partial(self._abort, entry))

    def set_aside(self, name: str) -> str:
        kept = f"{LOST}/{timezone.now():%Y-%m-%d}/{name}"
        source = {"Bucket": self.bucket_name, "Key": self.key(name)}
        with reached(name):
            self.client.copy_object(
                Bucket=self.bucket_name, Key=self.key(kept), CopySource=source, **self.object_parameters
            )
        self.delete(name)
        return kept

    def url(self, *args: Any, **kwargs: Any) -> str:
        """None: bytes leave through Harrison alone, which asks who wants them and records it."""
        return ""

    def key(self, name: str) -> str:
        return f"{self.location}/{name}"

    def _pages(self, prefix: str, of: str = "list_objects_v2", **query: Any) -> Iterator[dict[str, Any]]:
        with reached(prefix):
            yield from self.client.get_paginator(of).paginate(Bucket=self.bucket_name, Prefix=prefix, **query)

    def _abort(self, upload: dict[str, Any]) -> None:
        with reached(upload["Key"]):
            self.client.abort_multipart_upload(Bucket=self.bucket_name, Key=upload["Key"], UploadId=upload["UploadId"])


class Body:
    """What the server sends of a file."""

    def __init__(self, name: str, body: Any) -> None:
        self.name_in_errors, self.body = name, body

    def read(self, size: int = -1, /) -> bytes:
        with reached(self.name_in_errors):
            return self.body.read(None if size < 0 else size)

    def close(self) -> None:
        self.body.close()


@contextmanager
def reached(name: str) -> Iterator[None]:
    """Say what went wrong in Harrison's words: `FileNotFoundError`, or `DependencyDown`."""
    try:
        yield
    except FAILURES as exc:
        told = exc.response if isinstance(exc, ClientError) else {}
        if told.get("Error", {}).get("Code") in ("404", "NoSuchKey"):
            raise FileNotFoundError(f"There is no file {name}.") from exc
        raise DependencyDown(AWAY) from exc
