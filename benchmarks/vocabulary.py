"""How long the catalogues take to load, and a search of them: python benchmarks/vocabulary.py

Uses the database that DATABASE_URL names, or a new SQLite file. Absolute times hold for one machine; the ratio to a
bare SELECT by key, measured in the same run, travels better.
"""

import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("HARRISON_DATA_DIR", tempfile.mkdtemp(prefix="harrison-bench-"))
os.environ["DJANGO_SETTINGS_MODULE"] = "harrison.settings"

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from rich.console import Console
from rich.table import Table

from disease.models import Code
from disease.models.search import words_of

SEARCHES = (
    "pneumonia",
    "J18.9",
    "J18",
    "fract rib",
    "diab",
    "fracture",
    "unspecified",
    "initial encounter closed",
    "s",
)


def timed(work: Callable[[], object], rounds: int) -> list[float]:
    """Seconds of each round."""
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return found


def page(text: str) -> list[Code]:
    """The first page of a search, as the API reads it."""
    return list(Code.objects.live().filter(system__key="icd-10-cm").select_related("system").matching(text)[:51])


def typed(number: int) -> list[str]:
    """What people type: the beginnings of one to three words of a title, the same ones every time."""
    chance = random.Random(7)  # noqa: S311 - a sample, not a secret
    titles = list(Code.objects.filter(assignable=True).order_by("code").values_list("title", flat=True))
    words = [[word for word in words_of(chance.choice(titles)) if len(word) > 3] for _ in range(number)]
    return [" ".join(word[: chance.randint(4, 8)] for word in some[: chance.randint(1, 3)]) for some in words if some]


def row(name: str, rounds: list[float], bare: float) -> tuple[str, ...]:
    p50, p95 = statistics.median(rounds), statistics.quantiles(rounds, n=20)[-1]
    return name, f"{p50 * 1000:.1f}", f"{p95 * 1000:.1f}", f"{p50 / bare:.0f}"


def main() -> None:
    call_command("migrate", verbosity=0)
    (load,) = timed(lambda: call_command("import_codes", verbosity=0, stdout=open(os.devnull, "w")), 1)
    key = Code.objects.get(system__key="icd-10-cm", code="J18.9").pk
    bare = statistics.median(timed(lambda: Code.objects.get(pk=key), 200))
    table = Table("operation", "p50 ms", "p95 ms", "ratio to a SELECT by key", title=connection.vendor)
    table.add_row("import_codes, all four files", f"{load * 1000:.0f}", "", "")
    for text in SEARCHES:
        table.add_row(*row(f"search {text}", timed(partial(page, text), 40), bare))
    mix = [seconds for text in typed(300) for seconds in timed(partial(page, text), 1)]
    table.add_row(*row(f"{len(mix)} searches as people type", mix, bare))
    Console().print(table)


if __name__ == "__main__":
    main()
