"""Name the place of an annotation, so that the database knows the same place again however it was drawn."""

import json
from hashlib import sha256
from itertools import pairwise
from typing import Any

WHOLE_IMAGE = ""
OUTLINES = {"line": "line", "polyline": "line", "polygon": "polygon"}


def place_of(geometry: dict[str, Any] | None) -> str:
    """Return a digest that equal shapes share, and "" for the whole image.

    Shapes are equal if they have the same kind, frame and outline. The first point and the direction of drawing do not
    count, nor does a point that is given twice in a row, such as the one that closes a polygon.
    """
    if geometry is None:
        return WHOLE_IMAGE
    points = [(float(x) + 0.0, float(y) + 0.0) for x, y in geometry["points"]]  # + 0.0 makes -0.0 positive
    kind = OUTLINES.get(geometry["type"], geometry["type"])
    shape = [kind, int(geometry["frame"]), edges_of(kind, points) if kind in OUTLINES else points]
    return sha256(json.dumps(shape).encode()).hexdigest()


def edges_of(kind: str, points: list[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """Return the edges of an outline in one order, each from its lower to its higher end."""
    path = [*points, points[0]] if kind == "polygon" else points
    return sorted(sorted(edge) for edge in pairwise(path) if edge[0] != edge[1]) or [[points[0]]]
