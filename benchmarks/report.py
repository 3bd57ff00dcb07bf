"""What was measured, as tables in the terminal, as JSON, and in the documentation."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).parent
RESULTS, PAGE = FOLDER / "results.json", FOLDER.parent / "docs" / "performance.md"
BEGIN, END = "<!-- measured: `make bench` writes what follows -->", "<!-- end of what was measured -->"
COLUMNS = (
    "operation",
    "per_second",
    "p50_ms",
    "p95_ms",
    "p99_ms",
    "requests",
    "queries",
    "bytes",
    "peak_mb",
    "ratio",
    "yardstick",
)
Rows = list[dict[str, Any]]


def printed(found: dict[str, Any]) -> None:
    for title, rows in tables(found):
        table = Table(*rows[0], title=title)
        for row in rows:
            table.add_row(*map(str, row.values()))
        Console(width=180).print(table)


def tables(found: dict[str, Any]) -> list[tuple[str, Rows]]:
    """Title and rows of each table."""
    made: list[tuple[str, Rows]] = []
    for kind, of in found["databases"].items():
        made.append((f"{kind}, {of['images']:,} images", [{name: row[name] for name in COLUMNS} for row in of["rows"]]))
        if of["growth"]:
            growth = [{"operation": row["operation"], **row["p50_ms"], "slope": row["slope"]} for row in of["growth"]]
            made.append((f"{kind}: median ms by number of images", growth))
        made.append((f"{kind}: several connections at once; two server processes, one bare one", of["together"]))
    return made


def kept(found: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps(found, indent=1) + "\n")


def written_down(found: dict[str, Any], page: Path = PAGE) -> None:
    """The same tables in the documentation, between the two marks."""
    before, _, rest = page.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    parts = [f"Measured on {found['machine']}.", *(markdown(title, rows) for title, rows in tables(found))]
    parts += [
        f"{kind}: memory of the largest process over {told['requests']:,} requests, MB: {told['mb']}."
        for kind, of in found["databases"].items()
        if (told := of["memory"])
    ]
    page.write_text(f"{before}{BEGIN}\n\n" + "\n\n".join(parts) + f"\n\n{END}{after}")


def markdown(title: str, rows: Rows) -> str:
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(list(map(str, row.values())) for row in rows)]
    return f"**{title}**\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)
