"""What is measured: each operation of the API as its client sends it, named as people speak of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import orjson

from benchmarks import samples
from benchmarks.bare import kept_ct, kept_png
from benchmarks.clients import UNRECORDED, Act, Connection

V1 = "/api/v1"
EMPTY, BYTES = "empty Django view", "static 0.5 MB"
UNRECORDED_LIST = "list of 50 images, no event"
YARDSTICKS = (EMPTY, BYTES, UNRECORDED_LIST)


@dataclass(frozen=True)
class World:
    """What the operations need to know of the rows that there are."""

    password: str
    tokens: dict[str, str]  # by role; a colleague is a doctor with whom others share
    image: str
    annotation: str  # with a past
    label: str
    chapter: str
    ct: str = ""  # a CT of 512 × 512 that came in by the API

    def __getitem__(self, name: str) -> str:
        return str(getattr(self, name))


@dataclass(frozen=True)
class Operation:
    name: str
    act: Act
    yardstick: str = EMPTY
    bare: Callable[[Any, bytes], None] | None = None  # the same by hand, in one process
    sample: Callable[[int], bytes] | None = None  # what `bare` is given


def operations(world: World) -> dict[str, Operation]:
    """All of them, the yardsticks first."""
    found = [*yardsticks(world), *reading(world), *judging(world), *bytes_of(world), *record(world)]
    return {operation.name: operation for operation in found}


def get(path: str, token: str = "", **headers: str) -> Act:
    told: dict[str, Any] = {"Authorization": f"Token {token}", **headers} if token else {**headers}
    return lambda connection, number: connection.ask("GET", path, status=200, **told)


def yardsticks(world: World) -> list[Operation]:
    quiet = {UNRECORDED: "yes"}
    return [
        Operation(EMPTY, get("/yardstick/empty/", **quiet)),
        Operation(BYTES, get("/yardstick/bytes/", **quiet)),
        Operation(UNRECORDED_LIST, get(f"{V1}/images/", world.tokens["doctor"], **quiet)),
        Operation("event write alone", get("/yardstick/empty/")),
    ]


def reading(world: World) -> list[Operation]:
    doctor, researcher = world.tokens["doctor"], world.tokens["researcher"]
    return [
        Operation("login", partial(log_in, world)),
        Operation("list of 50 images", get(f"{V1}/images/", doctor)),
        Operation("list of 50 images, some shared", get(f"{V1}/images/", world.tokens["colleague"])),
        Operation("list of 50 annotations, own", get(f"{V1}/annotations/", doctor)),
        Operation("list of 50 annotations, all", get(f"{V1}/annotations/", researcher)),
        Operation("annotations under a chapter", get(f"{V1}/annotations/?under={world.chapter}", researcher)),
        Operation("code search", get(f"{V1}/codes/?search=pneumonia", doctor)),
        Operation("image detail", get(f"{V1}/images/{world.image}/", doctor)),
    ]


def judging(world: World) -> list[Operation]:
    return [Operation("annotate", partial(annotate, world)), Operation("revise", partial(revise, world))]


def bytes_of(world: World) -> list[Operation]:
    doctor = world.tokens["doctor"]
    return [
        Operation("upload PNG 200 kB", partial(upload, world, samples.png), bare=kept_png, sample=samples.png),
        Operation(
            "upload CT 512 × 512, and see it", partial(upload_and_see, world), bare=kept_ct, sample=samples.ct
        ),
        Operation("file download 0.5 MB", get(f"{V1}/images/{world.ct}/file/", doctor), yardstick=BYTES),
        Operation("preview 512 × 512", get(f"{V1}/images/{world.ct}/preview/", doctor)),
    ]  # fmt: skip


def record(world: World) -> list[Operation]:
    history = f"{V1}/annotations/{world.annotation}/history/"
    return [
        Operation("history of an annotation", get(history, world.tokens["doctor"])),
        Operation("list of 50 events", get(f"{V1}/events/", world.tokens["auditor"])),
    ]


def log_in(world: World, connection: Connection, number: int) -> None:
    send(connection, "POST", "auth/login/", {"username": "doctor", "password": world.password}, status=200)


def annotate(world: World, connection: Connection, number: int) -> None:
    corner = [float(100 + number % 300), 200.0]
    box = {"type": "rectangle", "frame": 0, "points": [[10.0, 20.0], corner]}
    said = {"image": world.image, "label": world.label, "state": "present", "confidence": 0.9, "geometry": box}
    send(connection, "POST", "annotations/", said, status=201, token=world.tokens["doctor"])


def revise(world: World, connection: Connection, number: int) -> None:
    said = {"confidence": number % 1000 / 1000, "comment": f"Looked at again, {number}."}
    path = f"annotations/{world.annotation}/"
    send(connection, "PATCH", path, said, status=200, token=world.tokens["doctor"])


def send(connection: Connection, method: str, path: str, body: Any, *, status: int, token: str = "") -> None:
    headers: dict[str, Any] = {"Content_Type": "application/json"} | (
        {"Authorization": f"Token {token}"} if token else {}
    )
    connection.ask(method, f"{V1}/{path}", status=status, body=orjson.dumps(body), **headers)


def upload(world: World, sample: Callable[[int], bytes], connection: Connection, number: int) -> str:
    """Returns the id of the image."""
    edge = uuid4().hex.encode()
    head = b'--%s\r\nContent-Disposition: form-data; name="file"; filename="it"\r\n\r\n' % edge
    answer = connection.ask(
        "POST",
        f"{V1}/images/",
        status=201,
        body=b"".join((head, sample(number), b"\r\n--%s--\r\n" % edge)),
        Content_Type=f"multipart/form-data; boundary={edge.decode()}",
        Authorization=f"Token {world.tokens['doctor']}",
    )
    return answer.json()["id"]


def upload_and_see(world: World, connection: Connection, number: int) -> None:
    """The research copy is made and the preview drawn with the upload; then it is fetched."""
    image = upload(world, samples.ct, connection, number)
    get(f"{V1}/images/{image}/preview/", world.tokens["doctor"])(connection, number)
