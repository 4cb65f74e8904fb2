"""`tfbench stop` on a process that is announced as a bench is: asked to end, it heals, and is waited for."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner, Result
from tfbench import cli_stop
from tfbench.errors import PlatformError, ResidueError
from tfbench.stop import FILE, withdraw
from tfbench.workspace import Workspace

HARNESS = Path(__file__).parents[3] / "harness"
READY_S = 60.0
# A bench of nothing but its ending: announced, it waits for its interruption, and then heals.
BENCH = """
import sys, time
from pathlib import Path
from tfbench.interrupts import one_interrupt
from tfbench.stop import announce
runs = Path(sys.argv[1])
with one_interrupt(print):
    announce(runs, runs / "caida-app2" / "now")
    try:
        print("ready", flush=True)
        time.sleep(600)
    except KeyboardInterrupt:
        (runs / ".undo" / "kill-app2.json").unlink()
        sys.exit(130)
"""


@contextmanager
def bench(runs: Path, program: str = BENCH) -> Iterator[subprocess.Popen[str]]:
    """A process that is announced in `runs` as a bench is, with a fault that is not healed yet."""
    (runs / ".undo").mkdir(parents=True)
    (runs / ".undo" / "kill-app2.json").write_text("{}")
    with subprocess.Popen(
        [sys.executable, "-c", program, str(runs)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(HARNESS)},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def stop(runs: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli_stop.stop, arguments, obj=lambda: Workspace(runs.parent, runs))


def test_the_bench_is_interrupted_heals_and_is_waited_for(tmp_path: Path) -> None:
    with bench(tmp_path) as process:
        outcome = stop(tmp_path)
        assert (outcome.exit_code, process.wait(READY_S)) == (0, 130)
    assert outcome.stdout == f"Stopped, and healed. What was recorded: {tmp_path / 'caida-app2' / 'now'}\n"
    assert not (tmp_path / FILE).exists()
    assert not list((tmp_path / ".undo").iterdir())


def test_a_bench_that_leaves_something_broken_is_told(tmp_path: Path) -> None:
    with bench(tmp_path, BENCH.replace('(runs / ".undo" / "kill-app2.json").unlink()', "pass")):
        outcome = stop(tmp_path)
    assert isinstance(outcome.exception, ResidueError)
    assert "kill-app2" in str(outcome.exception)
    assert "tfbench heal" in str(outcome.exception)


def test_a_bench_that_takes_longer_than_asked_is_told(tmp_path: Path) -> None:
    with bench(tmp_path, BENCH.replace("sys.exit(130)", "time.sleep(600)")):
        outcome = stop(tmp_path, "--timeout", "1")
    assert isinstance(outcome.exception, PlatformError)
    assert "still there after 1 s" in str(outcome.exception)


def test_a_file_of_a_killed_bench_finds_nothing_even_when_its_number_is_another_process_s(tmp_path: Path) -> None:
    with bench(tmp_path) as process:
        process.kill()
        process.wait(READY_S)
    assert (tmp_path / FILE).exists()
    assert stop(tmp_path).stdout == "Nothing is running here.\n"
    facts = json.loads((tmp_path / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps(facts | {"pid": os.getpid()}))  # the number is used again: by this test
    signalled: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: signalled.append(number))
    try:
        assert stop(tmp_path).stdout == "Nothing is running here.\n"
    finally:
        signal.signal(signal.SIGINT, before)
    assert signalled == []


def test_a_bench_that_ends_leaves_the_announcement_of_a_later_one(tmp_path: Path) -> None:
    with bench(tmp_path):
        before = (tmp_path / FILE).read_bytes()
        withdraw(tmp_path)
        assert (tmp_path / FILE).read_bytes() == before
