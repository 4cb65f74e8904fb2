"""The operations of a run as the load left them: segments, read strictly before anything is made of them.

operations/*.ndjson -> load_segments(db) -> the table `operations`, or an error that says what is lost
                    -> compact_sound(run_dir), compact(run_dir) -> operations.parquet
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from tfbench.errors import UsageError
from tfbench.evidence_sound import SPAN_S, read_sound_journal
from tfbench.operations import COLUMNS, PARQUET, SEGMENTS

TIMES = ("t_intended", "t_start", "t_end")
# The second version of Parquet's pages splits the bytes of times: three quarters of the size, and half of the time.
LAYOUT = "FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V2"


@dataclass(frozen=True, slots=True)
class Compacted:
    """What `compact` wrote: the rows kept, and how many lines could not be read."""

    path: Path
    rows: int
    torn: int


def segment_files(run_dir: Path) -> list[str]:
    """The segments of a run, in the order they were begun."""
    return sorted(str(path) for path in (run_dir / SEGMENTS).glob("*.ndjson"))


def read_segments(db: duckdb.DuckDBPyConnection, segments: list[str]) -> int:
    """Make the table `operations` of every line that can be read; returns how many could not."""
    columns = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
    db.execute(f"CREATE TABLE operations ({columns})")
    if not segments:
        return 0
    # An unreadable line becomes a row of nulls: that is how it is counted, and then left out.
    source = "read_json(?, format='newline_delimited', columns=?, ignore_errors=true)"
    db.execute(f"INSERT INTO operations BY NAME SELECT * FROM {source}", [segments, COLUMNS])
    return len(db.execute("DELETE FROM operations WHERE op IS NULL RETURNING 1").fetchall())


def load_segments(db: duckdb.DuckDBPyConnection, segments: list[str]) -> None:
    """A killed writer leaves one torn line a segment; more unreadable lines are lost evidence: an error."""
    torn = read_segments(db, segments)
    if torn > len(segments):
        raise duckdb.DataError(f"{torn} unreadable lines in {len(segments)} segments")


def compact(run_dir: Path) -> Compacted:
    """Write `operations.parquet` (zstd) from whatever can be read of the segments, replacing an earlier one whole."""
    with duckdb.connect() as db:
        torn = read_segments(db, segment_files(run_dir))
        return Compacted(*_write(db, run_dir), torn)


def compact_sound(run_dir: Path) -> None:
    """Compact a run's segments, where they can be read; a folder that kept only what was compacted is left as it is.

    Raises UsageError, and writes nothing, when more lines are lost than torn ends explain, or a time is of no run.
    """
    segments, journal = segment_files(run_dir), read_sound_journal(run_dir / "journal.jsonl")
    if not segments or not journal.records:
        return
    try:
        with duckdb.connect() as db:
            load_segments(db, segments)
            refuse_other_times(db, run_dir, journal.records[0]["t"])
            _write(db, run_dir)
    except duckdb.Error as error:
        raise UsageError(f"{run_dir}: its operations cannot be read: {error}") from error


def _write(db: duckdb.DuckDBPyConnection, run_dir: Path) -> tuple[Path, int]:
    """Write the table `operations`; returns the file and its rows."""
    path = run_dir / PARQUET
    partial = path.with_suffix(".parquet.partial")
    quoted = str(partial).replace("'", "''")
    db.execute(f"COPY (SELECT * FROM operations ORDER BY t_intended, flow, t_start) TO '{quoted}' ({LAYOUT})")
    partial.replace(path)
    (rows,) = db.execute("SELECT count(*) FROM operations").fetchall()[0]
    return path, rows


def refuse_other_times(db: duckdb.DuckDBPyConnection, run_dir: Path, t: float) -> None:
    """Operations at times far from the journal's are no measurements, and would make slices without end."""
    far = " OR ".join(f"NOT coalesce(abs({name} - $t) <= $span, false)" for name in TIMES)
    (count,) = db.execute(f"SELECT count(*) FROM operations WHERE {far}", {"t": t, "span": SPAN_S}).fetchall()[0]
    if count:
        raise UsageError(f"{run_dir}: {count} of its operations have a time that is not of this run, or none")
