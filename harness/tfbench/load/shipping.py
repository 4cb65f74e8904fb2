"""A worker's history on its way from another machine: segments as they grow there, the same bytes here.

    worker  operations/*.ndjson -> Shipper.ship() -> message `rows` {segment, data} -> keep_rows  master's run folder

A worker that is gone leaves what it had sent until half a second before, its last line perhaps torn: as one that was
killed here does.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import gevent

from tfbench.operations import SEGMENTS

_SHIP_EVERY_S = 0.5
_MOST_BYTES = 1 << 20


class Shipper:
    """Sends what was appended to the segments of a folder since it last looked."""

    def __init__(self, run_dir: Path, send: Callable[[Mapping[str, Any]], None]) -> None:
        self._folder = run_dir / SEGMENTS
        self._send = send
        self._sent: dict[str, int] = {}

    def keep_shipping(self) -> NoReturn:
        """Send what there is, every half second."""
        while True:
            gevent.sleep(_SHIP_EVERY_S)
            self.ship()

    def ship(self) -> None:
        """Send all that there is by now."""
        for path in sorted(self._folder.glob("*.ndjson")):
            with path.open("rb") as segment:
                segment.seek(self._sent.get(path.name, 0))
                while data := segment.read(_MOST_BYTES):
                    self._send({"segment": path.name, "data": data})
                self._sent[path.name] = segment.tell()


def keep_rows(run_dir: Path, message: Mapping[str, Any]) -> None:
    """Append what a worker sent to the segment of the same name."""
    folder = run_dir / SEGMENTS
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / Path(message["segment"]).name).open("ab") as segment:
        segment.write(message["data"])
