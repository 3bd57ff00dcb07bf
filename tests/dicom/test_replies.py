"""A worker that a hostile file has taken over replies what it likes: nothing of another shape is believed."""

import hashlib
import json

import pytest

from dicom.deidentification.manifest import Box
from dicom.description import Description, PatientFacts
from dicom.refusals import Unreadable
from dicom.sandbox.pool import Pool, Worker
from dicom.visits import Visit, open_file
from tests.kit import hostile
from tests.kit.untrusted import SUBJECT

FACTS = json.loads(json.dumps(Description("image/png", 1, 1, patient=PatientFacts(other_ids=("1",))).as_json()))


class Forger:
    """A worker that gives one reply."""

    def __init__(self, reply, body=b""):
        self.reply = reply, body

    def hand_over(self, descriptor):
        pass

    def ask(self, *_, **__):
        return self.reply

    def end(self):
        pass


def visit_of(reply, body=b""):
    return Visit(Forger(reply, body), Pool(1), 0)


def test_a_description_survives_the_way():
    described = visit_of({"description": FACTS}).describe()
    assert described == Description("image/png", 1, 1, patient=PatientFacts(other_ids=("1",)))


LIES = {
    "nothing": None,
    "a list": [],
    "one fact missing": {key: value for key, value in FACTS.items() if key != "rows"},
    "one fact more": FACTS | {"path": "/etc"},
    "a number as text": FACTS | {"rows": "1"},
    "a truth as number": FACTS | {"rows": True},
    "no rows": FACTS | {"rows": 0},
    "a number beyond 32 bits": FACTS | {"columns": 2**40},
    "a long text": FACTS | {"modality": "x" * 1_000},
    "a text with control characters": FACTS | {"modality": "C\0T"},
    "half a character": FACTS | {"modality": "\ud800"},
    "a date that is none": FACTS | {"study_date": "2023-02-30"},
    "another media type": FACTS | {"media_type": "text/html"},
    "a media type that is a list": FACTS | {"media_type": ["image/png"]},
    "a patient of another kind": FACTS | {"patient": {"name": "x"}},
    "a record number that is a list": FACTS | {"patient": FACTS["patient"] | {"record_number": []}},
    "many record numbers": FACTS | {"patient": FACTS["patient"] | {"other_ids": ["1"] * 101}},
}


def test_a_description_of_another_shape_is_not_believed():
    believed = []
    for name, lie in LIES.items():
        try:
            visit_of({"description": lie}).describe()
            believed.append(name)
        except Unreadable as refusal:
            assert refusal.code == "malformed"
    assert believed == []


@pytest.mark.parametrize("reply", [{}, {"refused": "no such reason"}, {"refused": ["x"]}, {"refused": 7}])
def test_a_reason_that_does_not_exist_is_not_believed(reply):
    with pytest.raises(Unreadable, match="damaged"):
        visit_of(reply).describe()


@pytest.mark.parametrize("reply", [({}, b"<script>"), ({"more": 1}, hostile.png())])
def test_bytes_that_are_no_png_are_not_passed_on(reply):
    with pytest.raises(Unreadable, match="damaged"):
        visit_of(*reply).draw()


@pytest.fixture
def forge(tmp_path, monkeypatch):
    """`forge(change)` makes a copy of a picture, and changes the reply and the thumbnail before they arrive."""

    def forged_copy(change, thumbnail=lambda png: png):
        ask = Worker.ask
        with monkeypatch.context() as patched:
            patched.setattr(Worker, "ask", lambda *told, **more: forged(ask(*told, **more)))

            def forged(message):
                return change(message[0]), thumbnail(message[1])

            (tmp_path / "picture").write_bytes(hostile.png())
            with (
                (tmp_path / "picture").open("rb") as file,
                (tmp_path / "copy").open("w+b") as copy,
                open_file(file) as v,
            ):
                return v.deidentify(SUBJECT, copy, [Box(None, 0, 0, 1, 1)])

    return forged_copy


def in_manifest(**values):
    return lambda reply: reply | {"manifest": reply["manifest"] | values}


def test_a_copy_has_the_digest_of_its_bytes_and_the_boxes_that_were_requested(forge, tmp_path):
    copy = forge(lambda reply: reply)
    assert copy.manifest["sha256"] == hashlib.sha256((tmp_path / "copy").read_bytes()).hexdigest()
    assert copy.manifest["boxes"] == [{"frame": None, "left": 0, "top": 0, "width": 1, "height": 1}]


FORGED = {
    "no keys": lambda reply: {},
    "an unknown state": lambda reply: reply | {"state": "released"},
    "a state that is a list": lambda reply: reply | {"state": []},
    "a copy that is refused": lambda reply: reply | {"state": "refused"},
    "no reasons": lambda reply: {"state": "refused"},
    "reasons that are numbers": lambda reply: {"state": "refused", "reasons": [1]},
    "a clean copy without a manifest": lambda reply: {"state": "clean", "reasons": []},
    "a manifest that is a list": lambda reply: reply | {"manifest": []},
    "a manifest without keys": lambda reply: reply | {"manifest": {}},
    "a digest of the file": in_manifest(sha256="a" * 64),
    "boxes": in_manifest(boxes=[]),
    "counts that are words": in_manifest(counts={"kept": "many"}),
    "options that are lists": in_manifest(options={"113100": []}),
    "removed tags that are numbers": in_manifest(removed=[1]),
    "half a character": lambda reply: reply | {"reasons": ["\ud800"]},
    "a zero byte": in_manifest(profile="\0"),
}


def test_a_copy_whose_record_has_another_shape_is_refused(forge):
    believed = [name for name, change in FORGED.items() if forge(change).state != "refused"]
    assert believed == []
    assert forge(lambda reply: reply, thumbnail=lambda png: b"<svg>").state == "refused"
