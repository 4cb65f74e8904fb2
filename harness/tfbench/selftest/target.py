"""The small server as the selftest holds it: started, told to be ill, asked what truly happened."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from tfbench.clock import Clock
from tfbench.errors import PlatformError

ANSWER_S = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Shares (0..1) of each path's requests that fail, or take `slow_s`; drawn from the seed."""

    seed: int
    fail: Mapping[str, float] = field(default_factory=dict)
    slow: Mapping[str, float] = field(default_factory=dict)
    slow_s: float = 0.0


class Target:
    """A server process. Every event it reports carries the time of the run's clock."""

    def __init__(self, plan: Plan, clock: Clock, folder: Path) -> None:
        file = folder / "server.json"
        values = {"clock_offset": clock.offset, "seed": plan.seed, "fail": dict(plan.fail), "slow": dict(plan.slow)}
        file.write_text(json.dumps(values | {"slow_s": plan.slow_s}), encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tfbench.selftest.server", str(file)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )  # fmt: skip
        self._events: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, name="selftest-server", daemon=True)
        self._reader.start()
        self.base_url = f"http://127.0.0.1:{self.next_event('ready')['port']}"

    def command(self, do: str, for_s: float, slow_s: float = 0.0) -> None:
        """Tell it to be ill for so long."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, "for_s": for_s, "slow_s": slow_s}) + "\n")
        self._process.stdin.flush()

    def next_event(self, expected: str) -> dict[str, Any]:
        """Its next event, which must be this one."""
        try:
            event = self._events.get(timeout=ANSWER_S)
        except queue.Empty:
            raise PlatformError(f"the selftest's server did not say {expected!r} within {ANSWER_S:g} s") from None
        if event["event"] != expected:
            raise PlatformError(f"the selftest's server said {event!r} instead of {expected!r}")
        return event

    def finish(self) -> dict[str, Any]:
        """End it; what it served and failed, by path."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self.next_event("sent")

    def __enter__(self) -> "Target":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._events.put(json.loads(line))
        self._events.put({"event": "gone", "code": self._process.wait()})
