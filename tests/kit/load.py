"""Doctors at work, all at once: they upload, say what they see, say it otherwise, and draw boxes.

What the server has said yes to is remembered, and can be held against what is there afterwards.
"""

import hashlib
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from uuid import uuid4

import requests
from PIL import Image as Picture
from pydicom import dcmread
from pydicom.data import get_testdata_file

from tests.kit.serving import Served

STATES = ("present", "absent", "uncertain", "not_assessable")
THERE = """
from imagery.models import Image
from label.models import Annotation
images = {str(pk): sha256 for pk, sha256 in Image.objects.values_list("pk", "sha256")}
annotations = {str(pk): state for pk, state in Annotation.objects.values_list("pk", "state")}
"""
BOXES = {"boxes": [{"left": 0, "top": 0, "width": 9, "height": 9}]}


@dataclass
class Said:
    """What the server has said yes to: SHA-256 by image, and of each annotation every state that may be the last."""

    images: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, set[str]] = field(default_factory=dict)

    def so_far(self) -> "Said":
        """What has to be there at any later moment, too: a revision only ever goes on to a later state."""
        later = {id: set(STATES[min(map(STATES.index, states)) :]) for id, states in list(self.annotations.items())}
        return Said(dict(self.images), later)

    def lost(self, images: dict[str, str], annotations: dict[str, str]) -> set[str]:
        """What is not there, or is not what was said yes to."""
        lost = {id for id, sha256 in self.images.items() if images.get(id) != sha256}
        return lost | {id for id, states in self.annotations.items() if annotations.get(id) not in states}


@dataclass
class Writer:
    """One client, that goes on until it is told to stop; a server that is away ends its round."""

    server: Served
    token: str
    label: str
    said: Said
    stop: threading.Event
    written: int = 0

    def run(self) -> None:
        with self.server.session(self.token) as self.session, suppress(requests.RequestException):
            while not self.stop.is_set():
                self.round()

    def round(self) -> None:
        content = distinct(self.written)
        self.written += 1
        image = self.ask("post", "images/", files={"file": content})
        if image is None:
            return
        self.said.images[image["id"]] = hashlib.sha256(content).hexdigest()
        told = {"image": image["id"], "label": self.label, "state": STATES[0]}
        annotation = self.ask("post", "annotations/", json=told)
        if annotation:
            self.revise(annotation["id"])
        self.ask("post", f"images/{image['id']}/redact/", json=BOXES)
        self.ask("post", f"images/{image['id']}/remake/")

    def revise(self, annotation: str) -> None:
        """Until it is answered, a revision may have happened or not."""
        self.said.annotations[annotation] = {STATES[0]}
        for state in STATES[1:]:
            self.said.annotations[annotation].add(state)
            if self.ask("patch", f"annotations/{annotation}/", json={"state": state}):
                self.said.annotations[annotation] = {state}

    def ask(self, method: str, path: str, **body) -> dict | None:
        """The answer where it is a yes. A writer who is put off by others (409, 503) goes on with something else."""
        answer = self.session.request(method, f"{self.server.address}/api/v1/{path}", timeout=30, **body)
        assert answer.status_code < 300 or answer.status_code in (409, 503), answer.text
        return answer.json() if answer.status_code < 300 else None


def distinct(written: int) -> bytes:
    """Bytes that nobody has sent before: two pictures, then a CT."""
    stream = BytesIO()
    if written % 3 < 2:
        Picture.frombytes("L", (16, 16), 16 * uuid4().bytes).save(stream, "PNG")
        return stream.getvalue()
    file = dcmread(get_testdata_file("CT_small.dcm", download=False))
    file.SOPInstanceUID = file.file_meta.MediaStorageSOPInstanceUID = f"2.25.{uuid4().int}"
    file.save_as(stream)
    return stream.getvalue()


@dataclass
class Team:
    """Writers, each in a thread of its own."""

    writers: list[Writer]
    stop: threading.Event

    def __post_init__(self) -> None:
        self.threads = [threading.Thread(target=writer.run) for writer in self.writers]

    def __enter__(self) -> "Team":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()


def team(server: Served, tokens: list[str], label: str, said: Said, size: int = 6) -> Team:
    """Six people at work, of these doctors."""
    stop = threading.Event()
    return Team([Writer(server, tokens[n % len(tokens)], label, said, stop) for n in range(size)], stop)
