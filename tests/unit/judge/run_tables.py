"""The rows of a hand-made run as tables: in memory for most tests, as Parquet for those of what is on disk.

Rows -> JSON lines -> a table of one database, kept for all tests: most tests spoil one table and share the others.
"""

from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import msgspec

Row = dict[str, Any]
Columns = dict[str, str]

_encode = msgspec.json.Encoder().encode_lines
_numbers = count()


@cache
def database() -> duckdb.DuckDBPyConnection:
    """One for all tests, as opening one costs more than most checks; one thread is plenty for so few rows."""
    return duckdb.connect(config={"threads": 1})


def kept(rows: list[Row], columns: Columns) -> str:
    """The table of `database()` that holds these rows; to be read, not changed."""
    return _kept(_encode(rows), tuple(columns.items()))


def write_lines(path: Path, rows: list[Row]) -> None:
    path.write_bytes(_encode(rows))


def write_parquet(path: Path, rows: list[Row], columns: Columns) -> None:
    path.write_bytes(_parquet(kept(rows, columns)))


@cache
def _kept(lines: bytes, columns: tuple[tuple[str, str], ...]) -> str:
    table = f"main.kept_{next(_numbers)}"
    names = ", ".join(f"{name} {kind}" for name, kind in columns)
    database().execute(f"CREATE TABLE {table} ({names})")
    if lines:
        _insert(table, lines, dict(columns))
    return table


def _insert(table: str, lines: bytes, columns: Columns) -> None:
    with TemporaryDirectory() as folder:
        source = Path(folder, "rows.ndjson")
        source.write_bytes(lines)
        read = "read_json(?, format='newline_delimited', columns=?)"
        database().execute(f"INSERT INTO {table} BY NAME SELECT * FROM {read}", [str(source), columns])


@cache
def _parquet(table: str) -> bytes:
    with TemporaryDirectory() as folder:
        target = Path(folder, "rows.parquet")
        database().execute(f"COPY {table} TO '{target}' (FORMAT parquet)")
        return target.read_bytes()
