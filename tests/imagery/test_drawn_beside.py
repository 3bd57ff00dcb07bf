"""The picture of an upload, drawn beside it: its owner looks at it first."""

from contextlib import suppress
from threading import Event, Timer
from time import sleep

import pytest

from core.exceptions import Conflict
from dicom.visits import Unreadable
from imagery import intake
from imagery import previews as drawing
from imagery.actions import uploads
from imagery.models import Image
from imagery.storage.cache import DIGEST, FileCache
from tests.kit import factories as make
from tests.kit.api import preview, side_by_side, upload
from tests.kit.waiting import until


@pytest.fixture
def unhurried(monkeypatch):
    """An upload waits for its picture however busy the machine is."""
    monkeypatch.setattr(drawing, "WAIT", 60)


def test_who_looks_at_what_they_have_just_uploaded_waits_for_no_drawing(api, previews, drawn, unhurried):
    image = Image.objects.get(pk=upload(api, make.png()).json()["id"])
    assert drawn == [{}] and preview(api, image).status_code == 200 and drawn == [{}]


@pytest.mark.parametrize("failure", [Unreadable("too_big_to_draw"), OSError(28, "No space left on device")])
def test_what_cannot_be_drawn_is_uploaded_all_the_same(failure, api, previews, monkeypatch):
    def fail(file, **asked):
        raise failure

    monkeypatch.setattr(drawing, "render", fail)
    assert upload(api, make.png()).status_code == 201 and not previews.exists()


@pytest.fixture
def held(monkeypatch):
    """Lets go of whoever draws. Drawing waits for it, and is told afterwards whether it came."""
    free, came = Event(), []

    def render(file, **asked):
        came.append(free.wait(10))
        return b"a picture"

    monkeypatch.setattr(drawing, "render", render)
    yield free, came
    free.set()


def test_it_is_drawn_while_its_rows_are_written(api, held, unhurried, monkeypatch):
    free, came = held
    add = uploads.add_image
    monkeypatch.setattr(uploads, "add_image", lambda **facts: free.set() or add(**facts))
    assert upload(api, make.png()).status_code == 201 and came == [True]


def test_an_upload_is_answered_once_its_picture_is_kept(api, previews, held, unhurried, monkeypatch):
    """Not when it is drawn: whoever looks then would have it drawn again."""
    put = FileCache.put
    monkeypatch.setattr(FileCache, "put", lambda *told: sleep(0.3) or put(*told))
    Timer(0.5, held[0].set).start()  # its rows are there by then
    assert upload(api, make.png()).status_code == 201 and len(list(previews.iterdir())) == 1


def test_of_what_is_refused_no_picture_stays_and_nobody_waits_for_it(api, previews, held, monkeypatch):
    def refuse(**facts):
        raise Conflict("Not now.")

    monkeypatch.setattr(uploads, "add_image", refuse)
    assert upload(api, make.png()).status_code == 409 and not held[1]
    held[0].set()
    intake.threads.submit(int).result()
    assert not previews.exists()


def test_a_picture_that_takes_long_is_kept_when_it_is_there(api, previews, held, monkeypatch):
    monkeypatch.setattr(drawing, "WAIT", 0)
    assert upload(api, make.png()).status_code == 201 and not held[1]
    held[0].set()
    until(lambda: kept(previews) == [DIGEST + 9])


def kept(previews):
    """The size of each picture; nothing while one is on its way to its name."""
    with suppress(FileNotFoundError):
        return [path.stat().st_size for path in previews.iterdir()]


def test_a_large_picture_is_drawn_when_somebody_looks(api, drawn, monkeypatch):
    monkeypatch.setattr(drawing, "QUICK", 40 * 30 - 1)
    assert upload(api, make.png()).status_code == 201 and not drawn


def test_what_is_there_is_not_drawn_anew_for_another_owner(api, stranger, client_of, drawn, unhurried):
    assert [upload(client, make.png()).status_code for client in (api, client_of(stranger))] == [201, 201]
    assert drawn == [{}]


def test_of_many_none_is_drawn_before_somebody_looks(api, previews, drawn):
    assert side_by_side(api, make.png(1), make.png(2)).status_code == 201
    assert not drawn and not previews.exists()


def test_where_none_may_be_kept_none_is_drawn(api, settings, drawn):
    settings.PREVIEW_CACHE = settings.PREVIEW_CACHE | {"limit": 0}
    assert upload(api, make.png()).status_code == 201 and not drawn
