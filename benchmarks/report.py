"""Print what was measured, and write it into the documentation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- measured: `make bench` writes what follows -->", "<!-- end of what was measured -->"
HEADINGS = {
    "operation": "operation",
    "median_ms": "median, ms",
    "p99_ms": "99th percentile, ms",
    "cpu_ms": "CPU of the server, ms",
    "empty_views": "in empty views",
    "rate": "a second, 8 clients",
    "growth": "growth at 100 times the images",
}


@dataclass(frozen=True)
class Report:
    """The measurements on one database."""

    database: str
    images: int
    rows: Sequence[Mapping[str, object]]
    imported: str
    memory: list[int]  # MB

    @property
    def title(self) -> str:
        return f"{ {'sqlite': 'SQLite', 'postgresql': 'PostgreSQL'}[self.database] }, {self.images:,} images"

    @property
    def table(self) -> list[list[str]]:
        """The heading and then the operations."""
        headings = [name for name in HEADINGS if name in self.rows[0]]
        return [[HEADINGS[name] for name in headings], *([str(row[name]) for name in headings] for row in self.rows)]

    @property
    def sentences(self) -> list[str]:
        memory = f"Memory of the largest process over {len(self.memory) - 1} tenths of the requests, MB: {self.memory}."
        return [sentence for sentence in (self.imported, memory if self.memory else "") if sentence]


def print_report(report: Report) -> None:
    console, (headings, *rows) = Console(width=140), report.table
    table = Table(*headings, title=report.title)
    for row in rows:
        table.add_row(*row)
    console.print(table, *report.sentences, sep="\n")


def write_docs(machine: str, reports: Sequence[Report], page: Path = PAGE) -> None:
    """Replace what stands between the two marks of the page."""
    before, _, rest = page.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    parts = [f"Measured on {datetime.now(UTC):%-d %B %Y}: {machine}."]
    for report in reports:
        parts += [f"**{report.title}**", as_markdown(report.table), *report.sentences]
    page.write_text(f"{before}{BEGIN}\n\n" + "\n\n".join(parts) + f"\n\n{END}{after}")


def as_markdown(table: list[list[str]]) -> str:
    headings, *rows = table
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (headings, ["---"] * len(headings), *rows))
