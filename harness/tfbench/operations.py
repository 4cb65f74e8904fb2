"""What the clients saw: one row an operation (docs/run-folder.md), appended as it ends, compacted after (segments.py).

    load process -> OperationWriter -> operations/<start>-w<worker>-<pid>-<n>.ndjson   (the last line may be torn)
                                       -> operations.parquet

What a row has no value for is left out of its line. A killed writer loses the rows of its last half second, never an
earlier one. A restarted one never appends to an old segment.
"""

import json
import operator
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

SEGMENTS = "operations"
PARQUET = "operations.parquet"
FLUSH_S = 0.5
ROWS_PER_SEGMENT = 100_000

COLUMNS = {
    "op": "VARCHAR",
    "flow": "BIGINT",
    "arrival": "VARCHAR",
    "first": "BOOLEAN",
    "t_intended": "DOUBLE",
    "t_start": "DOUBLE",
    "t_end": "DOUBLE",
    "outcome": "VARCHAR",
    "status": "INTEGER",
    "error": "VARCHAR",
    "evento": "VARCHAR",
    "sector": "VARCHAR",
    "asientos": "BIGINT[]",
    "retencion_id": "VARCHAR",
    "orden_id": "VARCHAR",
    "clave": "VARCHAR",
    "read_success": "BOOLEAN",
    "ticket_state": "VARCHAR",
    "source": "VARCHAR",
}


@dataclass(slots=True)
class Operation:
    """One operation of one buyer. Times are epoch seconds; its latency is `t_end - t_intended`.

    Nobody changes one. It isn't frozen because making it would take five times as long, once for each operation.
    """

    op: str
    flow: int
    arrival: str
    first: bool
    t_intended: float
    t_start: float
    t_end: float
    outcome: str
    status: int
    error: str | None = None
    evento: str | None = None
    sector: str | None = None
    asientos: tuple[int, ...] | None = None
    retencion_id: str | None = None
    orden_id: str | None = None
    clave: str | None = None
    read_success: bool | None = None
    ticket_state: str | None = None
    source: str | None = None


_values = operator.attrgetter(*COLUMNS)
# Made once: `json.dumps` would make one a call.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class OperationWriter:
    """Appends operations to segments; a thread (a greenlet under gevent) flushes every `FLUSH_S`."""

    def __init__(self, run_dir: Path, rows_per_segment: int = ROWS_PER_SEGMENT, worker: int = 0) -> None:
        self._folder = run_dir / SEGMENTS
        self._folder.mkdir(parents=True, exist_ok=True)
        self._prefix = f"{time.time_ns()}-w{worker}-{os.getpid()}"
        self._rows_per_segment = rows_per_segment
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._segments = 0
        self._rows_in_segment = 0
        self._file = self._next_segment()
        self._flusher = threading.Thread(target=self._flush_until_closed, name="operations-flush", daemon=True)
        self._flusher.start()

    def write(self, operation: Operation) -> None:
        """Append one row; it is in the operating system's hands at most `FLUSH_S` later."""
        row = {name: value for name, value in zip(COLUMNS, _values(operation), strict=True) if value is not None}
        line = _encode(row)
        with self._lock:
            if self._rows_in_segment >= self._rows_per_segment:
                self._file.close()
                self._file = self._next_segment()
            self._file.write(line + "\n")
            self._rows_in_segment += 1

    def close(self) -> None:
        """Flush, sync and close; nothing may be written after it."""
        self._closed.set()
        self._flusher.join()
        with self._lock:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def __enter__(self) -> "OperationWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _next_segment(self) -> IO[str]:
        self._segments += 1
        self._rows_in_segment = 0
        path = self._folder / f"{self._prefix}-{self._segments:04}.ndjson"
        return path.open("x", encoding="utf-8", buffering=1 << 16)

    def _flush_until_closed(self) -> None:
        while not self._closed.wait(FLUSH_S):
            with self._lock:
                self._file.flush()
