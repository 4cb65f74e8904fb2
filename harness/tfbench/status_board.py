"""The figures of a running experiment, for a terminal (a table) and for a pipe (a line)."""

import time
from typing import TYPE_CHECKING

from rich.table import Table

from tfbench.model import Scenario
from tfbench.observer import Observation, Observer

if TYPE_CHECKING:
    from tfbench.load.process import LoadProcess


class Board:
    """Phase, seconds left, rate, errors, p99, queue depth, state of each service."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._phase = ""
        self._ends: float | None = None
        self.load: LoadProcess | None = None
        self.observer: Observer | None = None

    def enter(self, phase: str, seconds: float | None) -> None:
        """The run is in `phase` now, for `seconds` if that is known."""
        self._phase = phase
        self._ends = None if seconds is None else time.monotonic() + seconds

    def rows(self) -> list[tuple[str, str]]:
        """Name and value of each figure; what is not known reads `-`."""
        figures = self.load.figures if self.load else {}
        seen = self.observer.latest() if self.observer else Observation(0)
        left = "" if self._ends is None else f", {max(self._ends - time.monotonic(), 0):.0f} s left"
        latencies = [f"{op} {ms:.0f}" for op, ms in figures.get("p99_ms", {}).items() if ms is not None]
        services = seen.services
        down = sorted(service for service, state in services.items() if state != "up")
        missing = f"; down: {', '.join(down)}" if down else ""
        return [
            ("phase", f"{self._phase}{left}"),
            ("arrivals", f"{figures.get('rate', '-')}/s, {figures.get('delivered', '-')} so far, "
             f"{figures.get('dropped', '-')} dropped, {figures.get('errors', '-')} errors"),
            ("p99 ms", ", ".join(latencies) or "-"),
            ("purchases", str(figures.get("purchases_ok", "-"))),
            ("queue", f"{_shown(seen.queue_ready)} ready, {_shown(seen.queue_unacked)} unacked, "
             f"outbox {_shown(seen.outbox)}, mails {_shown(seen.mails)}"),
            ("services", f"{len(services) - len(down)} of {len(services)} up{missing}"),
        ]  # fmt: skip

    def render(self) -> Table:
        """The figures as a table."""
        table = Table(title=f"{self._scenario.name}", title_justify="left", show_header=False, min_width=60)
        for name, value in self.rows():
            table.add_row(name, value)
        return table

    def line(self) -> str:
        """The figures in one line."""
        return " | ".join(f"{name}: {value}" for name, value in self.rows())


def _shown(value: int | None) -> str:
    return "-" if value is None else str(value)
