"""The stack that is up (`tfbench test` starts one), watched as in a run, and left whole whatever a test does."""

import dataclasses
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from docker.errors import APIError
from tfbench.faults.base import Undo
from tfbench.faults.observe import OBSERVATIONS, Baseline
from tfbench.faults.registry import FAULTS
from tfbench.faults.undo import UndoRecords, mend
from tfbench.model import FaultSpec
from tfbench.observer import Observation, Observer
from tfbench.platforms.engine import require_engine
from tfbench.platforms.stack import Stack, probe_all

ROOT = Path(__file__).resolve().parents[4]
DEADLINE_S = 120.0


def wait_for(what: str, look: Callable[[], Any], deadline_s: float = DEADLINE_S) -> Any:
    """What `look` returns once it is true; fails with what was waited for."""
    end = time.monotonic() + deadline_s
    while not (seen := look()):
        if time.monotonic() > end:
            pytest.fail(f"waited {deadline_s:.0f} s for {what}")
        time.sleep(0.1)
    return seen


def make_whole(stack: Stack) -> None:
    """Thaw, start and unbind everything, without the code under test; then every probe passes."""
    for container in stack.all_containers():
        with suppress(APIError):
            if container.status == "paused":
                container.unpause()
            elif container.status != "running":
                container.start()
            if container.attrs["HostConfig"]["CpuQuota"] > 0:
                container.update(cpu_quota=-1)
    stack.wait_healthy()


@pytest.fixture(scope="session")
def stack() -> Stack:
    stack = Stack(require_engine(), ROOT)
    if not stack.all_containers():
        pytest.fail("no TicketFlow is running; start one with `tfbench up`, or use `tfbench test integration`")
    return stack


@pytest.fixture
def whole(stack: Stack) -> Iterator[Stack]:
    """The stack, whole before and after."""
    stack.wait_healthy()
    yield stack
    make_whole(stack)


class ObserverOfNow:
    """Sees what every service's own probe says at the moment it is asked."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def latest(self) -> Observation:
        ports, began = self._stack.ports(), time.time()
        seen = probe_all(ports, sorted(ports))
        return Observation(began, services={name: "up" if health.ok else "down" for name, health in seen.items()})


@dataclass
class Bench:
    """What a run has: a stack, an observer, and undo records of its own."""

    stack: Stack
    records: UndoRecords
    armed: list[Undo] = dataclasses.field(default_factory=list)

    def inject(self, kind: str, target: str, how: str | None = None, **parameters: float) -> Undo:
        """Arm, record, inject; `how` overrides the way that a restart chose."""
        undo = FAULTS[kind].arm(FaultSpec(f"{kind}-of-a-test", kind, target, (), parameters=parameters), self.stack)
        for before in undo.details["before"].values() if how else ():
            before["how"] = how
        self.records.write(undo)
        self.armed.append(undo)
        seen = self.observer.latest()
        self.before = Baseline(time.time(), seen)
        FAULTS[kind].inject(undo, self.stack)
        return undo

    @property
    def observer(self) -> Observer:
        return cast(Observer, ObserverOfNow(self.stack))

    def see(self, name: str) -> str:
        """What an observation says of the last fault once it has seen it."""
        look = OBSERVATIONS[name]
        seen: str = wait_for(name, lambda: look(self.armed[-1], self.before, self.stack, self.observer))
        return seen

    def heal(self, undo: Undo) -> None:
        wait_for(f"{undo.type} of {undo.target} to heal", lambda: not mend(undo, self.stack))
        self.records.remove(undo)


@pytest.fixture
def bench(whole: Stack, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(whole, UndoRecords(tmp_path / "runs"))
    yield bench
    for undo in bench.armed:
        bench.heal(undo)


@pytest.fixture
def until() -> Callable[..., Any]:
    """`until("what is waited for", look)`."""
    return wait_for


@pytest.fixture
def environment() -> dict[str, str]:
    """Of a process that runs the bench's code."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "harness"), "TFBENCH_TEST_ROOT": str(ROOT)}
