"""Several load processes against one portal: together they play the one plan, and one that is lost is told."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tfbench.load.arrivals import plan
from tfbench.load.config import Crew

from .conftest import HARNESS, Load, Portal

StartPortal = Callable[..., Portal]
StartLoad = Callable[..., Load]
JoinFrom = Callable[[int, Path], "subprocess.Popen[str]"]
DEADLINE_S = 60.0


def planned_flows(load: Load) -> list[int]:
    config = load.config
    return [a.flow for a in plan(config.arrivals, config.rate_per_s, config.mix, config.seed, config.duration_s)]


def flows_on_disk(load: Load) -> list[int]:
    return [flow for (flow,) in load.query("SELECT flow FROM ops WHERE first ORDER BY flow")]


def segments(load: Load) -> set[str]:
    """The workers that left a segment in the run folder."""
    return {path.name.split("-")[1] for path in (load.config.run_dir / "operations").glob("*.ndjson")}


def children(process: "subprocess.Popen[str]") -> list[int]:
    tasks = Path(f"/proc/{process.pid}/task").glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text().split()]


def wait_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline, f"still there: {pids}"
        time.sleep(0.05)


def test_workers_play_one_plan_together(start_portal: StartPortal, start_load: StartLoad) -> None:
    load = start_load(start_portal(), duration_s=4, crew=Crew(3))
    totals = load.finish(DEADLINE_S)
    assert flows_on_disk(load) == planned_flows(load)
    assert segments(load) == {"w0", "w1", "w2"}
    assert totals["trouble"] is None
    assert totals["offered"] == totals["delivered"] == totals["operations"] == len(planned_flows(load))
    assert totals["outcomes"] == {"catalogue": {"ok": totals["offered"]}}
    running = [line for line in load.lines if line["state"] == "running"]
    assert running
    assert [line["offered"] for line in running] == sorted(line["offered"] for line in running)


def test_first_operations_are_intended_when_the_plan_says(start_portal: StartPortal, start_load: StartLoad) -> None:
    load = start_load(start_portal(), duration_s=3, crew=Crew(2))
    start_at = load.start_at()
    load.finish(DEADLINE_S)
    config = load.config
    due = [start_at + a.at_s for a in plan("poisson", config.rate_per_s, config.mix, config.seed, config.duration_s)]
    rows = load.query("SELECT t_intended FROM ops WHERE first ORDER BY flow")
    assert [t for (t,) in rows] == pytest.approx(due, abs=0.005)


def test_stop_ends_all_of_them_and_loses_nothing(start_portal: StartPortal, start_load: StartLoad) -> None:
    load = start_load(start_portal(), duration_s=300, crew=Crew(2))
    load.sleep_until(load.start_at() + 2)
    load.process.send_signal(signal.SIGTERM)
    totals = load.finish(DEADLINE_S)
    assert totals["trouble"] is None
    assert totals["in_flight"] == 0
    assert len(flows_on_disk(load)) == totals["offered"] == totals["delivered"] > 100


def test_worker_that_dies_is_told_and_the_others_halt(start_portal: StartPortal, start_load: StartLoad) -> None:
    load = start_load(start_portal(), duration_s=300, crew=Crew(2))
    load.sleep_until(load.start_at() + 1)
    workers = children(load.process)
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    totals = load.read_until(lambda line: line["state"] == "done")
    assert totals["trouble"] == "a worker process ended by itself with code -9"
    assert load.process.wait(DEADLINE_S) == 1
    wait_gone(workers)


def test_workers_end_when_their_master_is_killed(start_portal: StartPortal, start_load: StartLoad) -> None:
    load = start_load(start_portal(), duration_s=300, crew=Crew(2))
    load.sleep_until(load.start_at() + 2)
    workers = children(load.process)
    load.process.kill()
    load.process.wait(DEADLINE_S)
    wait_gone(workers)
    flows = flows_on_disk(load)
    assert len(flows) > 100
    assert len(set(flows)) == len(flows)
    assert set(flows) < set(planned_flows(load))


@pytest.fixture
def join_from() -> Iterator[JoinFrom]:
    """Starts a worker as a person would on another machine, with another folder for its temporary files."""
    started: list[subprocess.Popen[str]] = []

    def join(port: int, there: Path) -> "subprocess.Popen[str]":
        there.mkdir()
        process = subprocess.Popen(
            [sys.executable, "-m", "tfbench.load.worker", "--master-host", "127.0.0.1", "--master-port", str(port)],
            env=os.environ | {"PYTHONPATH": str(HARNESS), "TMPDIR": str(there)},
            text=True,
        )
        started.append(process)
        return process

    yield join
    for process in started:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_workers_from_elsewhere_send_their_history(
    start_portal: StartPortal, start_load: StartLoad, join_from: JoinFrom, tmp_path: Path
) -> None:
    port = free_port()
    load = start_load(start_portal(), duration_s=4, crew=Crew(2, "127.0.0.1", port))
    workers = [join_from(port, tmp_path / name) for name in ("one", "other")]
    totals = load.finish(DEADLINE_S)
    assert [worker.wait(DEADLINE_S) for worker in workers] == [0, 0]
    assert totals["trouble"] is None
    assert segments(load) == {"w0", "w1"}
    assert flows_on_disk(load) == planned_flows(load)
    kept = {path.name for path in tmp_path.glob("*/tfbench-worker-*/operations/*.ndjson")}
    assert kept == {path.name for path in (load.config.run_dir / "operations").iterdir()}


def test_worker_without_a_system_to_load_is_told(start_load: StartLoad) -> None:
    nobody = Portal(subprocess.Popen(["true"], text=True), f"http://127.0.0.1:{free_port()}")
    nobody.process.wait()
    load = start_load(nobody, duration_s=4, crew=Crew(2), ready_timeout_s=1.0)
    assert load.process.wait(DEADLINE_S) == 1
