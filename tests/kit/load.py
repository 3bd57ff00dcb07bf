"""Doctors who work concurrently: they upload, annotate, revise and redact.

They remember which writes the server acknowledged, so that a test can compare them with the rows that are stored.
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
STORED_ROWS = """
from imagery.models import Image
from label.models import Annotation
images = {str(pk): sha256 for pk, sha256 in Image.objects.values_list("pk", "sha256")}
annotations = {str(pk): state for pk, state in Annotation.objects.values_list("pk", "state")}
"""
BOXES = {"boxes": [{"left": 0, "top": 0, "width": 9, "height": 9}]}


@dataclass
class Acknowledged:
    """The writes that the server acknowledged: SHA-256 by image, and every state that may be an annotation's last."""

    images: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, set[str]] = field(default_factory=dict)

    def so_far(self) -> "Acknowledged":
        """Return what must be stored at any later moment, too: a revision only moves on to a later state."""
        later = {id: set(STATES[min(map(STATES.index, states)) :]) for id, states in list(self.annotations.items())}
        return Acknowledged(dict(self.images), later)

    def lost(self, images: dict[str, str], annotations: dict[str, str]) -> set[str]:
        """Return the ids of rows that are missing or differ from what was acknowledged."""
        lost = {id for id, sha256 in self.images.items() if images.get(id) != sha256}
        return lost | {id for id, states in self.annotations.items() if annotations.get(id) not in states}


@dataclass
class Writer:
    """One client, which works until it is stopped; a server that does not answer ends its round."""

    server: Served
    token: str
    label: str
    acknowledged: Acknowledged
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
        self.acknowledged.images[image["id"]] = hashlib.sha256(content).hexdigest()
        body = {"image": image["id"], "label": self.label, "state": STATES[0]}
        annotation = self.ask("post", "annotations/", json=body)
        if annotation:
            self.revise(annotation["id"])
        self.ask("post", f"images/{image['id']}/redact/", json=BOXES)
        self.ask("post", f"images/{image['id']}/remake/")

    def revise(self, annotation: str) -> None:
        """Until it is answered, a revision may have happened or not."""
        self.acknowledged.annotations[annotation] = {STATES[0]}
        for state in STATES[1:]:
            self.acknowledged.annotations[annotation].add(state)
            if self.ask("patch", f"annotations/{annotation}/", json={"state": state}):
                self.acknowledged.annotations[annotation] = {state}

    def ask(self, method: str, path: str, **body) -> dict | None:
        """Return the answer of a success. After a conflict with others (409, 503) the writer goes on."""
        answer = self.session.request(method, f"{self.server.address}/api/v1/{path}", timeout=30, **body)
        assert answer.status_code < 300 or answer.status_code in (409, 503), answer.text
        return answer.json() if answer.status_code < 300 else None


def distinct(written: int) -> bytes:
    """Return bytes that no one has sent before: two pictures, then a CT."""
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


def team(server: Served, tokens: list[str], label: str, acknowledged: Acknowledged, size: int = 6) -> Team:
    """Return `size` writers, who share the tokens of these doctors."""
    stop = threading.Event()
    return Team([Writer(server, tokens[n % len(tokens)], label, acknowledged, stop) for n in range(size)], stop)
