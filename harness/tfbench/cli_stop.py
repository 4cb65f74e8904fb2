"""`tfbench stop`: ends the bench that runs in another terminal, and waits until it has healed and gone."""

import time
from collections.abc import Callable
from pathlib import Path

import click

from tfbench.errors import PlatformError, ResidueError
from tfbench.progress import Progress
from tfbench.stop import Bench, find
from tfbench.workspace import Workspace

DEADLINE_S = 900
LOOK_EVERY_S = 0.5


@click.command()
@click.option("--timeout", "timeout_s", default=DEADLINE_S, show_default=True, type=click.IntRange(1),
              help="Seconds to wait until it has ended.")  # fmt: skip
@click.pass_obj
def stop(find_workspace: Callable[[], Workspace], timeout_s: int) -> None:
    """End the run that goes on in another terminal, as Ctrl-C there does: it heals, then judges what it recorded."""
    runs = find_workspace().runs
    with find(runs) as bench:
        if bench is None:
            click.echo("Nothing is running here.")
            return
        bench.ask()
        _wait(bench, runs, timeout_s)
    if left := _pending(runs):
        raise ResidueError(f"the bench ended, and left something broken: {', '.join(left)}. Mend it: tfbench heal")
    click.echo("Stopped, and healed." + (f" What was recorded: {bench.run_dir}" if bench.run_dir else ""))


def _wait(bench: Bench, runs: Path, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    with Progress().step(f"the bench (process {bench.pid}) heals, judges and ends") as detail:
        while not bench.is_gone(LOOK_EVERY_S):
            left = _pending(runs)
            detail(f"still to heal: {', '.join(left)}" if left else "nothing left to heal")
            if time.monotonic() >= deadline:
                raise PlatformError(
                    f"the bench (process {bench.pid}) was asked to end and is still there after {timeout_s:g} s; "
                    "it may still be healing: look at its terminal, or ask again"
                )


def _pending(runs: Path) -> list[str]:
    """Faults armed and not seen healed (faults/undo.py, which would bring Docker in)."""
    return sorted(path.stem for path in (runs / ".undo").glob("*.json"))
