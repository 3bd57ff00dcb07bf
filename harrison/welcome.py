"""The table that `serve` prints: where Harrison is, who can log in to a trial, and where their passwords are."""

from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

PAGES = {"browsable API": "api/v1/", "documentation": "api/v1/docs/", "admin": "admin/"}
CREDENTIALS = "demo-credentials.txt"  # in the data folder
WIDTH = 240  # columns at most


def welcome_table(address: str, folder: Path) -> str:
    """Return the table for an address and the data folder of an installation."""
    table = Table(title=f"Harrison is at {address} (Ctrl-C stops it)", show_header=False, title_justify="left")
    for name, path in PAGES.items():
        table.add_row(name, f"{address}{path}")
    table.add_section()
    users = read_credentials(folder / CREDENTIALS)
    for username, password, rights in users:
        table.add_row(username, escape(password), rights)
    if users:
        table.add_section()
        table.add_row("passwords file", escape(str(folder / CREDENTIALS)))
    return draw(table)


def credentials_table(rows: list[tuple[str, str, str]]) -> str:
    """Return the content of the passwords file: username, password and rights of each user."""
    table = Table("username", "password", "may")
    for username, password, rights in rows:
        table.add_row(username, escape(password), rights)
    return draw(table)


def read_credentials(path: Path) -> list[tuple[str, str, str]]:
    """Read what `credentials_table` wrote; without the file there are no users of a trial."""
    lines = path.read_text().splitlines() if path.exists() else []
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if line.startswith("│")]
    return [(row[0], row[1], row[2]) for row in cells]


def draw(table: Table) -> str:
    console = Console(width=WIDTH, file=StringIO(), record=True)
    console.print(table)
    return console.export_text()
