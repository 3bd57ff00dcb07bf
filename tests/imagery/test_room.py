"""Room on the disk: nobody fills it for the others, and a full one says so."""

import errno
import hashlib
import shutil
from collections import namedtuple

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile

from core.exceptions import InvalidInput
from core.uploads import HashingUploadHandler
from imagery import actions, intake
from imagery.models import Image, Usage
from imagery.models.usage import UsageQuerySet
from tests.kit import factories as make
from tests.kit.api import upload

pytestmark = pytest.mark.on_both

Disk = namedtuple("Disk", "total used free")


@pytest.mark.parametrize(("room", "status"), [(-1, 507), (0, 201), (1, 201)])
def test_an_owner_fills_their_quota_to_the_byte(room, status, api, settings):
    first, second = make.png(1), make.png(2)
    settings.QUOTA_BYTES = len(first) + len(second) + room
    upload(api, first)
    answer = upload(api, second)
    assert answer.status_code == status and answer.json().get("code") == ("quota_exceeded" if room < 0 else None)


def test_what_is_refused_for_want_of_room_leaves_nothing(api, settings):
    settings.QUOTA_BYTES = 1
    upload(api, make.png(1))
    assert not Image.objects.exists() and not Usage.objects.filter(images__gt=0).exists()


def test_the_same_bytes_again_take_no_room(api, settings, doctor):
    settings.QUOTA_BYTES = len(make.png(1))
    assert [upload(api, make.png(1)).status_code for _ in range(2)] == [201, 200]
    assert (doctor.usage.images, doctor.usage.size) == (1, len(make.png(1)))


def test_the_quota_of_one_is_not_the_quota_of_another(api, stranger, client_of, settings):
    settings.QUOTA_BYTES = len(make.png(1))
    assert [upload(client, make.png(1)).status_code for client in (api, client_of(stranger))] == [201, 201]


def test_of_two_uploads_at_once_the_second_counts_the_first(doctor, settings, monkeypatch):
    """Both find room before either has written."""
    settings.QUOTA_BYTES = len(make.png(1))
    monkeypatch.setattr(UsageQuerySet, "of", lambda self, owner: Usage(owner=owner))  # what each saw at first
    actions.upload_image(by=doctor, file=SimpleUploadedFile("a", make.png(1)))
    with pytest.raises(intake.InvalidInput, match="use all of your"):
        actions.upload_image(by=doctor, file=SimpleUploadedFile("a", make.png(2)))
    assert Image.objects.count() == 1


@pytest.mark.parametrize(("room", "status"), [(-1, 507), (0, 201), (1, 201)])
def test_the_floor_of_free_disk_holds_to_the_byte(room, status, api, settings, monkeypatch):
    content = make.png(1)
    disk = Disk(0, 0, settings.FREE_DISK_BYTES + len(content) + room)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: disk)
    answer = upload(api, content)
    assert answer.status_code == status and answer.json().get("code") == ("disk_full" if room < 0 else None)


def test_a_disk_that_fills_up_while_a_file_arrives_is_a_507_and_leaves_nothing(api, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    answer = upload(api, make.png(1))
    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")
    assert list(storages["originals"].incoming().iterdir()) == []


# --- While they arrive ------------------------------------------------------------------------------------------------


def test_uploads_arrive_where_the_data_are_and_not_in_a_small_tmp(api, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    assert upload(api, make.png(1)).status_code == 201


@pytest.fixture
def handler(settings, tmp_path):
    """A handler that has received five bytes of a file into an empty folder."""
    settings.UPLOAD_FOLDER = tmp_path
    handler = HashingUploadHandler()
    handler.new_file("file", "a.png", "image/png", None)
    handler.receive_data_chunk(b"bytes", 0)
    return handler


def test_an_upload_is_hashed_while_it_is_written(handler, tmp_path):
    with handler.file_complete(5) as file:
        assert file.sha256 == hashlib.sha256(b"bytes").hexdigest()
        assert (file.size, file.path.parent, file.path.read_bytes(), file.read()) == (5, tmp_path, b"bytes", b"bytes")


def test_a_storage_may_move_an_upload(handler, tmp_path):
    with handler.file_complete(5) as file:
        file.path.rename(tmp_path / "stored")
    assert [path.name for path in tmp_path.iterdir()] == ["stored"]


def test_nothing_is_left_of_an_upload_that_is_not_stored(handler, tmp_path):
    handler.file_complete(5).close()
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_of_an_upload_that_its_client_breaks_off(handler, tmp_path):
    handler.upload_interrupted()
    assert list(tmp_path.iterdir()) == []


def test_an_upload_stops_where_too_little_of_the_disk_would_stay_free(handler, tmp_path, monkeypatch, settings, caplog):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Disk(0, 0, settings.FREE_DISK_BYTES + 4))
    handler.receive_data_chunk(b"four", 5)
    with pytest.raises(InvalidInput, match="Storage is full"):
        handler.receive_data_chunk(b"fives", 9)
    assert list(tmp_path.iterdir()) == []
    assert "HARRISON_FREE_DISK_MB" in caplog.text, "the operator is not told"
