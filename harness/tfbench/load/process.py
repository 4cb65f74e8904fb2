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
from pathlib import Path
from types import TracebackType
from typing import Any

from tfbench.errors import LoadError
from tfbench.load.config import LoadConfig

STOP_DEADLINE_S = 30.0


class LoadProcess:
    """`python -m tfbench.load` and the last figures it printed."""

    def __init__(self, config: LoadConfig, log: Path) -> None:
        file = config.run_dir / "load.json"
        file.write_text(config.to_json(), encoding="utf-8")
        self._log_path = log
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tfbench.load", "--config", str(file)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log, start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )  # fmt: skip
        self.figures: dict[str, Any] = {}
        self._reader = threading.Thread(target=self._read, name="load-figures", daemon=True)
        self._reader.start()

    def check(self) -> None:
        """Raise `LoadError` when the process is gone before it was told to stop."""
        code = self._process.poll()
        if code is not None:
            tail = "\n".join(self._log_path.read_text(errors="replace").splitlines()[-8:])
            raise LoadError(f"the load process ended by itself with code {code}:\n{tail}")

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
        self._log.close()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            try:
                self.figures = json.loads(line)
            except ValueError:
                self._log.write(line)
