"""How long a research copy takes of a CT of 512 × 512: python benchmarks/deidentification.py

The engine alone, and all of it: asking the warm process, its fork, its cage, and the copy synced and in its place. The
file is made here and its pixels are noise; its header is that of a real CT. Absolute times hold for one machine.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ["HARRISON_DATA_DIR"] = tempfile.mkdtemp(prefix="harrison-bench-")
os.environ["DJANGO_SETTINGS_MODULE"] = "harrison.settings"

import django

django.setup()

import numpy as np
from django.conf import settings
from pydicom import dcmread
from pydicom.data import get_testdata_file
from rich.console import Console
from rich.table import Table

from dicom.deidentification import Secrets
from dicom.deidentification.engine import deidentified
from imagery import research_copies

ROUNDS = 200
SUBJECT = research_copies.PseudonymousSubject("somebody", "P-0123456789abcdef0123")


def ct() -> bytes:
    """A CT of 512 × 512 pixels of 16 bits, uncompressed."""
    dataset = dcmread(str(get_testdata_file("CT_small.dcm", download=False)))
    dataset.Rows = dataset.Columns = 512
    dataset.PixelData = np.random.default_rng(1).integers(0, 4096, 512 * 512, dtype=np.uint16).tobytes()
    stream = BytesIO()
    dataset.save_as(stream)
    return stream.getvalue()


def milliseconds(work: Callable[[], object]) -> list[float]:
    """Of each of `ROUNDS` rounds, after three that warm up."""
    times = []
    for _ in range(3 + ROUNDS):
        begin = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - begin))
    return sorted(times[3:])


def engine(content: bytes) -> None:
    secrets = Secrets(settings.PROJECT_KEY, "bench")
    deidentified(BytesIO(content), secrets=secrets, patient=SUBJECT.key, pseudonym=SUBJECT.pseudonym)


def whole(path: Path) -> None:
    with path.open("rb") as file, ExitStack() as undo:  # deletes the copy
        research_copies.make_copy(file, SUBJECT, (), undo)


def main() -> None:
    content = ct()
    path = Path(settings.DATA_DIR) / "ct.dcm"
    path.write_bytes(content)
    table = Table("a copy of a CT of 512 × 512", "median ms", "95 % ms", "most ms")
    for name, times in (
        ("the engine alone", milliseconds(lambda: engine(content))),
        ("research_copies.make, its process warm", milliseconds(lambda: whole(path))),
    ):
        figures = (statistics.median(times), times[int(0.95 * len(times))], times[-1])
        table.add_row(name, *(f"{figure:.1f}" for figure in figures))
    Console().print(table)


if __name__ == "__main__":
    main()
