"""How long judging takes, and how much memory, on a run of a hundred million operations.

    generated rows -> operations.parquet, as compaction writes it (a process of its own)
    run folder -> opened -> every ratio objective counted and judged, as `tfbench check` does (another) -> Cost

The rows are random, their shares and latencies like those of a shop that is well; what they say does not matter, only
that every column holds what such a column holds. A fault holds for a tenth of the run. Each objective is judged once
more by slices of a minute. Objectives that count what the stores hold have no data here, and are left out.
"""

import dataclasses
import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import duckdb
from rich.console import Console
from rich.table import Table

from tfbench.clock import Clock
from tfbench.errors import UsageError
from tfbench.journal import Journal
from tfbench.model import FaultSpec, Objective
from tfbench.operations import PARQUET
from tfbench.progress import Progress
from tfbench.rundata import opened
from tfbench.segments import LAYOUT
from tfbench.slo.objective import Method, SlicedObjective
from tfbench.slo.openslo import load_slo
from tfbench.slo.ratios import judge_objectives

ROWS = 100_000_000
FREE_BYTES_A_ROW = 40  # three times the file
START_T = 1_800_000_000.0
RATE_PER_S = 4000.0
FAULT = FaultSpec("kill", "kill", "app2", ())
SLICE_S = 60.0

_NO_BAR = "SET enable_progress_bar = false"  # it would draw on stdout, into the table

A = TypeVar("A")
T = TypeVar("T")

# `h` is the row's random number: its low digits choose the operation, others the outcome, the latency, the place.
_ROWS = """
WITH numbers AS (SELECT range AS flow, hash(range) AS h FROM range($rows)),
chosen AS (SELECT *, CASE WHEN h % 100 < 40 THEN 'catalogue' WHEN h % 100 < 65 THEN 'seat_map'
                          WHEN h % 100 < 78 THEN 'hold' WHEN h % 100 < 80 THEN 'release'
                          WHEN h % 100 < 88 THEN 'purchase' WHEN h % 100 < 96 THEN 'ticket_state'
                          WHEN h % 100 < 98 THEN 'ticket_pdf' ELSE 'boleta' END AS op,
           CASE WHEN (h // 100) % 100000 < 20 THEN 'unknown' WHEN (h // 100) % 1000 > 985 THEN 'fail' ELSE 'ok' END
           AS outcome, $start_t::DOUBLE + flow / $rate_per_s::DOUBLE AS t FROM numbers)
SELECT op, flow::BIGINT AS flow, op AS arrival, op NOT IN ('hold', 'release', 'purchase') AS first,
       t AS t_intended, t + ((h // 10000000) % 997) / 1e6 AS t_start,
       t + 0.001 - ln(((h // 10000000) % 1000003 + 1) / 1000003.0) * 0.03 AS t_end, outcome,
       CASE outcome WHEN 'ok' THEN 200 WHEN 'fail' THEN 409 ELSE 503 END::INTEGER AS status,
       CASE outcome WHEN 'fail' THEN 'asiento_no_disponible' WHEN 'unknown' THEN 'status 503' END AS error,
       CASE WHEN op <> 'catalogue' THEN 'EV00' || (h % 4 + 1) END AS evento,
       CASE WHEN op <> 'catalogue' THEN 'Sector ' || (h % 40) END AS sector,
       CASE WHEN op IN ('hold', 'release', 'purchase') THEN [(h % 26800)::BIGINT, (h % 26800 + 1)::BIGINT] END
       AS asientos,
       CASE WHEN op IN ('hold', 'release', 'purchase') THEN printf('%016x', h) END AS retencion_id,
       CASE WHEN op = 'purchase' AND outcome = 'ok' THEN printf('%016x', h) END AS orden_id,
       CASE WHEN op = 'purchase' THEN printf('%016x', h + 1) END AS clave,
       CASE WHEN op = 'purchase' THEN outcome = 'ok' END AS read_success,
       CASE WHEN op IN ('ticket_state', 'purchase') THEN 'EMITIDO' END AS ticket_state,
       CASE WHEN op IN ('ticket_state', 'ticket_pdf') THEN 'primario' END AS source
FROM chosen
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """One objective, and what was counted for it: operations, or slices of them."""

    id: str
    n: int
    bad: int


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run folder: `peak_bytes` is all that the judging process ever had, the interpreter included."""

    rows: int
    file_bytes: int
    open_s: float
    count_s: float
    counted: tuple[Counted, ...]
    peak_bytes: int


def bench_journal(slo: Path, rows: int, progress: Progress) -> Cost:
    """Generate a run, judge its ratio objectives, throw it away. Raises UsageError when the disk is too full."""
    with tempfile.TemporaryDirectory(prefix="tfbench-bench-") as folder:
        needed, free = rows * FREE_BYTES_A_ROW, shutil.disk_usage(folder).free
        if free < needed:
            raise UsageError(
                f"{folder} has {free / 1e9:.0f} GB free and {rows:,} operations need {needed / 1e9:.0f}; "
                "say fewer --rows, or set TMPDIR to a larger disk"
            )
        with progress.step(f"generate {rows:,} operations"):
            alone(generate, Path(folder), rows)
        with progress.step("count every objective"):
            return alone(measure, Path(folder), slo)


def alone(function: Callable[[Path, A], T], run_dir: Path, argument: A) -> T:
    """Call in a fresh process, so that its memory is its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, run_dir, argument).result()


def generate(run_dir: Path, rows: int) -> None:
    """Write a run folder with so many operations."""
    values = {"rows": rows, "start_t": START_T, "rate_per_s": RATE_PER_S}
    file = str(run_dir / PARQUET).replace("'", "''")
    with duckdb.connect() as db:
        db.execute(_NO_BAR)
        db.execute(f"COPY ({_ROWS}) TO '{file}' ({LAYOUT})", values)
    load_s = rows / RATE_PER_S
    begin_t, end_t = START_T + 0.4 * load_s, START_T + load_s + 60
    with Journal(run_dir / "journal.jsonl", Clock(0.0)) as journal:
        journal.record("phase", t=START_T, phase="baseline", event="begin")
        journal.record("fault", t=begin_t, id=FAULT.id, state="injected", detail={"begin_t": begin_t})
        journal.record("fault", t=begin_t + 0.1 * load_s, id=FAULT.id, state="recovered")
        journal.record("load", t=end_t, state="stopped", offered=rows, delivered=rows, dropped=0)
        journal.record("drain", t=end_t, state="settled")


def measure(run_dir: Path, slo: Path) -> Cost:
    """Open a run folder and count every ratio objective of these tables, by operations and by slices of time."""
    ratios = [
        one for one in load_slo(slo).objectives if isinstance(one, Objective) and one.total.source == "operations"
    ]
    objectives = [*ratios, *map(_by_slices, ratios)]
    begun = time.monotonic()
    with opened(run_dir, (FAULT,)) as run:
        run.db.execute(_NO_BAR)
        opened_at = time.monotonic()
        results = judge_objectives(run, objectives, ())
        counted_at = time.monotonic()
        rows = run.count("SELECT count(*) FROM operations")
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # Linux counts in KiB
    counted = tuple(Counted(result.id, result.n, result.bad) for result in results)
    file_bytes = (run_dir / PARQUET).stat().st_size
    return Cost(rows, file_bytes, opened_at - begun, counted_at - opened_at, counted, peak_bytes)


def _by_slices(objective: Objective) -> SlicedObjective:
    values = {field.name: getattr(objective, field.name) for field in dataclasses.fields(Objective)}
    values["id"] = f"{objective.id}, by minutes"
    return SlicedObjective(**values, method=Method.TIMESLICES, slice_s=SLICE_S, slice_target=objective.target)


def show(cost: Cost) -> None:
    """Print the table on stdout."""
    title = f"{cost.rows:,} operations, {cost.file_bytes / 1e9:.2f} GB ({cost.file_bytes / cost.rows:.1f} bytes each)"
    table = Table("objective", "counted", "bad", title=title)
    for one in cost.counted:
        table.add_row(one.id, f"{one.n:,}", f"{one.bad:,}", end_section=one is cost.counted[-1])
    table.add_row("opening the run", f"{cost.open_s:.2f} s", "")
    table.add_row("counting and judging all objectives", f"{cost.count_s:.2f} s", "")
    table.add_row("peak memory", f"{cost.peak_bytes / 1e9:.2f} GB", "")
    Console(width=100).print(table)
