"""Images whose pixels nobody can show: kept and listed as such, and never in research."""

import pytest
from django.urls import reverse

from imagery.models import Image
from tests.kit import hostile
from tests.kit.api import body, preview, upload, where
from tests.kit.files import real

SIZE = {"rows": 16, "columns": 16}
VIDEO = hostile.encapsulated([b"\0\0\1\xb3" * 9], hostile.MPEG, frames=30, **SIZE)
BROKEN = hostile.encapsulated([hostile.jpeg()[:-40]], hostile.JPEG, **SIZE)


@pytest.mark.parametrize(
    ("content", "reason"), [(VIDEO, "transfer syntax"), (BROKEN, "cannot be decoded")], ids=["video", "broken"]
)
def test_an_original_without_a_picture_is_kept_and_says_why(api, content, reason):
    answer = upload(api, content)
    image = answer.json()
    assert (answer.status_code, image["release_state"], image["rows"]) == (201, "no_picture", 16)
    assert reason in image["release_reason"]
    assert body(api.get(where("image-file", image))) == content
    (listed,) = api.get(reverse("image-list"), {"release_state": "no_picture"}).json()["results"]
    assert (listed["id"], listed["release_state"]) == (image["id"], "no_picture")
    assert upload(api, content).status_code == 200


def test_what_would_show_its_picture_says_that_there_is_none(api):
    image = upload(api, VIDEO).json()
    answers = [
        preview(api, image),
        preview(api, image, redacted="true"),
        api.get(where("image-thumbnail", image)),
        api.get(where("image-text-boxes", image)),
    ]
    assert [answer.status_code for answer in answers] == [409] * 4
    assert all("no picture" in answer.json()["detail"] for answer in answers)


def test_it_cannot_be_released_by_any_hand(api, research_client):
    image = upload(api, VIDEO).json()
    boxes = {"boxes": [{"left": 0, "top": 0, "width": 1, "height": 1}]}
    assert api.post(where("image-release", image)).status_code == 409
    assert api.post(where("image-redact", image), boxes).status_code == 409
    assert api.post(where("image-remake", image)).json()["release_state"] == "no_picture"
    assert api.post(where("image-release", image)).status_code == 409
    assert research_client.get(where("image-detail", image)).status_code == 404
    assert research_client.get(where("image-file", image)).status_code == 404


def test_it_gets_its_copy_once_its_pixels_can_be_decoded(api):
    """The next version may know the transfer syntax; here the state is that of an older one."""
    image = Image.objects.get(pk=upload(api, real("CT_small.dcm")).json()["id"])
    image.change(release_state="no_picture", research="", research_sha256="", release_reason="Old.")
    assert api.post(where("image-remake", image)).json()["release_state"] == "released"
    assert preview(api, image).status_code == 200
