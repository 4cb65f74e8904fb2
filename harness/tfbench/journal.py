"""`journal.jsonl`: what the bench did and saw, one JSON object a line, in the order it happened.

    {"t": epoch seconds, "kind": "fault", ...the kind's fields; see docs/run-folder.md}

A line is one `write()` to a file opened for appending, so the bench and a healer may write the same journal.
A fault record is on the disk (fsync) when `record` returns; others survive the death of the process, not of
the host.
"""

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from tfbench.clock import Clock

DURABLE_KINDS = frozenset({"fault", "interrupted"})


class Journal:
    """Appends records; safe to share between threads."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        torn = _ends_torn(path)
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        if torn:  # a writer died inside a line: close that line, so that ours is not glued to it
            os.write(self._fd, b"\n")
        _sync_folder(path.parent)

    def record(self, kind: str, *, t: float | None = None, **fields: Any) -> dict[str, Any]:
        """Append one record, `t` being now unless told; return it as written."""
        entry = {"t": self._clock.now() if t is None else t, "kind": kind, **fields}
        line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            _write_all(self._fd, line)
            if kind in DURABLE_KINDS:
                os.fsync(self._fd)
        return entry

    def close(self) -> None:
        with self._lock:
            os.fsync(self._fd)
            os.close(self._fd)

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class JournalContents:
    """A journal as read: its records in file order, and how many lines could not be read."""

    records: tuple[dict[str, Any], ...]
    torn: int

    def of_kind(self, kind: str) -> Iterator[dict[str, Any]]:
        return (record for record in self.records if record["kind"] == kind)


def read_journal(path: Path) -> JournalContents:
    """Read a journal, also one that is still being written or whose writer died inside a line."""
    records: list[dict[str, Any]] = []
    torn = 0
    with path.open("rb") as lines:
        for line in lines:
            record = _parse(line)
            if record is not None:
                records.append(record)
            elif line.strip():
                torn += 1
    return JournalContents(tuple(records), torn)


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:  # a torn line; UnicodeDecodeError is one too
        return None
    return record if isinstance(record, dict) and "t" in record and "kind" in record else None


def _ends_torn(path: Path) -> bool:
    if not path.exists() or path.stat().st_size == 0:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def _sync_folder(folder: Path) -> None:
    """Make the file's name durable too: a synced file in an unsynced folder can be gone after a crash."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
