"""A bench that is killed while it holds a real stack broken: the stack is whole again with nobody's help."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tfbench.faults.undo import UndoRecords
from tfbench.platforms.stack import Stack

BENCH = """
import os, sys, time
from pathlib import Path
from tfbench.faults.reaper import Reaper
from tfbench.faults.registry import FAULTS
from tfbench.faults.undo import UndoRecords
from tfbench.model import FaultSpec
from tfbench.platforms.engine import require_engine
from tfbench.platforms.stack import Stack

runs, root = Path(sys.argv[1]), Path(os.environ["TFBENCH_TEST_ROOT"])
stack, records = Stack(require_engine(), root), UndoRecords(runs)
with Reaper(runs, root) as reaper:
    for kind, target in (("pause", "app3:one"), ("kill", "correo")):
        undo = FAULTS[kind].arm(FaultSpec(f"{kind}-of-a-test", kind, target, ()), stack)
        records.write(undo)
        FAULTS[kind].inject(undo, stack)
    print(reaper.pid, flush=True)
    time.sleep(600)
"""
DEADLINE_S = 120


def test_a_bench_that_is_killed_leaves_a_stack_that_becomes_whole_by_itself(
    whole: Stack, tmp_path: Path, environment: dict[str, str], until: Callable[..., Any]
) -> None:
    records = UndoRecords(tmp_path)
    bench = subprocess.Popen(
        [sys.executable, "-c", BENCH, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment,
        start_new_session=True,
    )  # fmt: skip
    try:
        assert bench.stdout
        pidfd = os.pidfd_open(int(bench.stdout.readline()))
        states = whole.states()
        assert (states["app3-1"], states["correo"]) == ("paused", "exited")
        assert len(records.pending()) == 2
        os.killpg(bench.pid, signal.SIGKILL)
        until("every container to run", lambda: set(whole.states().values()) == {"running"}, DEADLINE_S)
        whole.wait_healthy()
        until("the records to be gone", lambda: records.pending() == [])
        assert select.select([pidfd], [], [], DEADLINE_S)[0], "the reaper ends when it has healed"
        os.close(pidfd)
    finally:
        bench.kill()
        bench.communicate()
    log = (tmp_path / ".undo" / "reaper.log").read_text()
    assert "pending: kill-of-a-test, pause-of-a-test" in log
    assert "healed kill of correo (correo)" in log
    assert "healed pause of app3:one (app3-1)" in log


def test_records_of_an_earlier_stack_are_dropped(whole: Stack, tmp_path: Path) -> None:
    records = UndoRecords(tmp_path)
    records.folder.mkdir()
    record = {"fault": "old", "type": "kill", "target": "correo", "containers": {"correo": "0" * 64}, "details": {}}
    (records.folder / "old.json").write_text(json.dumps(record))
    assert records.heal_all(whole) == ["healed kill of correo (correo)"]
    assert records.pending() == []
