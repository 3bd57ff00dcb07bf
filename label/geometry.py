"""Where in an image a finding is: shapes in pixel coordinates, origin at the top left corner of the top left pixel.

The shapes are those of DICOM's Graphic Annotation (PS3.3 C.10.5.1.2), which has no polygon apart from a polyline:

    {"type": "point",     "frame": 0, "points": [[x, y]]}
    {"type": "line",      "frame": 0, "points": [[x, y], [x, y]]}
    {"type": "polyline",  "frame": 0, "points": [[x, y], …]}            two points or more
    {"type": "polygon",   "frame": 0, "points": [[x, y], …]}            three points or more, closed by itself
    {"type": "rectangle", "frame": 0, "points": [[left, top], [right, bottom]]}
    {"type": "ellipse",   "frame": 0, "points": [[left, top], [right, bottom]]}   of its bounding box
"""

from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

POINTS = {
    "point": (1, 1),
    "line": (2, 2),
    "polyline": (2, 10_000),
    "polygon": (3, 10_000),
    "rectangle": (2, 2),
    "ellipse": (2, 2),
}


def _point_count_rule(kind: str, minimum: int, maximum: int) -> dict[str, object]:
    return {
        "if": {"properties": {"type": {"const": kind}}},
        "then": {"properties": {"points": {"minItems": minimum, "maxItems": maximum}}},
    }


SCHEMA: dict[str, object] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Geometry",
    "type": "object",
    "required": ["type", "frame", "points"],
    "additionalProperties": False,
    "properties": {
        "type": {"enum": list(POINTS)},
        "frame": {"type": "integer", "minimum": 0},
        "points": {
            "type": "array",
            "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number", "minimum": 0}},
        },
    },
    "allOf": [_point_count_rule(kind, *bounds) for kind, bounds in POINTS.items()],
}
_validator = Draft202012Validator(SCHEMA)


def check_geometry(geometry: Any, *, rows: int, columns: int, frames: int) -> None:
    """Raise `ValueError` with a sentence unless `geometry` has a known shape and lies in an image of this size."""
    error = best_match(_validator.iter_errors(geometry))
    if error:
        path = ".".join(str(step) for step in error.path)
        raise ValueError(f"{path}: {error.message[:200]}".lstrip(": "))
    if geometry["frame"] >= frames:
        raise ValueError(f"frame: the image has {frames} frames, counted from 0.")
    if any(x > columns or y > rows for x, y in geometry["points"]):
        raise ValueError(f"points: the image ends at {columns}, {rows} pixels.")
    if geometry["type"] in ("rectangle", "ellipse"):
        _check_corners(*geometry["points"])


def _check_corners(first: list[float], second: list[float]) -> None:
    if not (first[0] < second[0] and first[1] < second[1]):
        raise ValueError("points: the first corner is the left top one, the second the right bottom one.")
