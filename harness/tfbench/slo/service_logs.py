"""The services' own events, read from the logs that a run keeps: `logs/SERVICE.log`, one line each.

    ENGINE-STAMP {"time": ..., "msg": "nuevo_lider", "lider": ...}    services in Go
    ENGINE-STAMP {"ts": ..., "evento": "consumiendo", ...}            services in Python
    ENGINE-STAMP 2026-11-24 12:56:38,906 INFO: promoted self ...      Patroni, PostgreSQL: a text, UTC
    ENGINE-STAMP Server app3/app3-1 is DOWN, ...                      anybody else: a text

An event has the time that its service wrote, to the millisecond at least; else that at which the engine got the line,
which a loaded machine makes late. All are the wall clock of the machine that the stack runs on.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_OWN_TIME = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)[.,](\d{3})\b")


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One line of a log: `name` is the event's, or the whole text, without fields, where a service writes text."""

    t: float
    service: str
    name: str
    fields: dict[str, Any]

    def is_a(self, name: str, fields: dict[str, Any]) -> bool:
        """Whether it has this name, or this text in its own, and these fields."""
        is_named = self.name == name if self.fields else name in self.name
        return is_named and all(self.fields.get(key) == value for key, value in fields.items())


class ServiceLogs:
    """The logs of one run. Each is read once for the same events, however many recoveries ask for them.

    Without a folder the run kept none.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._read: dict[tuple[str, tuple[str, ...]], list[LogEvent]] = {}

    def services(self, pattern: str) -> list[str]:
        """The services that have a log, of those whose names match a pattern such as `app1-*`."""
        return [] if self._folder is None else sorted(path.stem for path in self._folder.glob(f"{pattern}.log"))

    def events(self, service: str, names: tuple[str, ...]) -> list[LogEvent]:
        """The events of these names in a service's log, in time order; none where it has no log."""
        if (service, names) not in self._read:
            path = None if self._folder is None else self._folder / f"{service}.log"
            self._read[service, names] = read_events(path, names) if path is not None and path.is_file() else []
        return self._read[service, names]


def read_events(path: Path, names: tuple[str, ...]) -> list[LogEvent]:
    """The events of these names in one log, in time order; lines that are torn are left out."""
    # Most of a log is something else: a line is parsed only when it may be one of these.
    with path.open(encoding="utf-8", errors="replace") as lines:
        read = [_event(path.stem, line) for line in lines if any(name in line for name in names)]
    found = [event for event in read if event is not None and any(event.is_a(name, {}) for name in names)]
    return sorted(found, key=lambda event: event.t)


def _event(service: str, line: str) -> LogEvent | None:
    stamp, _, rest = line.strip().partition(" ")
    try:
        if not rest.startswith("{"):
            return LogEvent(_own_time(rest) or epoch_s(stamp), service, rest, {})
        fields = dict(json.loads(rest))
        return LogEvent(
            epoch_s(str(fields.get("time") or fields["ts"])),
            service,
            str(fields.get("msg") or fields["evento"]),
            fields,
        )
    except (ValueError, KeyError, TypeError):
        return None


def epoch_s(text: str) -> float:
    """Epoch seconds of a time in RFC 3339; what has no offset is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _own_time(text: str) -> float | None:
    found = _OWN_TIME.match(text)
    return epoch_s(f"{found[1]}.{found[2]}") if found else None
