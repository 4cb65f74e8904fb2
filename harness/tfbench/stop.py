"""The bench that runs in this workspace, as another terminal finds it, and asks it to end as Ctrl-C would.

    run --announce()--> reports/out/.running {pid, started, boot, run} --find()--> Bench --ask()--> SIGINT
                                                                                 gone: its process has ended

A process id is used again once its process has gone, so the file says when the process started (clock ticks since
boot, and which boot): only a process that started then is the bench. A file left by a bench that was killed says
nothing.
"""

import atexit
import json
import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tfbench.errors import UsageError

FILE = ".running"
_BOOT = Path("/proc/sys/kernel/random/boot_id")
# proc(5): the start time is field 22 of stat, the 20th after the command's closing parenthesis.
_START_FIELD = 19


@dataclass(frozen=True, slots=True)
class Bench:
    """A running bench: a descriptor of its process, which stays its own whatever becomes of the number."""

    pid: int
    run_dir: Path | None
    pidfd: int

    def ask(self) -> None:
        """Ask it to end, as Ctrl-C there."""
        try:
            signal.pidfd_send_signal(self.pidfd, signal.SIGINT)
        except ProcessLookupError:
            return  # it ended by itself meanwhile
        except PermissionError as error:
            raise UsageError(f"the bench (process {self.pid}) is another user's; ask as that user, or root") from error

    def is_gone(self, within_s: float) -> bool:
        """Whether its process has ended, waiting for that at most so long."""
        poll = select.poll()
        poll.register(self.pidfd, select.POLLIN)
        return bool(poll.poll(within_s * 1000))


def announce(runs: Path, run_dir: Path | None = None) -> None:
    """From now on until this process ends, `find(runs)` finds it, and the run that it is at."""
    run = None if run_dir is None else str(run_dir.absolute())
    facts = {"pid": os.getpid(), "started": _started(os.getpid()), "boot": _boot(), "run": run}
    runs.mkdir(parents=True, exist_ok=True)
    partial = runs / f"{FILE}.{os.getpid()}"
    partial.write_text(json.dumps(facts), encoding="utf-8")
    partial.replace(runs / FILE)
    atexit.register(withdraw, runs)


def withdraw(runs: Path) -> None:
    """Take this process's announcement back, unless another bench has made its own since."""
    facts = _read(runs / FILE)
    if facts is not None and facts[0] == os.getpid():
        (runs / FILE).unlink(missing_ok=True)


@contextmanager
def find(runs: Path) -> Iterator[Bench | None]:
    """The bench that runs there, or None: there is no file, it cannot be read, or its process is not the one it was."""
    facts = _read(runs / FILE)
    pidfd = None if facts is None else _open(*facts[:3])
    if facts is None or pidfd is None:
        yield None
        return
    try:
        yield Bench(facts[0], facts[3], pidfd)
    finally:
        os.close(pidfd)


def _read(file: Path) -> tuple[int, int, str, Path | None] | None:
    try:
        facts = json.loads(file.read_bytes())
        pid, started, boot = int(facts["pid"]), int(facts["started"]), str(facts["boot"])
        run_dir = None if facts["run"] is None else Path(facts["run"])
    except (OSError, ValueError, TypeError, KeyError, OverflowError):
        return None
    # Signals to 0 and to negative numbers go to whole groups of processes.
    return (pid, started, boot, run_dir) if pid > 0 else None


def _open(pid: int, started: int, boot: str) -> int | None:
    """A descriptor of the process, checked after it was opened: from then on the number cannot go to another."""
    with suppress(OSError, OverflowError):
        pidfd = os.pidfd_open(pid)
        with suppress(OSError, ValueError, IndexError):
            if _started(pid) == started and _boot() == boot:
                return pidfd
        os.close(pidfd)
    return None


def _started(pid: int) -> int:
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    return int(stat.rpartition(")")[2].split()[_START_FIELD])


def _boot() -> str:
    return _BOOT.read_text(encoding="ascii").strip()
