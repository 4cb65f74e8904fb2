"""The stack that is up (`tfbench test` starts one), watched as in a run, and left whole whatever a test does."""

import dataclasses
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from docker.errors import APIError
from on_stack import observer_of_now, wait_for
from tfbench.faults.base import Undo
from tfbench.faults.observe import OBSERVATIONS, Baseline
from tfbench.faults.registry import FAULTS
from tfbench.faults.undo import UndoRecords, mend
from tfbench.model import FaultSpec
from tfbench.observer import Observer
from tfbench.platforms.stack import Stack

ROOT = Path(__file__).resolve().parents[4]


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


@pytest.fixture
def whole(stack: Stack) -> Iterator[Stack]:
    """The stack, whole before and after."""
    stack.wait_healthy()
    yield stack
    make_whole(stack)


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
        return observer_of_now(self.stack)

    def see(self, name: str) -> str:
        """What an observation says of the last fault once it has seen it."""
        look = OBSERVATIONS[name]
        return wait_for(name, lambda: look(self.armed[-1], self.before, self.stack, self.observer))

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
def environment() -> dict[str, str]:
    """Of a process that runs the bench's code."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "harness"), "TFBENCH_TEST_ROOT": str(ROOT)}
