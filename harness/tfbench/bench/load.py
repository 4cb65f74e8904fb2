"""How many arrivals a second one load process offers on time, on one core against a server that answers at once.

    rate -> selftest's server on the other core <- load process on one core -> operations on disk -> Row

A load that is late blurs every latency it measures, so the rate that counts is the highest one whose arrivals start on
time. Nothing is sampled: every start is on disk.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from tfbench.operations import PARQUET
from tfbench.progress import Progress
from tfbench.selftest.experiment import Offer, Played, play
from tfbench.selftest.kinds import KINDS
from tfbench.selftest.target import Plan

RATES = (1000, 2000, 3000, 4000, 5000, 6000)
SEED = 20261124

_FIGURES = """
SELECT count(*) FILTER (WHERE outcome = 'ok'), max(t_start) - min(t_start),
       quantile_disc((t_start - t_intended) * 1000, 0.5), quantile_disc((t_start - t_intended) * 1000, 0.99),
       quantile_disc((t_end - t_start) * 1000, 0.5), quantile_disc((t_end - t_start) * 1000, 0.99)
FROM read_parquet($file) WHERE error IS DISTINCT FROM 'dropped'
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One rate. Delays are from the planned time to the start of the request, services from there to its end."""

    rate_per_s: float
    offered: int
    answered: int
    dropped: int
    delivered_per_s: float
    delay_p50_ms: float
    delay_p99_ms: float
    service_p50_ms: float
    service_p99_ms: float
    cpu_us_each: float


def bench_load(rates: tuple[int, ...], seconds: float, progress: Progress) -> list[Row]:
    """Measure each rate once, for so many seconds."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="tfbench-bench-") as folder:
        for number, rate in enumerate(rates):
            with progress.step(f"{rate:,} arrivals/s"):
                offer = Offer(rate, {KINDS[0]: 1.0}, seconds, SEED)
                rows.append(_row(rate, play(Path(folder) / str(number), offer, Plan(SEED))))
    return rows


def _row(rate: float, played: Played) -> Row:
    with duckdb.connect() as db:
        figures = db.execute(_FIGURES, {"file": str(played.run_dir / PARQUET)}).fetchone()
    assert figures is not None, "a query that aggregates has a row"
    answered, span_s, delay_p50, delay_p99, service_p50, service_p99 = figures
    offered, totals = int(played.totals["offered"]), played.totals
    return Row(
        rate, offered, answered, int(totals["dropped"]), totals["delivered"] / span_s,
        delay_p50, delay_p99, service_p50, service_p99, totals["playing_cpu_s"] / offered * 1e6,
    )  # fmt: skip


def show(rows: list[Row]) -> None:
    """Print the table on stdout."""
    table = Table(
        "arrivals/s", "offered", "answered", "dropped", "delivered/s", "start delay p50 ms", "p99 ms", "service p50 ms",
        "p99 ms", "CPU us each", title="One load process on one core",
    )  # fmt: skip
    for row in rows:
        table.add_row(
            f"{row.rate_per_s:,.0f}", f"{row.offered:,}", f"{row.answered:,}", f"{row.dropped:,}",
            f"{row.delivered_per_s:,.0f}", f"{row.delay_p50_ms:.2f}", f"{row.delay_p99_ms:.2f}",
            f"{row.service_p50_ms:.2f}", f"{row.service_p99_ms:.2f}", f"{row.cpu_us_each:.0f}",
        )  # fmt: skip
    Console(width=150).print(table)
