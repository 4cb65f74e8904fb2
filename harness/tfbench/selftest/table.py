"""The selftest's table: what was planted, what the bench said, and whether that is near enough."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One property of the instrument."""

    check: str
    planted: str
    measured: str
    limit: str
    holds: bool


def show(rows: list[Row]) -> None:
    """Print the table on stdout."""
    table = Table("what", "planted", "measured", "limit", "", title="The instrument, tested", title_justify="left")
    for row in rows:
        mark = "[green]holds[/green]" if row.holds else "[bold red]DOES NOT HOLD[/bold red]"
        table.add_row(row.check, row.planted, row.measured, row.limit, mark)
    Console(width=None if Console().is_terminal else 120).print(table)
