"""Measures Harrison as it is served: `make bench`, or python -m benchmarks --help."""

import argparse
import os
import platform
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import report, rounds
from benchmarks.installation import installations

EPILOG = """
Times hold for one machine and one moment; the ratios, measured in turns with their yardsticks, travel better. A ratio
is how many times its yardstick's median an operation takes, asked for by one connection. Growth is measured at a tenth
of the images, at all, and at ten times as many.
"""


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, epilog=EPILOG)
    parser.add_argument("--scale", type=float, default=1, help="1 is 10,000 images and 50,000 annotations (1)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="one of them (both)")
    parser.add_argument("--seconds", type=float, default=3, help="for each operation, over all rounds (3)")
    parser.add_argument("--growth", type=float, default=1, help="seconds for each size; 0 leaves growth out (1)")
    parser.add_argument("--memory", type=int, default=0, help="watch memory over so many requests, e.g. 100000 (0)")
    parser.add_argument("--results", type=Path, default=report.RESULTS, help="where the JSON goes")
    parser.add_argument("--write-docs", action="store_true", help="put the tables into docs/performance.md too")
    return parser.parse_args()


def main() -> None:
    told = asked()
    found: dict[str, Any] = {"machine": machine(), "databases": {}}
    for kind in [told.database] if told.database else ["sqlite", "postgresql"]:
        with tempfile.TemporaryDirectory(prefix="harrison-bench-") as folder:
            found["databases"][kind] = measure(kind, Path(folder), told)
    report.kept(found, told.results)
    report.printed(found)
    if told.write_docs:
        report.written_down(found)


def measure(kind: str, folder: Path, told: argparse.Namespace) -> dict[str, Any]:
    whole = max(100, int(10_000 * told.scale))
    sizes = [whole // 10, whole, whole * 10] if told.growth else [whole]
    with installations(kind, sizes, folder) as places:
        here = places[sizes.index(whole)]
        return {
            "images": whole,
            "rows": rounds.measured(here, told.seconds),
            "growth": rounds.grown(places, told.growth) if told.growth else [],
            "together": rounds.crowded(here, told.seconds / 3),
            "memory": rounds.steady(here, told.memory) if told.memory else None,
        }


def machine() -> str:
    """Cores and system, and how busy it was with other things when the run began."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, load {os.getloadavg()[0]:.1f} before"


if __name__ == "__main__":
    main()
