"""What a person sees while something long goes on: on a terminal it moves, in a pipe it is plain lines.

Everything goes to stderr; results go to stdout. `Step` times one piece of work and says how it ended; `Board` shows the
figures of a running experiment.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

PLAIN_EVERY_S = 5.0


class Progress:
    """Says what is being done, and for how long."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)
        self._steps: dict[str, tuple[float, str]] = {}
        self._lock = Lock()
        self._live: Live | None = None
        self._board: Callable[[], Table | None] | None = None
        self._plain_at = 0.0

    def say(self, line: str) -> None:
        """One line that stays."""
        self.console.print(line, markup=False)

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        """A piece of work: yields a function that takes its latest line of detail."""
        started = time.monotonic()
        with self._lock:
            self._steps[title] = (started, "")
        if not self.console.is_terminal:
            self.say(f"  … {title}")

        def detail(line: str) -> None:
            with self._lock:
                self._steps[title] = (started, line)

        self._show()
        try:
            yield detail
        except BaseException:
            self._end(title, "✗", started)
            raise
        self._end(title, "✓", started)

    def _end(self, title: str, mark: str, started: float) -> None:
        with self._lock:
            self._steps.pop(title, None)
            last = not self._steps
        if last and self._board is None:
            self._hide()
        self.say(f"  {mark} {title} ({time.monotonic() - started:.1f} s)")

    @contextmanager
    def board(self, render: Callable[[], Table | None], line: Callable[[], str]) -> Iterator[Callable[[], None]]:
        """Figures of a run: `render` draws them on a terminal, `line` says them in a pipe. Yields its tick."""
        self._board = render
        self._show()

        def tick() -> None:
            if not self.console.is_terminal and time.monotonic() - self._plain_at >= PLAIN_EVERY_S:
                self._plain_at = time.monotonic()
                self.say(f"  {line()}")

        try:
            yield tick
        finally:
            self._board = None
            self._hide()

    def _show(self) -> None:
        if self.console.is_terminal and self._live is None:
            self._live = Live(get_renderable=self._draw, console=self.console, refresh_per_second=4, transient=True)
            self._live.start()

    def _hide(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _draw(self) -> Group:
        with self._lock:
            steps = list(self._steps.items())
        now = time.monotonic()
        lines: list[Text | Table] = [
            Text(f"  … {title}  {now - started:4.0f} s  {detail}"[: self.console.width - 1], style="cyan")
            for title, (started, detail) in steps
        ]
        table = self._board() if self._board else None
        return Group(*lines, *([table] if table is not None else []))
