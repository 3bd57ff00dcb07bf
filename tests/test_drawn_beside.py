"""The picture of an upload, drawn beside it: its owner looks at it first."""

import pytest

from core.actions import Refused
from imagery import previews as drawing
from imagery.actions import uploads
from imagery.decoding import Unreadable
from imagery.models import Image
from tests import factories as make
from tests.test_bulk import side_by_side
from tests.test_previews import preview
from tests.test_room import upload


def test_who_looks_at_what_they_have_just_uploaded_waits_for_no_drawing(api, previews, drawn):
    image = Image.objects.get(pk=upload(api, make.png()).json()["id"])
    assert drawn == [{}] and preview(api, image).status_code == 200 and drawn == [{}]


@pytest.mark.parametrize("failure", [Unreadable("too_big_to_draw"), OSError(28, "No space left on device")])
def test_what_cannot_be_drawn_is_uploaded_all_the_same(failure, api, previews, monkeypatch):
    def fail(file, **asked):
        raise failure

    monkeypatch.setattr(drawing, "render", fail)
    assert upload(api, make.png()).status_code == 201 and not previews.exists()


def test_of_what_is_refused_no_picture_stays(api, previews, drawn, monkeypatch):
    def refuse(**facts):
        raise Refused("Not now.")

    monkeypatch.setattr(uploads, "add_image", refuse)
    assert upload(api, make.png()).status_code == 409 and drawn == [{}] and not previews.exists()


def test_of_many_none_is_drawn_before_somebody_looks(api, previews, drawn):
    assert side_by_side(api, make.png(1), make.png(2)).status_code == 201
    assert not drawn and not previews.exists()


def test_where_none_may_be_kept_none_is_drawn(api, settings, drawn):
    settings.PREVIEW_CACHE = settings.PREVIEW_CACHE | {"limit": 0}
    assert upload(api, make.png()).status_code == 201 and not drawn
