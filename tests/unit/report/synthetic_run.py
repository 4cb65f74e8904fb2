"""Seeded run folders for the report's tests, written by the same contract as real ones.

python synthetic_run.py DIR    writes DIR/{passed,failed,invalid,interrupted}
"""

import json
import sys
from functools import cache
from pathlib import Path

import duckdb
import msgspec
from synthetic_results import failed_results, interrupted_results, invalid_results, passed_results
from synthetic_shop import LOAD_END, MIX, T0, Row, Shop, journal_of, simulate
from tfbench.results import Results
from tfbench.rundata import STORES
from tfbench.segments import compact


def write_passed(run_dir: Path) -> Path:
    """A run that keeps its promises."""
    shop = simulate(7)
    return write_run(run_dir, shop, passed_results(shop), journal_of(shop, 1e9))


def write_failed(run_dir: Path) -> Path:
    """A run with seats sold twice, orders lost, timeouts and an objective broken."""
    shop = simulate(11)
    for first in (39, 76):  # the same seat told to two buyers
        for sold in ("sales", "boletas"):
            row = getattr(shop, sold)[first + 1]
            row |= {"asiento_id": first + 1} if sold == "sales" else {"asientos": [first + 1]}
    for row in shop.operations:
        if row["op"] == "catalogue" and 42 <= row["t_intended"] - T0 < 47:
            row |= {"outcome": "unknown", "status": 0, "error": "timeout", "t_end": row["t_intended"] + 5.0}
        elif row["op"] == "hold" and row["flow"] % 40 == 0:
            row |= {"outcome": "fail", "status": 409, "error": "asiento_no_disponible"}
    results = failed_results(shop)
    journal = journal_of(shop, 1e9)
    del shop.orders[200:203]
    return write_run(run_dir, shop, results, journal)


def write_invalid(run_dir: Path) -> Path:
    """A run that proves nothing."""
    shop = simulate(13, until_s=48)
    for row in shop.operations[::9]:
        row |= {
            "outcome": "unknown",
            "status": 0,
            "error": "dropped",
            "t_end": row["t_intended"],
            "orden_id": None,
        }
    return write_run(run_dir, shop, invalid_results(shop), journal_of(shop, 1e9, verified=False))


def write_interrupted(run_dir: Path) -> Path:
    """A run cut short: no stores, no environment, a torn journal."""
    shop = simulate(17, until_s=48)
    run_dir.mkdir(parents=True)
    journal = [*journal_of(shop, 50), {"t": T0 + 50.5, "kind": "interrupted"}]
    _write_operations(run_dir, shop)
    _write_journal(run_dir, journal, torn=True)
    interrupted_results(shop).write(run_dir)
    return run_dir


def write_run(run_dir: Path, shop: Shop, results: Results, journal: list[Row]) -> Path:
    """A whole run folder."""
    (run_dir / "stores").mkdir(parents=True)
    _write_operations(run_dir, shop)
    _write_journal(run_dir, journal)
    for store in STORES:
        _write_store(run_dir, store, getattr(shop, store, []))
    meta = {
        "collected_at": T0 + LOAD_END,
        "queue": {"ready": 0, "unacked": 0, "dead_letters": 0},
        "errors": {},
    }
    (run_dir / "stores" / "meta.json").write_text(json.dumps(meta))
    (run_dir / "environment.json").write_text(json.dumps(ENVIRONMENT))
    (run_dir / "scenario.yaml").write_text("name: app2-caida\nseed: 7\nload: {rate_per_s: 40}\n")
    (run_dir / "slo.yaml").write_text("kind: SLO\nspec:\n  good: {latency_ms_below: 300}\n")
    results.write(run_dir)
    return run_dir


ENVIRONMENT: Row = {
    "tfbench": "0.1.0",
    "python": "3.11.9",
    "host": {"cpus": 2, "memory_bytes": 25_260_000_000, "kernel": "6.1.0-31-amd64"},
    "docker": {"version": "29.0.2", "compose": "2.40.3", "storage": "overlay2"},
    "images": {
        "postgres": {"tag": "ticketflow/postgres:dev", "id": "3f" * 32, "versions": {"postgresql": "15.14"}},
        "app2": {
            "tag": "ticketflow/app2:dev",
            "id": "9c" * 32,
            "versions": {"python": "3.11.2", "flask": "3.1.2"},
        },
    },
    "settings": {"postgres": {"synchronous_mode": True, "ttl": 20}, "load": {"workers": 1, "mix": MIX}},
    "clock": {"epoch_minus_monotonic": 1_795_400_000.25},
}


_lines = msgspec.json.Encoder().encode_lines


def _write_operations(run_dir: Path, shop: Shop) -> None:
    segment = run_dir / "operations" / "1-1-0001.ndjson"
    segment.parent.mkdir(parents=True)
    segment.write_bytes(_lines(shop.operations))
    compact(run_dir)


def _write_journal(run_dir: Path, records: list[Row], torn: bool = False) -> None:
    (run_dir / "journal.jsonl").write_bytes(_lines(records) + (b'{"t": 17955, "ki' if torn else b""))


def _write_store(run_dir: Path, store: str, rows: list[Row]) -> None:
    """A store with all its columns; what the rows lack is null."""
    lines = run_dir / "rows.ndjson"
    lines.write_bytes(_lines(rows))
    path = run_dir / "stores" / f"{store}.parquet"
    source = f"read_json('{lines}', format='newline_delimited', columns={STORES[store]})"
    _database().execute(f"COPY (SELECT * FROM {source}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    lines.unlink()


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """One for all stores of all runs: opening one costs more than writing a store."""
    return duckdb.connect(config={"threads": 1})


WRITERS = {
    "passed": write_passed,
    "failed": write_failed,
    "invalid": write_invalid,
    "interrupted": write_interrupted,
}

if __name__ == "__main__":
    for name, write in WRITERS.items():
        print(write(Path(sys.argv[1]) / name))
