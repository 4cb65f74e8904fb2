"""`tfbench selftest`: whether the bench's own verdicts can be trusted."""

import shutil
import sys
import tempfile
from pathlib import Path

import click

from tfbench.progress import Progress


@click.command()
@click.option("--quick", is_flag=True, help="Fewer trials: about a minute, and the instrument is known less well.")
@click.option("--seed", default=20261124, show_default=True, help="Draws arrivals, failures and lengths of outages.")
def selftest(quick: bool, seed: int) -> None:
    """Test the instrument itself against a small server whose illness is known. Needs no Docker.

    The real load process and the real judge meet a server that freezes, fails and slows down when told, and logs when
    it truly did. Prints one table; exits 0 only if every row holds, else 1. Takes about five minutes.
    """
    from tfbench.interrupts import one_interrupt
    from tfbench.selftest.run import run_selftest
    from tfbench.selftest.table import show

    progress = Progress()
    folder = Path(tempfile.mkdtemp(prefix="tfbench-selftest-"))
    with one_interrupt(progress.say):
        rows = run_selftest(folder, quick, seed, progress)
    show(rows)
    if all(row.holds for row in rows):
        shutil.rmtree(folder)
        return
    click.echo(f"The runs are kept in {folder}", err=True)
    sys.exit(1)
