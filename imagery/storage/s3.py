"""Files in a bucket that speaks Amazon's S3, through a boto3 client.

Files are written on this machine first: they are hashed, read and de-identified before the bucket gets them. Every
request is signed together with its body (SigV4), so the bucket refuses bytes that were altered on the way. No file is
public. Timeouts and the number of attempts are bounded.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.response import StreamingBody
from django.utils import timezone

from core.exceptions import DependencyDown
from imagery.storage import CHUNK_BYTES, LOST_AND_FOUND, Leftover, Readable, Storage, StoredFile
from imagery.storage.disk import files_before, make_folder

ATTEMPTS = 3  # of every request
PARALLEL_PARTS = 4  # of one file
CONNECTIONS = 32  # of one process
UNREACHABLE = "The files cannot be reached right now. Try again in a moment."


class BucketStorage(Storage):
    """Keeps files in the part of a bucket below `location`.

    Args:
        incoming: the folder on this machine in which files are written first.
        timeout: seconds that the server may stay silent.
        part: bytes of each part of a file that is larger than one part.
        encryption: parameters sent with every file, e.g. {"ServerSideEncryption": "AES256"}.
    """

    def __init__(
        self,
        *,
        bucket_name: str,
        location: str,
        incoming: Path,
        endpoint_url: str,
        region_name: str,
        access_key: str,
        secret_key: str,
        timeout: float,
        part: int,
        encryption: Mapping[str, str],
    ) -> None:
        self.bucket_name, self.location, self.incoming_folder = bucket_name, location, incoming
        self.server = {"endpoint_url": endpoint_url, "region_name": region_name}
        self.credentials = {"aws_access_key_id": access_key, "aws_secret_access_key": secret_key}
        self.parameters = {"ContentType": "application/octet-stream", **encryption}
        self.transfer = TransferConfig(
            multipart_threshold=part, multipart_chunksize=part, max_concurrency=PARALLEL_PARTS
        )
        self.config = client_config(timeout)
        self._client: Any = None
        self._client_process = 0

    @property
    def client(self) -> Any:
        """The client of this process: threads may share it, processes after a fork may not."""
        if self._client_process != os.getpid():
            session = boto3.session.Session(**self.credentials)
            self._client = session.client("s3", config=self.config, **self.server)
            self._client_process = os.getpid()
        return self._client

    def incoming(self) -> Path:
        return make_folder(self.incoming_folder)

    def adopt(self, path: Path, name: str) -> None:
        try:
            with translate_errors(name):
                self.client.upload_file(
                    str(path), self.bucket_name, self.key(name), ExtraArgs=self.parameters, Config=self.transfer
                )
        except DependencyDown:
            self.delete_quietly(name)  # the bucket may have it although its answer was lost
            raise

    def delete(self, name: str) -> None:
        with translate_errors(name):
            self.client.delete_object(Bucket=self.bucket_name, Key=self.key(name))

    def exists(self, name: str) -> bool:
        try:
            return self.size(name) >= 0
        except FileNotFoundError:
            return False

    def size(self, name: str) -> int:
        with translate_errors(name):
            return cast(int, self.client.head_object(Bucket=self.bucket_name, Key=self.key(name))["ContentLength"])

    @contextmanager
    def local(self, name: str) -> Iterator[BinaryIO]:
        with tempfile.NamedTemporaryFile(dir=self.incoming()) as file:
            with closing(self.stream(name)) as body:
                shutil.copyfileobj(body, file, CHUNK_BYTES)
            file.seek(0)
            yield cast(BinaryIO, file)

    def stream(self, name: str, start: int = 0, length: int | None = None) -> Readable:
        last = "" if length is None else start + length - 1
        span = {} if start == 0 and length is None else {"Range": f"bytes={start}-{last}"}
        with translate_errors(name):
            answer = self.client.get_object(Bucket=self.bucket_name, Key=self.key(name), **span)
            return Body(name, answer["Body"])

    def folders(self) -> list[str]:
        pages = self._pages("list_objects_v2", self.key(""), Delimiter="/")
        prefixes = (entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", ()))
        names = (prefix.removeprefix(self.key("")).rstrip("/") for prefix in prefixes)
        return ["", *(name for name in names if name != LOST_AND_FOUND)]

    def stored(self, folder: str) -> Iterator[StoredFile]:
        below = {} if folder else {"Delimiter": "/"}
        for page in self._pages("list_objects_v2", self.key(f"{folder}/" if folder else ""), **below):
            for entry in page.get("Contents", ()):
                yield StoredFile(entry["Key"].removeprefix(self.key("")), entry["LastModified"])

    def leftovers(self, before: datetime) -> Iterator[Leftover]:
        """List those on this machine, and multipart uploads that were never completed: the bucket hides them."""
        yield from files_before(self.incoming(), before)
        for page in self._pages("list_multipart_uploads", self.key("")):
            for entry in page.get("Uploads", ()):
                if entry["Initiated"] < before and entry["Key"].startswith(self.key("")):
                    yield Leftover(entry["Key"].removeprefix(self.key("")), partial(self._abort, entry))

    def set_aside(self, name: str) -> str:
        new_name = f"{LOST_AND_FOUND}/{timezone.now():%Y-%m-%d}/{name}"
        source = {"Bucket": self.bucket_name, "Key": self.key(name)}
        with translate_errors(name):
            self.client.copy_object(
                Bucket=self.bucket_name, Key=self.key(new_name), CopySource=source, **self.parameters
            )
        self.delete(name)
        return new_name

    def key(self, name: str) -> str:
        return f"{self.location}/{name}"

    def _pages(self, operation: str, prefix: str, **query: str) -> Iterator[dict[str, Any]]:
        with translate_errors(prefix):
            yield from self.client.get_paginator(operation).paginate(Bucket=self.bucket_name, Prefix=prefix, **query)

    def _abort(self, upload: Mapping[str, str]) -> None:
        with translate_errors(upload["Key"]):
            self.client.abort_multipart_upload(Bucket=self.bucket_name, Key=upload["Key"], UploadId=upload["UploadId"])


def client_config(timeout: float) -> Config:
    return Config(
        signature_version="s3v4",
        s3={"addressing_style": "path", "payload_signing_enabled": True},
        request_checksum_calculation="when_required",  # the signature covers the body, and every server checks it
        response_checksum_validation="when_required",
        connect_timeout=timeout,
        read_timeout=timeout,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        max_pool_connections=CONNECTIONS,
    )


class Body:
    """The bytes that the server sends of a file."""

    def __init__(self, name: str, body: StreamingBody) -> None:
        self.name_in_errors, self.body = name, body

    def read(self, size: int = -1, /) -> bytes:
        with translate_errors(self.name_in_errors):
            return self.body.read(None if size < 0 else size)

    def close(self) -> None:
        self.body.close()


@contextmanager
def translate_errors(name: str) -> Iterator[None]:
    """Raise `FileNotFoundError` or `DependencyDown` in place of boto3's errors."""
    try:
        yield
    except (ClientError, BotoCoreError, Boto3Error) as exc:
        error = exc.response.get("Error", {}) if isinstance(exc, ClientError) else {}
        if error.get("Code") in ("404", "NoSuchKey"):
            raise FileNotFoundError(f"There is no file {name}.") from exc
        raise DependencyDown(UNREACHABLE) from exc
