"""A portal process to load and to freeze, and the load process as the bench starts it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tfbench.clock import Clock
from tfbench.load.config import LoadConfig
from tfbench.segments import compact

HARNESS = Path(__file__).parents[3] / "harness"
FAKE_PORTAL = Path(__file__).with_name("fake_portal.py")


@dataclass
class Portal:
    process: subprocess.Popen[str]
    base_url: str

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@pytest.fixture
def start_portal() -> Iterator[Callable[..., Portal]]:
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> Portal:
        process = subprocess.Popen([sys.executable, str(FAKE_PORTAL), *arguments], stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        return Portal(process, f"http://127.0.0.1:{int(process.stdout.readline())}")

    yield start
    for process in started:
        process.kill()
        process.communicate()


@dataclass
class Load:
    """A load process: its stdout lines as they come, and its rows once it ended."""

    process: subprocess.Popen[str]
    config: LoadConfig
    clock: Clock
    lines: list[dict[str, Any]] = field(default_factory=list)

    def read_until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            self.lines.append(json.loads(text))
            if wanted(self.lines[-1]):
                return self.lines[-1]
        pytest.fail(f"the load ended without the line waited for: {self.lines}")

    def start_at(self) -> float:
        """Wait for the load to be ready; when its plan starts."""
        return float(self.read_until(lambda line: line["state"] == "ready")["start_at"])

    def sleep_until(self, t: float) -> None:
        time.sleep(max(t - self.clock.now(), 0))

    def finish(self, timeout_s: float = 30) -> dict[str, Any]:
        """Wait for a clean end; its totals."""
        totals = self.read_until(lambda line: line["state"] == "done")
        assert self.process.wait(timeout_s) == 0
        return totals

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Query the rows, as `ops`."""
        path = compact(self.config.run_dir).path
        duckdb.execute(f"CREATE OR REPLACE TEMP VIEW ops AS FROM read_parquet('{path}')")
        return duckdb.execute(sql).fetchall()


@pytest.fixture
def start_load(tmp_path: Path) -> Iterator[Callable[..., Load]]:
    started: list[subprocess.Popen[str]] = []

    def start(portal: Portal, **settings: Any) -> Load:
        clock = Clock.start()
        defaults = {"seed": 7, "rate_per_s": 100, "mix": {"catalogue": 1.0}, "run_dir": tmp_path / "run"}
        asked = {"base_url": portal.base_url, "clock_offset": clock.offset, **defaults, **settings}
        config = LoadConfig(**asked)
        path = tmp_path / "load.json"
        path.write_text(config.to_json())
        process = subprocess.Popen(
            [sys.executable, "-m", "tfbench.load", "--config", str(path)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(HARNESS)},
        )
        started.append(process)
        return Load(process, config, clock)

    yield start
    for process in started:
        process.kill()
        process.communicate()
