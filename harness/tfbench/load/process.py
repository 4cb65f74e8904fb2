"""The load process as the bench holds it: started, watched, stopped.

It runs in a session of its own, so that Ctrl-C in the terminal reaches the bench alone, which stops it in
order.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from tfbench.errors import LoadError
from tfbench.load.config import LoadConfig
from tfbench.load.ownfile import COPY

STOP_DEADLINE_S = 30.0
POLL_S = 0.02


class LoadProcess:
    """`python -m tfbench.load` (or another `module` that takes its configuration) and the last figures it printed."""

    def __init__(self, config: LoadConfig, log: Path, module: str = "tfbench.load") -> None:
        file = config.run_dir / "load.json"
        file.write_text(config.to_json(), encoding="utf-8")
        if config.locustfile is not None:
            (config.run_dir / COPY).write_bytes(config.locustfile.encode())
        self._log_path = log
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, "--config", str(file)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log, start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )  # fmt: skip
        self.figures: dict[str, Any] = {}
        self.begins_at = 0.0  # when its plan's second 0 is, once it said so
        self._reader = threading.Thread(target=self._read, name="load-figures", daemon=True)
        self._reader.start()

    def check(self) -> None:
        """Raise `LoadError` when the process is gone before it was told to stop."""
        code = self._process.poll()
        if code is not None:
            tail = "\n".join(self._log_path.read_text(errors="replace").splitlines()[-8:])
            raise LoadError(f"the load process ended by itself with code {code}:\n{tail}")

    def wait_playing(self, deadline_s: float) -> None:
        """Until its plan has begun. Raises `LoadError` when it ends before, or has not begun by the deadline."""
        until = time.monotonic() + deadline_s
        while not self.figures:
            self.check()
            if time.monotonic() > until:
                raise LoadError(f"the load process has not begun after {deadline_s:g} s; its log: {self._log_path}")
            time.sleep(POLL_S)

    def finish(self, deadline_s: float) -> dict[str, Any]:
        """Wait until a plan that ends has ended; the totals. Raises `LoadError` when it takes longer, or ends badly."""
        try:
            code = self._process.wait(deadline_s)
        except subprocess.TimeoutExpired as error:
            raise LoadError(f"the load has not ended after {deadline_s:g} s; its log: {self._log_path}") from error
        self._reader.join(timeout=5)
        if code != 0 or self.figures.get("state") != "done":
            self.check()
        return self.figures

    def stop(self) -> dict[str, Any]:
        """No new arrivals; those in flight end; returns the totals it printed last."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(timeout=5)
        return self.figures

    def __enter__(self) -> "LoadProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._process.stdout is not None and not self._reader.is_alive():
            self._process.stdout.close()
        self._log.close()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            try:
                figures = json.loads(line)
            except ValueError:
                self._log.write(line)
                continue
            self.begins_at = figures.get("start_at", self.begins_at)
            self.figures = figures
