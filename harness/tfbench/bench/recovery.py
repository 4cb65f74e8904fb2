"""The recovery table: how long each kind of failure was felt, over many of them, and what it cost.

run folder of a series -> Row -> table on stdout, recovery.json
"""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
from rich.console import Console
from rich.table import Table

from tfbench.bench.series import SERIES, Series, write_scenario
from tfbench.errors import UsageError
from tfbench.progress import Progress
from tfbench.results import Results
from tfbench.run import prepare, run_scenario
from tfbench.scenario import load_scenario
from tfbench.slo.stats import percentile
from tfbench.verdict import EXIT_CODES, EXIT_INTERRUPTED, EXIT_RESIDUE, Verdict, merge
from tfbench.workspace import Workspace

# Invariants that count what must be 0, by column.
COUNTED = {
    "lost": "no-acked-purchase-lost",
    "doubled": "no-seat-sold-twice",
    "documents": "one-boleta-one-pdf-one-mail",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One series. Times in seconds, from the injection, at most; None where nothing was measured.

    An outage that nobody felt counts as the longest one that could have gone unseen; `felt` counts the others, those
    that clients saw begin and end.

    `unrecovered` counts faults whose end was not seen before the next one. A violation count is None when the
    invariant could not be judged. `repeated_mails` are deliveries of an e-mail that was already there.
    """

    series: str
    title: str
    run: str
    verdict: Verdict
    faults: int
    unverified: int
    felt: int
    unrecovered: int
    min_s: float | None
    median_s: float | None
    p95_s: float | None
    max_s: float | None
    times_s: tuple[float, ...]
    purchases: int
    lost: int | None
    doubled: int | None
    documents: int | None
    repeated_mails: int | None
    http_500: int


def bench_recovery(workspace: Workspace, names: Sequence[str], count: int, progress: Progress) -> tuple[Path, int]:
    """Run the series asked for (all by default), print their table; returns its folder and the exit code."""
    unknown = sorted(set(names) - set(SERIES))
    if unknown:
        raise UsageError(f"no series {', '.join(unknown)}; there are: {', '.join(SERIES)}")
    folder = workspace.runs / "bench" / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    folder.mkdir(parents=True)
    ground = prepare(workspace, progress)
    rows: list[Row] = []
    for name in names or SERIES:
        series = SERIES[name]
        file = write_scenario(series, count, workspace.scenarios, folder)
        outcome = run_scenario(load_scenario(file), ground, switches=series.switches)
        rows.append(row_of(series, outcome.run_dir, outcome.results))
        _write(folder, rows)
        if outcome.exit_code in (EXIT_INTERRUPTED, EXIT_RESIDUE):
            show(rows)
            return folder, outcome.exit_code
    show(rows)
    return folder, EXIT_CODES[merge(row.verdict for row in rows)]


def row_of(series: Series, run_dir: Path, results: Results) -> Row:
    """The row of one series' run."""
    recoveries = [row for row in results.recovery if row.id == series.objective]
    times = [row.upper_s for row in recoveries if row.upper_s is not None]
    judged = {row.id: row.violation_count for row in results.invariants if row.verdict in (Verdict.PASS, Verdict.FAIL)}
    purchases, http_500 = _counts(run_dir)
    return Row(
        series=series.name,
        title=series.title,
        run=str(run_dir),
        verdict=results.verdict,
        faults=len(results.faults),
        unverified=sum(not fault.verified for fault in results.faults),
        felt=sum(row.rto_s is not None and row.rto_s > 0 for row in recoveries),
        unrecovered=sum(row.rto_s is None for row in recoveries),
        **_spread(times),
        times_s=tuple(times),
        purchases=purchases,
        lost=judged.get(COUNTED["lost"]),
        doubled=judged.get(COUNTED["doubled"]),
        documents=judged.get(COUNTED["documents"]),
        repeated_mails=_repeated_mails(run_dir),
        http_500=http_500,
    )


def _spread(times: list[float]) -> dict[str, float | None]:
    shares = {"min_s": 0.0, "median_s": 50.0, "p95_s": 95.0, "max_s": 100.0}
    values = np.array(times, dtype=np.float64)
    return {name: percentile(values, share) for name, share in shares.items()}


def _counts(run_dir: Path) -> tuple[int, int]:
    """Acknowledged purchases, and operations that ended in HTTP 500."""
    file = str(run_dir / "operations.parquet").replace("'", "''")
    with duckdb.connect() as db:
        row = db.execute(
            "SELECT count(*) FILTER (WHERE op = 'purchase' AND outcome = 'ok'), count(*) FILTER (WHERE status = 500) "
            f"FROM read_parquet('{file}')"
        ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _repeated_mails(run_dir: Path) -> int | None:
    file = run_dir / "stores" / "mails.parquet"
    if not file.is_file():
        return None
    quoted = str(file).replace("'", "''")
    with duckdb.connect() as db:
        row = db.execute(f"SELECT coalesce(sum(repeticiones), 0) FROM read_parquet('{quoted}')").fetchone()
    return int(row[0]) if row else None


def _write(folder: Path, rows: list[Row]) -> None:
    text = json.dumps([dataclasses.asdict(row) for row in rows], indent=1, ensure_ascii=False)
    (folder / "recovery.json").write_text(text + "\n", encoding="utf-8")


def show(rows: list[Row]) -> None:
    """Print the table on stdout."""
    table = Table(
        "failure", "faults", "felt", "min s", "median s", "p95 s", "max s", "purchases", "lost", "doubled",
        "documents wrong", "mails repeated", "HTTP 500", "verdict", title="Recovery, as clients saw it",
    )  # fmt: skip
    for row in rows:
        unseen = f" ({row.unrecovered} not recovered)" if row.unrecovered else ""
        times = [_shown(value) for value in (row.min_s, row.median_s, row.p95_s, row.max_s)]
        counts = [
            _shown(value)
            for value in (row.purchases, row.lost, row.doubled, row.documents, row.repeated_mails, row.http_500)
        ]
        table.add_row(row.title, f"{row.faults}{unseen}", f"{row.felt}", *times, *counts, row.verdict.name)
    table.caption = "a fault that nobody felt counts as long as it may have gone unseen"
    Console(width=200).print(table)


def _shown(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"
