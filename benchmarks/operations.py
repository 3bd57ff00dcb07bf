"""The requests that are measured."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks import samples
from benchmarks.clients import Client, numbers
from benchmarks.installation import Installation

API = "/api/v1"
EMPTY_VIEW = "empty Django view"


@dataclass(frozen=True)
class Operation:
    name: str
    act: Callable[[], object]
    grows: bool = False  # whether its growth with the number of images is measured


def operations_of(installation: Installation) -> list[Operation]:
    anyone = Client(installation.port, unrecorded=True)
    empty_view = Operation(EMPTY_VIEW, lambda: anyone.get("/yardstick/"))
    return [empty_view, *list_operations(installation), *image_operations(installation)]


def list_operations(installation: Installation) -> list[Operation]:
    paths = {
        "list of 50 own images": ("doctor", "images/"),
        "list of 50 own images, filtered": ("doctor", "images/?modality=CT"),
        "list of 50 images, some shared": ("colleague", "images/"),
        "list of 50 own annotations": ("doctor", "annotations/"),
        "list of 50 own annotations, filtered": ("doctor", f"annotations/?label={installation.label}"),
        "annotations under a chapter": ("researcher", "annotations/?under=J00-J99"),
        "list of 50 events": ("auditor", "events/"),
        "image detail": ("doctor", f"images/{installation.image}/"),
    }
    clients = {name: Client(installation.port, token) for name, token in installation.tokens.items()}
    return [
        Operation(name, partial(clients[user].get, f"{API}/{path}"), grows=True) for name, (user, path) in paths.items()
    ]


def image_operations(installation: Installation) -> list[Operation]:
    doctor = Client(installation.port, installation.tokens["doctor"])
    annotation = {
        "image": installation.image,
        "label": installation.label,
        "state": "present",
        "confidence": 0.9,
        "geometry": {"type": "rectangle", "frame": 0, "points": [[10.0, 20.0], [100.0, 200.0]]},
    }
    image = f"{API}/images/{installation.ct}"
    return [
        Operation("annotate", lambda: doctor.post_json(f"{API}/annotations/", annotation), grows=True),
        Operation("upload of a CT of 0.5 MB", lambda: doctor.upload(samples.make_ct(next(numbers)))),
        Operation("file of 0.5 MB", lambda: doctor.get(f"{image}/file/")),
        Operation("preview of 512 × 512", lambda: doctor.get(f"{image}/preview/")),
    ]
