"""The journal benchmark: what it generates is a run like any other, and what it prints was counted."""

from pathlib import Path

import duckdb
import pytest
from tfbench.bench import journal
from tfbench.bench.journal import bench_journal, generate, measure, show
from tfbench.errors import UsageError
from tfbench.operations import COLUMNS, PARQUET
from tfbench.progress import Progress

SLO = Path(__file__).parents[3] / "slo" / "ticketflow.yaml"
ROWS = 20_000


def test_generated_run_has_every_column_filled_and_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate(tmp_path, ROWS)
    file = str(tmp_path / PARQUET)
    types = duckdb.execute("DESCRIBE SELECT * FROM read_parquet(?)", [file]).fetchall()
    assert {name: kind for name, kind, *_ in types} == COLUMNS
    filled = ", ".join(f"count({name})" for name in COLUMNS)
    assert all(duckdb.execute(f"SELECT {filled} FROM read_parquet(?)", [file]).fetchone() or [0])

    cost = measure(tmp_path, SLO)
    assert cost.rows == ROWS
    counted = {one.id: (one.n, one.bad) for one in cost.counted}
    expected = duckdb.execute(
        "SELECT count(*), count(*) FILTER (WHERE outcome <> 'ok') FROM read_parquet(?) "
        "WHERE op IN ('hold', 'purchase') AND outcome <> 'fail'",
        [file],
    ).fetchone()
    assert counted["app1-availability"] == expected
    assert len(counted) >= 5
    assert "app2-pdf-under-5min" not in counted
    assert cost.peak_bytes > 10_000_000

    show(cost)
    assert f"{ROWS:,} operations" in capsys.readouterr().out


def test_disk_that_is_too_full_is_told_before_anything_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "FREE_BYTES_A_ROW", 10**15)
    with pytest.raises(UsageError, match="say fewer --rows"):
        bench_journal(SLO, 1_000, Progress())
