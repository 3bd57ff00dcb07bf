"""A process that a hostile file has taken over replies what it likes: it is not believed, and no answer is a 500."""

import hashlib

from dicom.sandbox.pool import Worker
from dicom.visits import TOO_COSTLY
from imagery import files
from imagery.models import Image
from tests.kit import factories as make
from tests.kit.api import upload


def forge(monkeypatch, change):
    """Change each reply about a copy."""
    ask = Worker.ask

    def forged(self, request, *told, **more):
        reply, body = ask(self, request, *told, **more)
        return (change(reply) if request["do"] == "deidentify" else reply), body

    monkeypatch.setattr(Worker, "ask", forged)


def test_a_copy_is_stored_with_the_digest_of_its_bytes(api):
    upload(api, make.png())
    image = Image.objects.get()
    with files.research_copies().local(image.research) as copy:
        digest = hashlib.file_digest(copy, "sha256").hexdigest()
    assert image.research_sha256 == image.deidentification.manifest["sha256"] == digest


def test_a_forged_reply_leaves_no_copy(api, monkeypatch):
    forge(monkeypatch, lambda reply: reply | {"state": "released"})
    answer = upload(api, make.png())
    assert (answer.status_code, answer.json()["release_state"]) == (201, "refused")
    assert answer.json()["release_reason"] == TOO_COSTLY
