"""`tfbench bench ...`: measurements of the system and of the bench itself, printed as tables."""

import sys
from collections.abc import Callable

import click

from tfbench.progress import Progress
from tfbench.workspace import Workspace


@click.group()
def bench() -> None:
    """Measure: recovery times over many failures, and how fast the parts are."""


@bench.command()
@click.option("--seconds", default=20, show_default=True, type=click.IntRange(5, 120), help="Length of a measurement.")
@click.pass_obj
def reservations(find: Callable[[], Workspace], seconds: int) -> None:
    """How many purchases a second App 1 makes, beside pgbench running the same transactions on the same pair."""
    from tfbench.bench.reservations import bench_reservations
    from tfbench.interrupts import one_interrupt

    progress = Progress()
    with one_interrupt(progress.say):
        folder, code = bench_reservations(find(), progress, seconds)
    click.echo(f"Figures: {folder / 'reservations.json'}", err=True)
    sys.exit(code)


@bench.command()
@click.argument("series", nargs=-1)
@click.option("--count", default=20, show_default=True, type=click.IntRange(1, 100), help="Faults of each series.")
@click.option("--list", "list_only", is_flag=True, help="The series there are.")
@click.pass_obj
def recovery(find: Callable[[], Workspace], series: tuple[str, ...], count: int, list_only: bool) -> None:
    """Break the same thing again and again under load, and print how long clients felt it.

    Without SERIES all of them, one run each: about 40 s a fault. Writes reports/out/bench/TIME/recovery.json; each
    run is an ordinary one, with its own report.
    """
    from tfbench.bench.series import SERIES

    if list_only:
        click.echo("\n".join(f"{one.name:30} {one.title}" for one in SERIES.values()))
        return
    from tfbench.bench.recovery import bench_recovery
    from tfbench.interrupts import one_interrupt

    progress = Progress()
    with one_interrupt(progress.say):
        folder, code = bench_recovery(find(), series, count, progress)
    click.echo(f"Figures: {folder / 'recovery.json'}", err=True)
    sys.exit(code)


@bench.command()
@click.option("--rate", "rates", multiple=True, type=click.IntRange(1, 20_000), help="Arrivals/s; may be repeated.")
@click.option("--seconds", default=10.0, show_default=True, type=click.FloatRange(1, 600), help="Of each rate.")
def load(rates: tuple[int, ...], seconds: float) -> None:
    """Offer ever more arrivals a second, and print how late they start. Needs no Docker.

    One load process on one core, against a server that answers at once on another. Keep the machine quiet meanwhile.
    """
    from tfbench.bench.load import RATES, bench_load, show
    from tfbench.interrupts import one_interrupt

    progress = Progress()
    with one_interrupt(progress.say):
        show(bench_load(rates or RATES, seconds, progress))


@bench.command()
@click.option("--rows", default=100_000_000, show_default=True, type=click.IntRange(1_000, 1_000_000_000))
@click.pass_obj
def journal(find: Callable[[], Workspace], rows: int) -> None:
    """Judge a generated run of so many operations, and print how long each objective takes. Needs no Docker.

    Writes the run into a temporary folder, 40 bytes an operation free, and removes it.
    """
    from tfbench.bench.journal import bench_journal, show
    from tfbench.interrupts import one_interrupt

    progress = Progress()
    with one_interrupt(progress.say):
        show(bench_journal(find().root / "slo" / "ticketflow.yaml", rows, progress))
