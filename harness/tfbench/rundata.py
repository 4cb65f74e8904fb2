"""A run folder opened for judging: read only, and only from what is on disk.

run folder -> RunData(db: DuckDB views, windows, journal records, meta, environment)

operations   every row the load wrote, warm-up included
measured     after warm-up, with latency_ms, in_fault and since_s, the seconds since measuring began
purchases    acked purchases, one row an order
outages      (t0, t1) while a verified fault held
strikes      (begin_t, effect_t, until_t): a fault struck within begin..effect, its target was well again at until
orders, sales, ...   one view a store of docs/run-folder.md; a store that could not be read is an empty view and
             is not in `stores`: a check that needs it has NO_DATA, never a clean count of nothing.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from tfbench.errors import UsageError
from tfbench.evidence_sound import read_sound_journal, read_sound_json
from tfbench.journal import JournalContents
from tfbench.model import FaultSpec
from tfbench.operations import COLUMNS, PARQUET
from tfbench.segments import load_segments, refuse_other_times, segment_files
from tfbench.slo.service_logs import ServiceLogs
from tfbench.windows import RunWindows, read_windows

STORES: dict[str, dict[str, str]] = {
    "orders": {
        "orden_id": "VARCHAR",
        "clave_idem": "VARCHAR",
        "retencion_id": "VARCHAR",
        "evento": "VARCHAR",
        "total": "BIGINT",
        "correo": "VARCHAR",
        "creada_en": "DOUBLE",
    },
    "sales": {
        "evento": "VARCHAR",
        "asiento_id": "BIGINT",
        "orden_id": "VARCHAR",
        "folio_ticket": "VARCHAR",
        "precio": "BIGINT",
        "vendida_en": "DOUBLE",
        "anulada": "BOOLEAN",
    },
    "seats": {"evento": "VARCHAR", "asiento_id": "BIGINT", "estado": "VARCHAR", "orden_id": "VARCHAR"},
    "outbox": {
        "mensaje_id": "VARCHAR",
        "orden_id": "VARCHAR",
        "tipo": "VARCHAR",
        "creado_en": "DOUBLE",
        "publicado_en": "DOUBLE",
        "confirmado_en": "DOUBLE",
    },
    "inbox": {
        "mensaje_id": "VARCHAR",
        "orden_id": "VARCHAR",
        "modo_entrega": "INTEGER",
        "reentregado": "BOOLEAN",
        "recibido_en": "DOUBLE",
    },
    "boletas": {
        "orden_id": "VARCHAR",
        "tipo_dte": "INTEGER",
        "folio": "BIGINT",
        "total": "BIGINT",
        "neto": "BIGINT",
        "iva": "BIGINT",
        "emitida_en": "DOUBLE",
        "asientos": "BIGINT[]",
    },
    "tickets": {
        "orden_id": "VARCHAR",
        "estado": "VARCHAR",
        "pdf_bytes": "BIGINT",
        "pdf_sha256": "VARCHAR",
        "pdf_creado_en": "DOUBLE",
        "creado_en": "DOUBLE",
    },
    "mails": {
        "n": "BIGINT",
        "message_id": "VARCHAR",
        "orden_id": "VARCHAR",
        "para": "VARCHAR",
        "recibido_en": "DOUBLE",
        "repeticiones": "BIGINT",
        "pdf_sha256": "VARCHAR",
        "pdf_opens": "BOOLEAN",
        "pdf_pages": "BIGINT",
        "pdf_names_seats": "BOOLEAN",
        "pdf_names_event": "BOOLEAN",
    },
    "dead_letters": {
        "mensaje_id": "VARCHAR",
        "orden_id": "VARCHAR",
        "motivo": "VARCHAR",
        "muerto_en": "DOUBLE",
        "intentos": "INTEGER",
    },
}

# Columns that runs before them do not have: they read as null there, and what needs them has no data.
ADDED_LATER = frozenset({"source"})

# What DuckDB says of bytes that it cannot make sense of. Its other errors are the bench's own.
DAMAGED = (duckdb.IOException, duckdb.InvalidInputException, duckdb.DataError)

# One row an order: a purchase that was retried under the same key may have been acked more than once.
_PURCHASES = """
CREATE VIEW purchases AS
SELECT orden_id, min(t_intended) AS t_intended, min(t_end) AS t_end, any_value(evento) AS evento,
       any_value(asientos) AS asientos
FROM operations WHERE op = 'purchase' AND outcome = 'ok' AND orden_id IS NOT NULL GROUP BY orden_id
"""


@dataclass(frozen=True, slots=True)
class RunData:
    """Everything that judging reads. `stores` names the stores that could be read; `logs` holds the services' logs."""

    db: duckdb.DuckDBPyConnection
    windows: RunWindows
    journal: JournalContents
    stores: frozenset[str]
    meta: dict[str, Any]
    environment: dict[str, Any]
    logs: ServiceLogs = field(default_factory=ServiceLogs)

    def rows(self, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """All rows of one query; parameters are named `$name` in it."""
        return self.db.execute(sql, parameters or None).fetchall()

    def row(self, sql: str, **parameters: Any) -> tuple[Any, ...]:
        """The one row of a query that aggregates."""
        return self.rows(sql, **parameters)[0]

    def count(self, sql: str, **parameters: Any) -> int:
        """The first value of a query that counts."""
        return int(self.row(sql, **parameters)[0])

    def arrays(self, sql: str, **parameters: Any) -> dict[str, NDArray[Any]]:
        """The columns of a query without nulls."""
        columns = self.db.execute(sql, parameters or None).fetchnumpy()
        return {name: np.asarray(values) for name, values in columns.items()}

    def last(self, kind: str, **fields: Any) -> dict[str, Any] | None:
        """The newest journal record of a kind with these fields."""
        matching = [
            record
            for record in self.journal.of_kind(kind)
            if all(record.get(name) == value for name, value in fields.items())
        ]
        return matching[-1] if matching else None


@contextmanager
def opened(run_dir: Path, faults: tuple[FaultSpec, ...]) -> Iterator[RunData]:
    """The data of a run folder. Raises UsageError when it is none, or when its operations cannot be read."""
    journal = read_sound_journal(run_dir / "journal.jsonl")
    if not journal.records:
        raise UsageError(f"{run_dir} has no journal.jsonl with records: name the folder of a run")
    with duckdb.connect() as db, _damage_told(run_dir):
        _create_operations(db, run_dir)
        refuse_other_times(db, run_dir, journal.records[0]["t"])
        stores = frozenset(name for name in STORES if _create_store(db, run_dir, name))
        meta = read_sound_json(run_dir / "stores" / "meta.json")
        environment = read_sound_json(run_dir / "environment.json")
        yield replace(assembled(db, stores, journal, faults, meta, environment), logs=ServiceLogs(run_dir / "logs"))


@contextmanager
def _damage_told(run_dir: Path) -> Iterator[None]:
    """The bytes of a Parquet file are read when a query wants them: what is damaged may show late."""
    try:
        yield
    except DAMAGED as error:
        raise UsageError(f"{run_dir}: its operations cannot be read: {error}") from error


def assembled(
    db: duckdb.DuckDBPyConnection,
    stores: frozenset[str],
    journal: JournalContents,
    faults: tuple[FaultSpec, ...],
    meta: dict[str, Any],
    environment: dict[str, Any],
) -> RunData:
    """The run whose operations and stores `db` already holds, from wherever; makes what derives from them."""
    windows = read_windows(journal, faults)
    _create_derived(db, windows)
    db.execute("CREATE VIEW standing_sales AS SELECT * FROM sales WHERE NOT coalesce(anulada, false)")
    return RunData(db, windows, journal, stores, meta, environment)


def _create_operations(db: duckdb.DuckDBPyConnection, run_dir: Path) -> None:
    parquet = run_dir / PARQUET
    try:
        if parquet.is_file():
            db.execute(f"CREATE VIEW operations AS {_select(parquet, COLUMNS, _absent(db, parquet))}")
        else:
            load_segments(db, segment_files(run_dir))
    except duckdb.Error as error:
        raise UsageError(f"{run_dir}: its operations cannot be read: {error}") from error


def _create_derived(db: duckdb.DuckDBPyConnection, windows: RunWindows) -> None:
    """An operation is in a fault if any of its time is: what was in flight at the kill is the fault's."""
    in_fault = " OR ".join(
        f"(t_intended <= {_double(end)} AND t_end >= {_double(begin)})"
        for begin, end in (fault.window for fault in windows.faults if fault.window)
    )
    db.execute(
        f"CREATE VIEW measured AS SELECT *, (t_end - t_intended) * 1000 AS latency_ms, "
        f"t_intended - {_double(windows.measured_from)} AS since_s, {in_fault or 'false'} AS in_fault FROM operations "
        f"WHERE t_intended >= {_double(windows.measured_from)}"
    )
    db.execute(_PURCHASES)
    db.execute("CREATE TABLE strikes (begin_t DOUBLE, effect_t DOUBLE, until_t DOUBLE)")
    for fault in windows.faults:
        if fault.window:
            begin, until = fault.window
            db.execute("INSERT INTO strikes VALUES (?, ?, ?)", [begin, fault.effect, until])
    db.execute("CREATE TABLE outages (t0 DOUBLE, t1 DOUBLE)")
    for fault in windows.faults:
        if fault.outage:
            db.execute("INSERT INTO outages VALUES (?, ?)", list(fault.outage))


def _create_store(db: duckdb.DuckDBPyConnection, run_dir: Path, name: str) -> bool:
    path = run_dir / "stores" / f"{name}.parquet"
    try:
        if path.is_file():
            db.execute(f"CREATE TABLE {name} AS {_select(path, STORES[name])}")
            return True
    except duckdb.Error:  # unreadable is the same as missing: what needs it has no data
        pass
    columns = ", ".join(f"{column} {kind}" for column, kind in STORES[name].items())
    db.execute(f"CREATE TABLE {name} ({columns})")
    return False


def _absent(db: duckdb.DuckDBPyConnection, path: Path) -> frozenset[str]:
    """The columns that an older run's file may lack, and does."""
    described = db.execute(f"DESCRIBE SELECT * FROM read_parquet('{_quoted(path)}')").fetchall()
    return ADDED_LATER - {name for name, *_ in described}


def _select(path: Path, columns: dict[str, str], absent: frozenset[str] = frozenset()) -> str:
    casts = ", ".join(
        f"CAST({'NULL' if column in absent else column} AS {kind}) AS {column}" for column, kind in columns.items()
    )
    return f"SELECT {casts} FROM read_parquet('{_quoted(path)}')"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _double(value: float) -> str:
    if math.isinf(value):
        return "'infinity'::DOUBLE" if value > 0 else "'-infinity'::DOUBLE"
    return f"{value!r}::DOUBLE"
