"""The reaper: heals when the bench cannot, because it crashed or was killed.

    bench --with Reaper(...)--> holds the write end of a pipe, and nobody else does
    reaper, in a session of its own --> reads; end of file: the bench is gone -> heal what is pending, exit

The kernel closes the pipe however the bench ends. The end that the bench holds is not inherited by the processes that
it starts (PEP 446), so a load process or a docker-compose that outlives it does not keep the reaper waiting. After an
orderly end nothing is pending, and the reaper goes away at once. What it did is in `reports/out/.undo/reaper.log`.
It does not outlive the host: after a reboot, the next run heals, or `tfbench heal`.
"""

import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import docker

from tfbench.errors import FaultError, PlatformError, TfbenchError
from tfbench.faults.undo import UndoRecords
from tfbench.platforms.engine import connect
from tfbench.platforms.stack import Stack

READY = b"ready\n"
READY_DEADLINE_S = 60.0
ENGINE_DEADLINE_S = 60.0
EXIT_DEADLINE_S = 5.0


class Reaper:
    """A reaper for as long as the context lasts. Raises `FaultError` when it does not start."""

    def __init__(self, runs: Path, root: Path) -> None:
        self._arguments = [str(runs.absolute()), str(root.absolute())]
        self.log = UndoRecords(runs.absolute()).folder / "reaper.log"

    def __enter__(self) -> "Reaper":
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tfbench.faults.reaper", *self._arguments],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True, cwd="/",
                env={**os.environ, "PYTHONPATH": os.pathsep.join(os.path.abspath(p) for p in sys.path if p)},
            )  # fmt: skip
        if not self._is_ready():
            self._process.kill()
            self.__exit__(None, None, None)
            raise FaultError(f"the reaper, which heals should the bench die, did not start; see {self.log}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin, "it is a pipe"
        assert self._process.stdout, "it is a pipe"
        self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):  # the bench left something pending: leave the reaper to it
            self._process.wait(EXIT_DEADLINE_S)
        self._process.stdout.close()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def _is_ready(self) -> bool:
        assert self._process.stdout, "it is a pipe"
        readable, _, _ = select.select([self._process.stdout], [], [], READY_DEADLINE_S)
        return bool(readable) and self._process.stdout.readline() == READY


def main() -> None:
    """`python -m tfbench.faults.reaper RUNS ROOT`, started by the bench."""
    runs, root = (Path(argument) for argument in sys.argv[1:])
    # Whoever ends the bench's whole process tree must not end this with it: it goes when the bench has gone.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    sys.stdin.buffer.read()
    sys.exit(reap(runs, root))


def reap(runs: Path, root: Path) -> int:
    """Heal what is pending; the exit code. Says what it does on stderr, which is the log."""
    records = UndoRecords(runs)
    if not records.pending():
        return 0
    _say(f"the bench is gone; pending: {', '.join(path.stem for path in records.pending())}")
    try:
        lines = records.heal_all(Stack(_engine(), root))
    except TfbenchError as error:
        _say(str(error))
        return error.exit_code
    for line in lines:
        _say(line)
    return 0


def _engine() -> docker.DockerClient:
    deadline = time.monotonic() + ENGINE_DEADLINE_S
    while (client := connect()) is None:
        if time.monotonic() >= deadline:
            raise PlatformError(f"no Docker engine answered within {ENGINE_DEADLINE_S:.0f} s: nothing could be healed")
        time.sleep(0.5)
    return client


def _say(line: str) -> None:
    print(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
