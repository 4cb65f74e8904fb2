"""Operations: every row written is a row read, torn lines are counted, and types hold without any row."""

import json
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tfbench.operations import COLUMNS, FLUSH_S, Operation, OperationWriter
from tfbench.segments import compact

HOLD = Operation(
    op="hold",
    flow=12,
    arrival="purchase",
    first=False,
    t_intended=1795500000.123456,
    t_start=1795500000.123456,
    t_end=1795500000.25,
    outcome="fail",
    status=409,
    error="asiento_no_disponible",
    evento="EV001",
    sector="Cancha & Galería",
    asientos=(7, 9_000_000_000),
)
CATALOGUE = Operation("catalogue", 1, "catalogue", True, 1.0, 1.0, 2.0, "ok", 200)


def rows(path: Path) -> list[dict[str, Any]]:
    result = duckdb.execute("SELECT * FROM read_parquet(?)", [str(path)])
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def test_rows_come_back_exactly(tmp_path: Path) -> None:
    with OperationWriter(tmp_path) as writer:
        writer.write(HOLD)
        writer.write(CATALOGUE)
    compacted = compact(tmp_path)
    assert (compacted.rows, compacted.torn) == (2, 0)
    found = rows(compacted.path)
    assert found[1] == asdict(HOLD) | {"asientos": [7, 9_000_000_000]}
    assert found[0]["asientos"] is None


def test_segments_older_than_a_column_are_read_with_it_null(tmp_path: Path) -> None:
    with OperationWriter(tmp_path) as writer:
        writer.write(replace(CATALOGUE, op="ticket_state", ticket_state="ENVIADO", source="replica"))
        writer.write(HOLD)
    [segment] = (tmp_path / "operations").glob("*.ndjson")
    lines = [json.loads(line) for line in segment.read_text().splitlines()]
    assert [line.pop("source", None) for line in lines] == ["replica", None]
    segment.with_name("0-1-0001.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
    compacted = compact(tmp_path)
    assert (compacted.rows, compacted.torn) == (4, 0)
    found = [(row["op"], row["source"]) for row in rows(compacted.path)]
    assert sorted(found, key=str) == [("hold", None)] * 2 + [("ticket_state", "replica"), ("ticket_state", None)]


def test_columns_are_those_of_the_operation() -> None:
    assert list(COLUMNS) == [*Operation.__dataclass_fields__]


def test_torn_last_lines_are_left_out_and_counted(tmp_path: Path) -> None:
    for _ in range(2):
        with OperationWriter(tmp_path) as writer:
            writer.write(HOLD)
            writer.write(HOLD)
    for segment in (tmp_path / "operations").glob("*.ndjson"):
        segment.write_bytes(segment.read_bytes()[:-20])
    compacted = compact(tmp_path)
    assert (compacted.rows, compacted.torn) == (2, 2)
    assert len(rows(compacted.path)) == 2


def test_without_rows_the_file_still_has_its_columns(tmp_path: Path) -> None:
    (tmp_path / "operations").mkdir()
    compacted = compact(tmp_path)
    assert (compacted.rows, compacted.torn) == (0, 0)
    types = duckdb.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(compacted.path)]).fetchall()
    assert {name: kind for name, kind, *_ in types} == COLUMNS


def test_segments_roll_and_a_restart_starts_another(tmp_path: Path) -> None:
    for _ in range(2):
        with OperationWriter(tmp_path, rows_per_segment=3) as writer:
            for _ in range(7):
                writer.write(CATALOGUE)
    assert len(list((tmp_path / "operations").glob("*.ndjson"))) == 6
    assert compact(tmp_path).rows == 14


def test_rows_reach_the_disk_without_closing(tmp_path: Path) -> None:
    with OperationWriter(tmp_path) as writer:
        writer.write(CATALOGUE)
        deadline = time.monotonic() + 10 * FLUSH_S
        while compact(tmp_path).rows == 0:
            assert time.monotonic() < deadline, "waited for a row to be flushed"
            time.sleep(0.1)


def test_compacting_twice_replaces_the_first(tmp_path: Path) -> None:
    with OperationWriter(tmp_path) as writer:
        writer.write(CATALOGUE)
    compact(tmp_path)
    with OperationWriter(tmp_path) as writer:
        writer.write(CATALOGUE)
    assert len(rows(compact(tmp_path).path)) == 2


@pytest.mark.parametrize("name", ["it's here", "a b"])
def test_folder_names_need_no_care(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    with OperationWriter(folder) as writer:
        writer.write(CATALOGUE)
    assert compact(folder).rows == 1
