"""The requests that are measured."""

from collections.abc import Callable
from dataclasses import dataclass

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
    port, tokens = installation.port, installation.tokens
    anyone = Client(port, unrecorded=True)
    doctor, colleague, researcher, auditor = (
        Client(port, tokens[name]) for name in ("doctor", "colleague", "researcher", "auditor")
    )
    annotation = {
        "image": installation.image,
        "label": installation.label,
        "state": "present",
        "confidence": 0.9,
        "geometry": {"type": "rectangle", "frame": 0, "points": [[10.0, 20.0], [100.0, 200.0]]},
    }
    return [
        Operation(EMPTY_VIEW, lambda: anyone.get("/yardstick/")),
        Operation("list of 50 own images", lambda: doctor.get(f"{API}/images/"), grows=True),
        Operation("list of 50 own images, filtered", lambda: doctor.get(f"{API}/images/?modality=CT"), grows=True),
        Operation("list of 50 images, some shared", lambda: colleague.get(f"{API}/images/"), grows=True),
        Operation("list of 50 own annotations", lambda: doctor.get(f"{API}/annotations/"), grows=True),
        Operation(
            "list of 50 own annotations, filtered",
            lambda: doctor.get(f"{API}/annotations/?label={installation.label}"),
            grows=True,
        ),
        Operation(
            "annotations under a chapter", lambda: researcher.get(f"{API}/annotations/?under=J00-J99"), grows=True
        ),
        Operation("list of 50 events", lambda: auditor.get(f"{API}/events/"), grows=True),
        Operation("image detail", lambda: doctor.get(f"{API}/images/{installation.image}/"), grows=True),
        Operation("annotate", lambda: doctor.post_json(f"{API}/annotations/", annotation), grows=True),
        Operation("upload of a CT of 0.5 MB", lambda: doctor.upload(samples.make_ct(next(numbers)))),
        Operation("file of 0.5 MB", lambda: doctor.get(f"{API}/images/{installation.ct}/file/")),
        Operation("preview of 512 × 512", lambda: doctor.get(f"{API}/images/{installation.ct}/preview/")),
    ]
