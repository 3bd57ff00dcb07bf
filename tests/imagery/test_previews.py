"""Previews and thumbnails: drawn once, kept for a while, and never in the way of an answer."""

import errno
import os
import shutil
import stat
import tracemalloc
from collections import namedtuple
from io import BytesIO
from threading import Thread

import pytest
from django.urls import reverse
from PIL import Image as Picture

from events.models import Event
from imagery import previews as drawing
from imagery.storage import cache
from imagery.storage.cache import DIGEST_BYTES, FileCache
from tests.kit import factories as make
from tests.kit.api import preview, upload

UNIT = 1000  # bytes of each file below, its digest included


def thumbnail(client, image):
    return client.get(reverse("image-thumbnail", kwargs={"pk": image["id"] if isinstance(image, dict) else image.pk}))


# --- What is drawn, and what is shown again ---------------------------------------------------------------------------


def test_a_preview_is_drawn_once(api, image, drawn):
    first, second = preview(api, image), preview(api, image)
    assert first.content == second.content and len(drawn) == 1


def test_two_people_share_what_was_drawn(api, colleague, client_of, image, drawn):
    assert preview(api, image).content == preview(client_of(colleague), image).content
    assert len(drawn) == 1


def test_what_is_asked_otherwise_is_drawn_anew(api, image, drawn):
    for query in ({}, {"size": 20}, {"frame": 0, "size": 21}, {"window": "40,400"}, {"window": "41,400"}):
        preview(api, image, **query)
    assert len(drawn) == 5


def test_what_is_drawn_from_other_bytes_is_not_what_was_kept(api, image, drawn):
    preview(api, image)
    image.change(sha256="f" * 64)
    preview(api, image)
    assert len(drawn) == 2


def test_what_other_code_has_drawn_is_drawn_anew(api, image, drawn, monkeypatch):
    preview(api, image)
    monkeypatch.setattr(drawing, "renderer_digest", lambda: "the next release")
    preview(api, image)
    assert len(drawn) == 2


def test_what_cannot_be_drawn_is_refused_each_time(api, image):
    assert [preview(api, image, frame=7).status_code for _ in range(2)] == [400, 400]


def test_what_was_kept_is_no_answer_to_whoever_may_not_see_the_image(api, stranger, client_of, image):
    preview(api, image)
    assert preview(client_of(stranger), image).status_code == 404


def test_an_answer_from_what_was_kept_leaves_its_event_too(api, image):
    preview(api, image)
    before = Event.objects.count()
    preview(api, image)
    assert Event.objects.count() == before + 1


def test_an_archived_image_is_shown_from_what_was_kept(api, image, drawn):
    before = preview(api, image).content
    assert api.delete(reverse("image-detail", kwargs={"pk": image.pk})).status_code == 204
    assert preview(api, image).content == before and len(drawn) == 1


def test_in_a_bucket_the_bytes_of_what_was_kept_are_not_fetched_again(api, bucket, proxy, doctor):
    image = upload(api, make.png()).json()
    first, asked = api.get(reverse("image-preview", args=[image["id"]])).content, len(proxy.seen)
    assert api.get(reverse("image-preview", args=[image["id"]])).content == first and len(proxy.seen) == asked


def test_whoever_has_the_picture_is_told_so(api, image, drawn):
    tag = preview(api, image).headers["ETag"]
    answer = api.get(reverse("image-preview", kwargs={"pk": image.pk}), headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_whoever_has_another_picture_gets_this_one(api, image):
    tag = preview(api, image, size=20).headers["ETag"]
    answer = api.get(reverse("image-preview", kwargs={"pk": image.pk}), headers={"If-None-Match": tag})
    assert answer.status_code == 200


# --- Thumbnails -------------------------------------------------------------------------------------------------------


def test_a_thumbnail_is_a_small_png(api):
    image = upload(api, make.png(1, columns=600, rows=300)).json()
    assert Picture.open(BytesIO(thumbnail(api, image).content)).size == (256, 128)


def test_a_thumbnail_is_drawn_once(api, image, drawn):
    first = thumbnail(api, image)
    assert thumbnail(api, image).content == first.content and len(drawn) == 1


def test_a_thumbnail_shows_what_was_blacked_out(api):
    """It is drawn from the research copy, whoever asks."""
    image = upload(api, make.png(1, columns=64, rows=64)).json()
    before = thumbnail(api, image).content
    box = {"left": 0, "top": 0, "width": 64, "height": 64}
    assert api.post(reverse("image-redact", kwargs={"pk": image["id"]}), {"boxes": [box]}).status_code == 200
    after = Picture.open(BytesIO(thumbnail(api, image).content)).convert("L")
    assert before != thumbnail(api, image).content and after.getextrema() == (0, 0)


def test_there_is_no_thumbnail_where_there_is_no_research_copy(api, image):
    image.change(release_state="refused", research="", research_sha256="", release_reason="It cannot be cleaned.")
    assert thumbnail(api, image).status_code == 409


# --- Where it is kept -------------------------------------------------------------------------------------------------


def files(folder):
    return {path.name for path in folder.iterdir()}


def test_what_is_kept_is_for_nobody_else_on_the_machine(api, image, previews):
    preview(api, image)
    (kept,) = previews.iterdir()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (previews, kept)] == [0o700, 0o600]


def test_what_is_kept_tells_by_its_name_neither_the_image_nor_its_bytes(api, image, previews):
    preview(api, image)
    (kept,) = files(previews)
    assert str(image.pk) not in kept and image.sha256 not in kept


def damaged(change):
    def alter(path):
        content = bytearray(path.read_bytes())
        change(content)
        path.write_bytes(content)

    return alter


@pytest.mark.parametrize(
    "harm",
    [
        damaged(lambda content: content.pop()),
        damaged(lambda content: content.clear()),
        damaged(lambda content: content.__setitem__(-20, content[-20] ^ 1)),
        damaged(lambda content: content.__setitem__(0, content[0] ^ 1)),
        os.unlink,
    ],
    ids=["cut short", "empty", "a bit of the picture", "a bit of the digest", "gone"],
)
def test_what_was_harmed_is_drawn_anew_and_kept_anew(harm, api, image, drawn, previews):
    first = preview(api, image).content
    harm(*previews.iterdir())
    assert [preview(api, image).content for _ in range(2)] == [first, first] and len(drawn) == 2


def test_none_is_kept_where_none_may_be(api, image, drawn, previews, settings):
    settings.PREVIEW_CACHE = settings.PREVIEW_CACHE | {"limit": 0}
    assert [preview(api, image).status_code for _ in range(2)] == [200, 200]
    assert len(drawn) == 2 and not files(previews)


def test_what_was_kept_is_not_shown_once_none_may_be(api, image, drawn, settings):
    preview(api, image)
    settings.PREVIEW_CACHE = settings.PREVIEW_CACHE | {"limit": 0}
    preview(api, image)
    assert len(drawn) == 2


def full(*args):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("call", ["tempfile.mkstemp", "os.rename", "os.scandir"])
def test_on_a_full_disk_the_preview_is_answered_and_nothing_stays_of_it(call, api, image, previews, monkeypatch):
    whole = preview(api, image).content
    shutil.rmtree(previews)
    monkeypatch.setattr(f"{cache.__name__}.{call}", full if call != "tempfile.mkstemp" else lambda dir: full())
    assert preview(api, image).content == whole
    assert call == "os.scandir" or not files(previews)


Disk = namedtuple("Disk", "total used free")


@pytest.mark.parametrize(("room", "kept"), [(-1, 0), (0, 1)])
def test_the_floor_of_free_disk_is_left_to_uploads(room, kept, settings, previews, monkeypatch):
    disk = Disk(0, 0, settings.FREE_DISK_BYTES + UNIT + room)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: disk)
    FileCache(previews, 10 * UNIT).put("a", bytes(UNIT))
    assert len(files(previews)) == kept


# --- How much is kept -------------------------------------------------------------------------------------------------


def put(kept, name, used_at):
    kept.put(name, bytes(UNIT - DIGEST_BYTES))
    os.utime(kept.folder / name, (used_at, used_at))


def test_what_was_not_used_for_longest_goes_first(previews):
    kept = FileCache(previews, 4 * UNIT)
    for used_at, name in enumerate("abc"):
        put(kept, name, used_at)
    kept.get("a")
    kept.put("d", bytes(UNIT - DIGEST_BYTES))
    assert files(previews) == {"a", "c", "d"}


def test_it_holds_less_than_its_limit_whatever_comes(previews):
    kept = FileCache(previews, 20 * UNIT)
    for number in range(100):
        put(kept, str(number), number)
        assert len(files(previews)) * UNIT <= 20 * UNIT


def test_what_is_larger_than_the_limit_is_not_kept_and_drives_nothing_out(previews):
    kept = FileCache(previews, 4 * UNIT)
    put(kept, "a", 1)
    kept.put("large", bytes(5 * UNIT))
    assert files(previews) == {"a"}


def test_a_process_counts_what_others_have_kept_before_it(previews):
    others = FileCache(previews, 50 * UNIT)
    for number in range(40):
        put(others, str(number), number)
    FileCache(previews, 40 * UNIT).put("mine", bytes(UNIT - DIGEST_BYTES))
    assert "mine" in files(previews) and len(files(previews)) == 35


def test_what_a_crash_left_half_written_goes_with_the_rest(previews):
    kept = FileCache(previews, 4 * UNIT)
    put(kept, "a", 2)
    (previews / "tmphalf").write_bytes(bytes(2 * UNIT))
    os.utime(previews / "tmphalf", (1, 1))
    put(kept, "b", 3)
    assert files(previews) == {"a", "b"}


def test_a_picture_that_was_kept_is_in_memory_once(previews):
    kept, large = FileCache(previews, 100_000_000), bytes(8_000_000)
    kept.put("large", large)
    tracemalloc.start()
    same = kept.get("large") == large
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert same and most < 1.5 * len(large)


def test_while_many_keep_the_same_again_it_is_whole(previews):
    kept, content = [FileCache(previews, 100 * UNIT) for _ in range(4)], os.urandom(UNIT)
    kept[0].put("a", content)
    threads = [Thread(target=lambda each=each: [each.put("a", content) for _ in range(50)]) for each in kept]
    for thread in threads:
        thread.start()
    read = {kept[0].get("a") for _ in range(200)}
    for thread in threads:
        thread.join()
    assert read == {content} and files(previews) == {"a"}
