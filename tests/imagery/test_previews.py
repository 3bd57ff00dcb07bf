"""Previews and thumbnails: drawn once, cached, and shown only to people who may see the image."""

import errno
import os
import shutil
import stat
from io import BytesIO

import pytest
from PIL import Image as Picture

from events.models import Event
from imagery import previews as drawing
from imagery.storage import cache
from tests.kit import factories as make
from tests.kit.api import preview, upload, where


def thumbnail(client, image):
    return client.get(where("image-thumbnail", image))


def names(folder):
    return {path.name for path in folder.iterdir()}


# --- Previews ---------------------------------------------------------------------------------------------------------


def test_a_preview_is_drawn_once_for_all_people(api, colleague, client_of, image, drawn):
    first = preview(api, image).content
    assert [preview(client, image).content for client in (api, client_of(colleague))] == [first, first]
    assert len(drawn) == 1


def test_each_request_each_file_and_each_renderer_has_its_own_preview(api, image, drawn, monkeypatch):
    for query in ({}, {"size": 20}, {"frame": 0, "size": 21}, {"window": "40,400"}, {"window": "41,400"}):
        preview(api, image, **query)
    image.change(sha256="f" * 64)
    preview(api, image)
    monkeypatch.setattr(drawing, "renderer_digest", lambda: "the next release")
    preview(api, image)
    assert len(drawn) == 7


def test_a_frame_that_does_not_exist_is_refused_each_time(api, image):
    assert [preview(api, image, frame=7).status_code for _ in range(2)] == [400, 400]


def test_a_cached_preview_is_hidden_from_strangers_and_recorded(api, stranger, client_of, image):
    preview(api, image)
    before = Event.objects.count()
    assert preview(client_of(stranger), image).status_code == 404
    assert preview(api, image).status_code == 200
    assert Event.objects.count() == before + 2


def test_an_archived_image_has_its_cached_preview(api, image, drawn):
    before = preview(api, image).content
    assert api.delete(where("image-detail", image)).status_code == 204
    assert preview(api, image).content == before and len(drawn) == 1


def test_a_cached_preview_fetches_nothing_from_the_bucket(api, bucket, proxy):
    image = upload(api, make.png()).json()
    first, requests = preview(api, image).content, len(proxy.seen)
    assert preview(api, image).content == first and len(proxy.seen) == requests


def test_a_client_that_has_the_preview_is_told_so(api, image):
    tag, other = preview(api, image).headers["ETag"], preview(api, image, size=20).headers["ETag"]
    answer = api.get(where("image-preview", image), headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert api.get(where("image-preview", image), headers={"If-None-Match": other}).status_code == 200


# --- Thumbnails -------------------------------------------------------------------------------------------------------


def test_the_thumbnail_is_drawn_with_the_research_copy(api, drawn):
    image = upload(api, make.png(1, columns=600, rows=300)).json()
    assert Picture.open(BytesIO(thumbnail(api, image).content)).size == (256, 128)
    assert drawn == []


def test_a_thumbnail_that_is_not_cached_is_drawn_once(api, image, drawn):
    assert thumbnail(api, image).content == thumbnail(api, image).content and len(drawn) == 1


def test_a_thumbnail_shows_the_boxes(api):
    image = upload(api, make.png(1, columns=64, rows=64)).json()
    before = thumbnail(api, image).content
    box = {"left": 0, "top": 0, "width": 64, "height": 64}
    assert api.post(where("image-redact", image), {"boxes": [box]}).status_code == 200
    after = thumbnail(api, image).content
    assert before != after and Picture.open(BytesIO(after)).convert("L").getextrema() == (0, 0)


def test_without_a_research_copy_there_is_no_thumbnail(api, image):
    image.change(release_state="refused", research="", research_sha256="", release_reason="It cannot be cleaned.")
    assert thumbnail(api, image).status_code == 409


# --- The cache --------------------------------------------------------------------------------------------------------


def test_a_cached_preview_is_for_this_user_alone_and_its_name_tells_nothing(api, image, previews):
    preview(api, image)
    (cached,) = previews.iterdir()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (previews, cached)] == [0o700, 0o600]
    assert str(image.pk) not in cached.name and image.sha256 not in cached.name


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
    ids=["cut short", "empty", "a bit of the PNG", "a bit of the digest", "gone"],
)
def test_a_damaged_preview_is_drawn_and_cached_again(harm, api, image, drawn, previews):
    first = preview(api, image).content
    harm(*previews.iterdir())
    assert [preview(api, image).content for _ in range(2)] == [first, first] and len(drawn) == 2


def test_a_cache_of_no_size_neither_keeps_nor_shows(api, image, drawn, settings):
    preview(api, image)
    settings.PREVIEW_CACHE = settings.PREVIEW_CACHE | {"limit": 0}
    assert [preview(api, image).status_code for _ in range(2)] == [200, 200]
    assert len(drawn) == 3


def full(*args, **kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("call", ["tempfile.mkstemp", "os.rename", "os.scandir"])
def test_a_full_disk_does_not_stop_a_preview(call, api, image, previews, monkeypatch):
    complete = preview(api, image).content
    shutil.rmtree(previews)
    monkeypatch.setattr(f"{cache.__name__}.{call}", full)
    assert preview(api, image).content == complete
    assert call == "os.scandir" or not names(previews)
