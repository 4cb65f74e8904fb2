"""A run folder as it is found: whole, torn, or with parts missing."""

import math
from pathlib import Path

import duckdb
import pytest
from spoilable_run import (
    BASELINE,
    DRAINED,
    EFFECT,
    HEAL,
    HEALED,
    KILL,
    LOAD_END,
    RECOVERED,
    T0,
    VERIFIED,
    RunFolder,
    healthy,
    scenario,
)
from tfbench.errors import UsageError
from tfbench.rundata import STORES, opened
from tfbench.windows import RunWindows

FAULTS = scenario().faults


def windows(run: RunFolder, folder: Path) -> RunWindows:
    with opened(run.write(folder), FAULTS) as data:
        return data.windows


def test_the_windows_are_those_of_the_journal(tmp_path: Path) -> None:
    seen = windows(healthy(), tmp_path)
    (fault,) = seen.faults
    assert (seen.started_at, seen.measured_from, seen.load_until) == (T0, BASELINE, LOAD_END)
    assert seen.finished_at == DRAINED
    assert seen.complete
    assert (fault.begin, fault.effect, fault.verified) == (KILL, EFFECT, VERIFIED)
    assert (fault.heal_begin, fault.healed, fault.recovered) == (HEAL, HEALED, RECOVERED)
    assert fault.window == (KILL, RECOVERED)
    assert fault.outage == (VERIFIED, HEAL)
    assert fault.evidence[0] == "app2-api: exited"


def test_a_fault_that_never_recovered_has_no_end(tmp_path: Path) -> None:
    run = healthy()
    for state in ("healing", "healed", "recovered"):
        run.drop_records(kind="fault", state=state)
    (fault,) = windows(run, tmp_path).faults
    assert fault.window == (KILL, math.inf)
    assert fault.outage == (VERIFIED, math.inf)


def test_a_run_that_never_left_warm_up_measured_nothing(tmp_path: Path) -> None:
    run = healthy()
    run.drop_records(kind="phase", phase="baseline")
    assert windows(run, tmp_path).measured_from == math.inf


@pytest.mark.parametrize("kind", ["interrupted", "torn", "no drain"])
def test_a_run_that_was_cut_is_not_complete(kind: str, tmp_path: Path) -> None:
    run = healthy()
    if kind == "no drain":
        run.drop_records(kind="drain")
    if kind == "interrupted":
        run.journal.append({"t": HEAL, "kind": "interrupted"})
    folder = run.write(tmp_path)
    if kind == "torn":
        with (folder / "journal.jsonl").open("a") as journal:
            journal.write('{"t": 1800000090.0, "ki')
    with opened(folder, FAULTS) as data:
        assert not data.windows.complete
        assert data.windows.faults[0].begin == KILL


@pytest.mark.parametrize(
    ("states", "residue"),
    [
        ([], False),
        (["residue"], True),
        (["residue", "healed"], False),
        (["healed", "residue"], True),
    ],
)
def test_residue_lasts_until_a_later_heal(states: list[str], residue: bool, tmp_path: Path) -> None:
    run = healthy()
    for state in ("healing", "healed", "recovered"):
        run.drop_records(kind="fault", state=state)
    for number, state in enumerate(states):
        run.journal.append({"t": HEAL + number, "kind": "fault", "id": "kill-app2", "state": state})
    assert windows(run, tmp_path).faults[0].residue is residue


def test_segments_are_read_where_there_is_no_parquet_and_a_torn_line_is_left_out(tmp_path: Path) -> None:
    run = healthy()
    folder = run.write(tmp_path, segments=True)
    with (folder / "operations" / "2.ndjson").open("a") as segment:
        segment.write('{"op": "hold", "flow": 77, "t_inten')
    with opened(folder, FAULTS) as data:
        assert data.count("SELECT count(*) FROM operations") == len(run.operations)
        assert data.row("SELECT asientos, first FROM operations WHERE op = 'hold' AND flow = 5") == ([5], True)


def test_a_run_older_than_a_column_reads_null_in_it(tmp_path: Path) -> None:
    folder = healthy().write(tmp_path)
    newer, older = folder / "operations.parquet", folder / "older.parquet"
    with duckdb.connect() as db:
        db.execute(f"COPY (SELECT * EXCLUDE (source) FROM '{newer}') TO '{older}' (FORMAT parquet)")
    older.replace(newer)
    with opened(folder, FAULTS) as data:
        assert data.row("SELECT count(*), count(source), count(op) FROM operations") == (1650, 0, 1650)


def test_a_column_that_every_run_has_may_not_be_missing(tmp_path: Path) -> None:
    folder = healthy().write(tmp_path)
    whole, part = folder / "operations.parquet", folder / "part.parquet"
    with duckdb.connect() as db:
        db.execute(f"COPY (SELECT * EXCLUDE (outcome) FROM '{whole}') TO '{part}' (FORMAT parquet)")
    part.replace(whole)
    with pytest.raises(UsageError, match="outcome"), opened(folder, FAULTS):
        pass


def test_more_torn_lines_than_writers_are_lost_evidence(tmp_path: Path) -> None:
    folder = healthy().write(tmp_path, segments=True)
    with (folder / "operations" / "2.ndjson").open("a") as segment:
        segment.write('{"op": "ho\n' * 3)
    with pytest.raises(UsageError, match="3 unreadable lines"), opened(folder, FAULTS):
        pass


def test_a_folder_without_operations_has_none(tmp_path: Path) -> None:
    folder = healthy().write(tmp_path)
    (folder / "operations.parquet").unlink()
    with opened(folder, FAULTS) as data:
        assert data.count("SELECT count(*) FROM measured") == 0


def test_operations_that_cannot_be_read_are_an_error_not_an_empty_run(tmp_path: Path) -> None:
    folder = healthy().write(tmp_path)
    (folder / "operations.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(UsageError, match="cannot be read"), opened(folder, FAULTS):
        pass


@pytest.mark.parametrize("text", [None, "", "not json\n"])
def test_a_folder_without_a_journal_is_no_run(text: str | None, tmp_path: Path) -> None:
    folder = healthy().write(tmp_path)
    (folder / "journal.jsonl").unlink()
    if text is not None:
        (folder / "journal.jsonl").write_text(text)
    with pytest.raises(UsageError, match="name the folder of a run"), opened(folder, FAULTS):
        pass


@pytest.mark.parametrize("how", ["missing", "unreadable"])
def test_a_store_that_cannot_be_read_is_not_among_the_stores(how: str, tmp_path: Path) -> None:
    folder = healthy().write(tmp_path)
    path = folder / "stores" / "mails.parquet"
    path.unlink()
    if how == "unreadable":
        path.write_bytes(b"PAR1")
    with opened(folder, FAULTS) as data:
        assert data.stores == set(STORES) - {"mails"}
        assert data.count("SELECT count(*) FROM mails") == 0


def test_a_folder_name_with_a_quote_is_a_folder_name(tmp_path: Path) -> None:
    with opened(healthy().write(tmp_path / "it's here"), FAULTS) as data:
        assert data.count("SELECT count(*) FROM purchases") == 300
