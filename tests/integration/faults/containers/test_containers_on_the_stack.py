"""Faults of containers on a real stack: seen from outside, healed, healed again, healed by another process."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tfbench.faults.pause import Pause, thaw
from tfbench.faults.registry import FAULTS
from tfbench.faults.undo import mend

HEAL_ALL = """
import os, sys
from pathlib import Path
from tfbench.faults.undo import UndoRecords
from tfbench.platforms.engine import require_engine
from tfbench.platforms.stack import Stack
stack = Stack(require_engine(), Path(os.environ["TFBENCH_TEST_ROOT"]))
print("\\n".join(UndoRecords(Path(sys.argv[1])).heal_all(stack)))
"""
BUSY = "timeout 20 sh -c 'while :; do :; done'"


def restarts_by_itself(stack: Any, service: str) -> int:
    return int(stack.container(service).attrs["RestartCount"])


@pytest.mark.parametrize(
    ("kind", "parameters", "target", "observations"),
    [
        ("kill", {}, "correo", ["containers-exited", "service-down"]),
        ("stop", {"grace_s": 10}, "correo", ["containers-exited", "service-down"]),
        ("stop", {"grace_s": 0}, "app3:one", ["containers-exited", "service-down"]),
        ("pause", {}, "app3:one", ["containers-paused", "service-down"]),
        ("pause", {}, "middleware", ["containers-paused", "service-down"]),
        ("restart", {}, "app3", ["containers-restarted"]),
    ],
)
def test_fault_is_seen_healed_and_healed_again(
    bench: Any, kind: str, parameters: dict[str, float], target: str, observations: list[str]
) -> None:
    undo = bench.inject(kind, target, **parameters)
    for name in observations:
        assert all(service in bench.see(name) for service in undo.containers)
    bench.heal(undo)
    assert FAULTS[kind].residue(undo, bench.stack) == []
    started = {service: bench.stack.container(service).attrs["State"]["StartedAt"] for service in undo.containers}
    assert mend(undo, bench.stack) == []
    again = {service: bench.stack.container(service).attrs["State"]["StartedAt"] for service in undo.containers}
    assert again == started, "the second healing touches nothing"
    bench.stack.wait_healthy()


def test_a_restart_from_the_host_is_answered_by_the_restart_policy(bench: Any) -> None:
    undo = bench.inject("restart", "correo")
    if undo.details["before"]["correo"]["how"] != "host":
        pytest.skip("the bench is not root on the engine's host")
    bench.see("containers-restarted")
    assert restarts_by_itself(bench.stack, "correo") == 1


def test_a_restart_by_the_engine_comes_back_too(bench: Any) -> None:
    bench.inject("restart", "correo", how="engine")
    bench.see("containers-restarted")
    assert restarts_by_itself(bench.stack, "correo") == 0


def test_the_restart_policy_still_acts_after_a_pause_was_healed_twice(bench: Any) -> None:
    paused = bench.inject("pause", "correo")
    bench.heal(paused)
    bench.heal(paused)
    bench.stack.wait_healthy()
    restarted = bench.inject("restart", "correo")
    if restarted.details["before"]["correo"]["how"] != "host":
        pytest.skip("the bench is not root on the engine's host")
    bench.see("containers-restarted")


def test_a_pause_is_thawed_without_the_engine(bench: Any, until: Callable[..., Any]) -> None:
    undo = bench.inject("pause", "correo")
    [(service, identity)] = undo.containers.items()
    if not thaw(undo.details["before"][service]["pid"], identity):
        pytest.skip("the bench is not root on the engine's host")
    assert Pause().residue(undo, bench.stack) == ["correo is frozen"], "the engine still believes it"
    until("the thawed service to answer", lambda: bench.observer.latest().services["correo"] == "up")
    bench.heal(undo)
    assert bench.stack.states()["correo"] == "running", "in the engine's books too"


def test_less_cpu_is_seen_by_the_kernel_and_given_back_exactly(bench: Any) -> None:
    shares = bench.stack.container("app2-api").attrs["HostConfig"]["CpuShares"]
    assert shares, "Compose gives app2 less than others"
    undo = bench.inject("cpu", "app2", cpus=0.1)
    for service in undo.containers:
        bench.stack.container(service).exec_run(["sh", "-c", BUSY], detach=True)
    assert all(service in bench.see("cpu-throttled") for service in undo.containers)
    bench.heal(undo)
    assert mend(undo, bench.stack) == []
    for service in undo.containers:
        settings = bench.stack.container(service).attrs["HostConfig"]
        assert (settings["CpuQuota"], settings["CpuPeriod"], settings["CpuShares"]) == (-1, 0, shares)
        inside = bench.stack.container(service).exec_run(
            ["sh", "-c", "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || cut -d' ' -f1 /sys/fs/cgroup/cpu.max"]
        )
        assert inside.output.decode().strip() in {"-1", "max"}, "the kernel's own word"


@pytest.mark.parametrize(
    ("kind", "parameters", "target"),
    [
        ("kill", {}, "app3:one"),
        ("stop", {"grace_s": 5}, "correo"),
        ("pause", {}, "correo"),
        ("cpu", {"cpus": 0.5}, "app3"),
    ],
)
def test_another_process_heals_from_the_record_alone(
    bench: Any, environment: dict[str, str], kind: str, parameters: dict[str, float], target: str
) -> None:
    undo = bench.inject(kind, target, **parameters)
    assert FAULTS[kind].residue(undo, bench.stack) != []
    runs: Path = bench.records.folder.parent
    healed = subprocess.run(
        [sys.executable, "-c", HEAL_ALL, str(runs)],
        env=environment, check=True, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert healed.stdout == f"healed {kind} of {target} ({', '.join(undo.containers)})\n"
    assert FAULTS[kind].residue(undo, bench.stack) == []
    assert bench.records.pending() == []
    bench.stack.wait_healthy()


def test_overlapping_faults_of_one_service_are_healed_whatever_their_order(bench: Any) -> None:
    limited = bench.inject("cpu", "app3:one", cpus=0.5)
    frozen = bench.inject("pause", "app3:one")
    bench.see("containers-paused")
    lines = bench.records.heal_all(bench.stack)
    assert sorted(line.split()[1] for line in lines) == ["cpu", "pause"]
    assert FAULTS["cpu"].residue(limited, bench.stack) == FAULTS["pause"].residue(frozen, bench.stack) == []
