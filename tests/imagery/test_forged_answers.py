"""A fork that a hostile file has taken over answers what it likes: it is not believed, and nobody is answered 500."""

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from imagery import files, research_copies
from imagery.models import Image
from tests.kit import factories as make

ANOTHERS = "a" * 64  # the SHA-256 of somebody else's original


def upload(client):
    return client.post(reverse("image-list"), {"file": SimpleUploadedFile("a", make.png())}, format="multipart")


@pytest.fixture
def forging(monkeypatch):
    """`forging(change)` has every answer changed by whoever made the copy."""
    ask = research_copies.cleaner.ask
    return lambda change: monkeypatch.setattr(research_copies.cleaner, "ask", lambda *asked: change(ask(*asked)))


def in_manifest(**values):
    return lambda told: told | {"manifest": told["manifest"] | values}


def test_a_copy_has_the_digest_of_its_bytes_whatever_its_maker_says(api, forging):
    forging(in_manifest(sha256=ANOTHERS))
    upload(api)
    image = Image.objects.get()
    with files.research_copies().local(image.research) as copy:
        found = hashlib.file_digest(copy, "sha256").hexdigest()
    assert image.research_sha256 == image.deidentification.manifest["sha256"] == found


def test_a_copy_has_the_boxes_that_were_drawn_whatever_its_maker_says(api, forging):
    forging(in_manifest(boxes=[{"another": "box"}]))
    upload(api)
    assert Image.objects.get().deidentification.manifest["boxes"] == []


FORGED = {
    "a list": lambda told: [told],
    "nothing": lambda told: None,
    "no keys": lambda told: {},
    "an unknown state": lambda told: told | {"state": "released"},
    "a state that is a list": lambda told: told | {"state": []},
    "a copy that is refused": lambda told: told | {"state": "refused"},
    "no reasons": lambda told: {"state": "refused"},
    "reasons that are numbers": lambda told: told | {"reasons": [1]},
    "a clean copy without a manifest": lambda told: {"state": "clean", "reasons": []},
    "a manifest that is a list": lambda told: told | {"manifest": []},
    "a manifest without keys": lambda told: told | {"manifest": {}},
    "counts that are words": in_manifest(counts={"kept": "many"}),
    "options that are lists": in_manifest(options={"113100": []}),
    "removed tags that are numbers": in_manifest(removed=[1]),
    "something wrong that is no sentence": lambda told: {"wrong": {}},
    "half a character": lambda told: told | {"reasons": ["\ud800"]},
    "a zero byte": in_manifest(profile="\0"),
}


@pytest.mark.parametrize("forged", FORGED)
def test_what_is_no_answer_is_as_if_the_making_broke_off(forged, api, forging):
    forging(FORGED[forged])
    answer = upload(api)
    assert (answer.status_code, answer.json()["release_state"]) == (201, "refused")
    assert answer.json()["release_reason"] == research_copies.TOO_COSTLY
