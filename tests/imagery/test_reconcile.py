"""`reconcile_files`: what crashes, broken disks and people with a shell leave behind, on the disk and in a bucket."""

import os
import time
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Picture
from pydicom.data import get_testdata_file

from dicom.deidentification.manifest import Box
from dicom.sandbox.pool import Worker
from dicom.visits import TOO_COSTLY
from imagery import actions, reconciliation
from imagery.models import Image, Release, ReplacedCopy
from imagery.storage import LOST_AND_FOUND, StoredFile
from tests.kit import factories as make
from tests.kit.breaking import breaking_off
from tests.kit.stored import content, put


@pytest.fixture(params=["disk", "s3"])
def stores(request, settled, monkeypatch):
    """Originals and research copies, in storages that nobody else uses; everything in them is old enough to judge."""
    monkeypatch.setattr(reconciliation, "ORPHAN_AGE", -timedelta(minutes=1))
    if request.param == "s3":
        request.getfixturevalue("told")
    return settled()


@pytest.fixture
def ct(stores, doctor):
    """A released CT, and beside it a picture, so that no storage is ever empty."""
    actions.upload_image(by=doctor, file=SimpleUploadedFile("b", make.png()))
    with open(get_testdata_file("CT_small.dcm", download=False), "rb") as file:
        return actions.upload_image(by=doctor, file=SimpleUploadedFile("a", file.read()))


def reconcile(**options) -> tuple[int, str]:
    """Exit code and what was said."""
    out = StringIO()
    try:
        call_command("reconcile_files", stdout=out, **options)
    except CommandError as exc:
        return exc.returncode, f"{out.getvalue()}\n{exc}"
    return 0, out.getvalue()


def research_bytes(client, image) -> int:
    answer = client.get(reverse("image-file", kwargs={"pk": image.pk}))
    return len(b"".join(answer.streaming_content)) if answer.streaming else -answer.status_code


# --- Nothing wrong, and files that nobody points at -----------------------------------------------------------------


def test_files_and_rows_agree(ct):
    assert reconcile() == (0, reconcile()[1]) and "agree" in reconcile()[1]


@pytest.mark.parametrize("room", [0, 1], ids=["originals", "research"])
def test_a_file_without_an_image_is_named(room, ct, stores):
    put(stores[room], "ab/orphan", b"bytes")
    code, said = reconcile()
    assert code == 1 and "ab/orphan: no image names this file" in said
    assert content(stores[room], "ab/orphan") == b"bytes"


@pytest.mark.parametrize("name", ["ab/orphan", "orphan", "ab/cd/orphan"])
def test_a_file_without_an_image_is_moved_and_not_destroyed(name, ct, stores):
    put(stores[0], name, b"bytes")
    code, said = reconcile(fix=True)
    kept = f"{LOST_AND_FOUND}/{datetime.now(UTC):%Y-%m-%d}/{name}"
    assert code == 0 and kept in said and content(stores[0], kept) == b"bytes"
    assert reconcile()[0] == 0


def test_a_replaced_copy_stays_for_a_week_and_is_deleted_then(ct, stores, doctor):
    old = ct.research
    actions.redact_image(by=doctor, image=ct, boxes=[Box(None, 0, 0, 9, 9)])
    assert reconcile(fix=True)[0] == 0 and stores[1].exists(old)
    ReplacedCopy.objects.update(created_at=timezone.now() - timedelta(days=6, hours=23))
    assert reconcile(fix=True)[0] == 0 and stores[1].exists(old)
    ReplacedCopy.objects.update(created_at=timezone.now() - timedelta(days=7, hours=1))
    assert "1 replaced research copies deleted" in reconcile(fix=True)[1]
    assert not stores[1].exists(old) and not ReplacedCopy.objects.exists() and reconcile()[0] == 0


def test_of_recent_files_only_those_of_the_last_days_are_looked_for(ct, stores):
    today, then = (f"{timezone.now() - timedelta(days=number):%Y-%m-%d}" for number in (0, 3))
    put(stores[0], f"{today}/new", b"bytes")
    put(stores[0], f"{then}/old", b"bytes")
    said = reconcile(days=2)[1]
    assert f"{today}/new" in said and f"{then}/old" not in said


@pytest.mark.parametrize(("seconds", "left_alone"), [(3540, True), (3660, False)])
def test_a_file_of_less_than_an_hour_is_left_alone(seconds, left_alone, settled, tmp_path):
    storage, _ = settled()
    put(storage, "ab/arriving", b"bytes")
    then = time.time() - seconds
    os.utime(storage.root / "ab/arriving", (then, then))
    assert (reconcile(fix=True, fix_empty=True)[1].count("ab/arriving") == 0) is left_alone


def test_a_file_that_waited_long_in_a_batch_is_new_when_it_is_stored(settled, tmp_path):
    storage, _ = settled()
    arrived = storage.incoming() / "arrived"
    arrived.write_bytes(b"bytes")
    os.utime(arrived, (0, 0))
    storage.adopt(arrived, "ab/stored")
    assert "ab/stored" not in reconcile(fix=True, fix_empty=True)[1]


@pytest.mark.parametrize(("hours", "left_alone"), [(23, True), (25, False)])
def test_what_never_finished_arriving_is_cleared_after_a_day(hours, left_alone, ct, stores):
    path = stores[0].incoming() / "tmp-of-a-crash"
    path.write_bytes(b"half")
    then = time.time() - hours * 3600
    os.utime(path, (then, then))
    assert (reconcile()[0] == 0) is left_alone
    assert reconcile(fix=True)[0] == 0 and path.exists() is left_alone


# --- Originals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fix", [False, True])
def test_an_original_that_is_gone_is_named_every_time(fix, ct, stores):
    stores[0].delete(ct.original)
    code, said = reconcile(fix=fix)
    assert code == 1 and f"{ct.original} of image {ct.pk}: its file is missing" in said
    assert not fix or f"NOT REPAIRED. Only a backup has these bytes, of SHA-256 {ct.sha256}." in said


def test_an_original_that_is_altered_is_named_and_left_as_it_is(ct, stores):
    put(stores[0], ct.original, b"altered")
    code, said = reconcile(fix=True)
    assert code == 1 and "its bytes are not those that were stored" in said
    assert content(stores[0], ct.original) == b"altered"


def test_the_copy_of_a_lost_original_stays_in_research(ct, stores, researcher, client_of):
    stores[0].delete(ct.original)
    reconcile(fix=True)
    assert research_bytes(client_of(researcher), ct) > 0


def test_without_hashes_no_file_is_read(ct, stores, monkeypatch):
    for storage in stores:
        monkeypatch.setattr(storage, "stream", None)
    put(stores[0], ct.original, b"altered")
    assert reconcile(no_hash=True)[0] == 0


# --- Research copies ------------------------------------------------------------------------------------------------


def test_a_lost_copy_comes_back_byte_for_byte_and_stays_released(ct, stores, researcher, client_of):
    before = content(stores[1], ct.research)
    stores[1].delete(ct.research)
    code, said = reconcile(fix=True)
    after = Image.objects.get(pk=ct.pk)
    assert code == 0 and "byte for byte" in said
    assert (content(stores[1], after.research), after.release_state) == (before, Release.RELEASED)
    assert research_bytes(client_of(researcher), ct) == len(before) and reconcile()[0] == 0


def test_a_lost_copy_comes_back_with_the_boxes_that_were_drawn(ct, stores, doctor):
    actions.redact_image(by=doctor, image=ct, boxes=[Box(None, 0, 0, 9, 9)])
    before = content(stores[1], ct.research)
    stores[1].delete(ct.research)
    reconcile(fix=True)
    assert content(stores[1], Image.objects.get(pk=ct.pk).research) == before


def test_mending_is_part_of_the_past_of_the_image(ct, stores, api):
    stores[1].delete(ct.research)
    reconcile(fix=True)
    newest = api.get(reverse("image-history", kwargs={"pk": ct.pk})).json()["results"][0]
    assert (newest["verb"], newest["by"]) == ("renewed", None)


def test_a_copy_that_comes_out_otherwise_waits_for_its_owner(ct, stores, researcher, client_of):
    """It was made by an older engine, whose bytes nobody has looked at now."""
    ct.change(research_sha256="0" * 64)
    stores[1].delete(ct.research)
    assert reconcile(fix=True)[0] == 0
    after = Image.objects.get(pk=ct.pk)
    assert after.release_state == Release.QUARANTINED and "remade" in after.release_reason
    assert research_bytes(client_of(researcher), ct) == -404
    assert after.deidentification.manifest["sha256"] == after.research_sha256


def test_a_copy_that_cannot_be_made_any_more_is_refused_with_the_reason(ct, stores, monkeypatch):
    stores[1].delete(ct.research)
    monkeypatch.setattr(Worker, "ask", breaking_off)
    assert reconcile(fix=True)[0] == 0
    after = Image.objects.get(pk=ct.pk)
    assert (after.release_state, after.research, after.release_reason) == (
        "refused",
        "",
        TOO_COSTLY,
    )


def test_an_altered_copy_is_replaced_and_kept_for_a_look(ct, stores):
    damaged = ct.research
    put(stores[1], damaged, b"altered")
    assert reconcile(fix=True)[0] == 0
    after = Image.objects.get(pk=ct.pk)
    kept = f"{LOST_AND_FOUND}/{datetime.now(UTC):%Y-%m-%d}/{damaged}"
    assert content(stores[1], kept) == b"altered" and not stores[1].exists(damaged)
    assert after.release_state == Release.RELEASED and reconcile()[0] == 0


def test_an_altered_copy_of_an_altered_original_leaves_research(ct, stores, researcher, client_of):
    put(stores[0], ct.original, b"altered")
    put(stores[1], ct.research, b"altered")
    code, said = reconcile(fix=True)
    assert code == 1 and "cannot be remade: its original is altered." in said
    assert research_bytes(client_of(researcher), ct) == -404


@pytest.mark.parametrize("original", [b"altered", None], ids=["damaged", "differs"])
def test_a_copy_that_no_owner_has_checked_does_not_come_back_with_the_former_patient(original, ct, stores):
    ct.change(release_state=Release.QUARANTINED, held_back=True, research_sha256="0" * 64)
    if original:
        put(stores[0], ct.original, original)
    reconcile(fix=True)
    after = Image.objects.get(pk=ct.pk)
    assert (after.release_state, after.held_back) == (Release.QUARANTINED, False)


def test_a_lost_copy_of_a_lost_original_is_named_and_the_row_stays(ct, stores):
    stores[0].delete(ct.original)
    stores[1].delete(ct.research)
    code, said = reconcile(fix=True)
    after = Image.objects.get(pk=ct.pk)
    assert code == 1 and "its original is missing" in said
    assert (after.version, after.research) == (ct.version, ct.research)


def test_a_quarantined_copy_keeps_the_reason_why_it_waits(stores, ct):
    picture = Image.objects.get(media_type="image/png")
    picture.change(research_sha256="0" * 64)
    stores[1].delete(picture.research)
    reconcile(fix=True)
    after = Image.objects.get(pk=picture.pk)
    assert (after.release_state, after.release_reason) == (Release.QUARANTINED, picture.release_reason)


def test_a_renewed_picture_can_be_opened(stores, ct):
    picture = Image.objects.get(media_type="image/png")
    stores[1].delete(picture.research)
    reconcile(fix=True)
    name = Image.objects.get(pk=picture.pk).research
    assert Picture.open(BytesIO(content(stores[1], name))).size == (40, 30)


# --- While people work, and when the storage is not what it was -----------------------------------------------------


def test_a_file_that_is_gone_because_its_image_has_another_now_is_no_finding(ct):
    """The row was read before a redaction, the files after it."""
    stale = Image.objects.values("id", "original", "sha256", "research", "research_sha256").get(pk=ct.pk)
    assert list(reconciliation.find_faults(stale | {"research": "ab/old"}, hashed=True)) == []


def test_a_file_that_appears_while_it_is_looked_for_is_no_finding(ct, stores, monkeypatch):
    monkeypatch.setattr(
        stores[0], "stored", lambda folder: iter([StoredFile("x", datetime.now(UTC) + timedelta(days=1))])
    )
    assert reconcile()[0] == 0


def test_an_empty_storage_is_taken_for_one_that_is_not_mounted(ct, stores):
    for image in Image.objects.all():
        stores[1].delete(image.research)
    code, said = reconcile(fix=True)
    assert code == 1 and "is empty. Check that it is mounted" in said
    assert Image.objects.get(pk=ct.pk).research == ct.research


def test_a_storage_that_is_truly_lost_is_made_anew(ct, stores):
    for image in Image.objects.all():
        stores[1].delete(image.research)
    assert reconcile(fix=True, fix_empty=True)[0] == 0 and reconcile()[0] == 0


def test_a_bucket_that_does_not_answer_is_said_in_a_sentence(bucket, proxy):
    proxy.fails = lambda request: True
    code, said = reconcile()
    assert code == 1 and "cannot be reached" in said and "503" in said
