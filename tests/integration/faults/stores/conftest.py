"""Faults of stores on the stack that is up (`tfbench test` starts one), each left whole whatever the test does."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from on_stack import DEADLINE_S, wait_for
from tfbench.faults.base import Undo
from tfbench.faults.observe import OBSERVATIONS, Baseline
from tfbench.faults.registry import FAULTS
from tfbench.model import FaultSpec
from tfbench.observer import Observation
from tfbench.platforms.stack import Stack

ROOT = Path(__file__).resolve().parents[4]
HEAL_ELSEWHERE = """
import json, sys
from pathlib import Path
from tfbench.faults.base import Undo
from tfbench.faults.registry import FAULTS
from tfbench.platforms.engine import require_engine
from tfbench.platforms.stack import Stack
undo = Undo(**json.load(sys.stdin))
FAULTS[undo.type].heal(undo, Stack(require_engine(), Path(sys.argv[1])))
"""


@dataclass
class Struck:
    """A fault that was injected and seen."""

    undo: Undo
    evidence: str
    stack: Stack

    def heal(self) -> None:
        FAULTS[self.undo.type].heal(self.undo, self.stack)

    def heal_in_another_process(self) -> None:
        """From the record alone, as `tfbench heal` does after a crash of the bench."""
        subprocess.run(
            [sys.executable, "-c", HEAL_ELSEWHERE, str(ROOT)], input=json.dumps(dataclasses.asdict(self.undo)),
            text=True, check=True, timeout=DEADLINE_S, env={**os.environ, "PYTHONPATH": str(ROOT / "harness")},
        )  # fmt: skip

    def residue(self) -> list[str]:
        return FAULTS[self.undo.type].residue(self.undo, self.stack)

    def wait_no_residue(self) -> None:
        wait_for("no residue", lambda: not self.residue())


@contextmanager
def struck(
    stack: Stack, kind: str, target: str, observation: str, stir: Callable[[], Any] = lambda: None
) -> Iterator[Struck]:
    """Inject a fault and see it through its observation; healed in any case. `stir` is the load that shows it."""
    fault, before = FAULTS[kind], Baseline(0.0, Observation(0.0))
    undo = fault.arm(FaultSpec(f"test-{os.getpid()}", kind, target, (observation,)), stack)
    try:
        fault.inject(undo, stack)
        stir()
        look = OBSERVATIONS[observation]
        # These observations look at the servers, and never ask the observer.
        evidence = wait_for(observation, lambda: look(undo, before, stack, None))  # type: ignore[arg-type]
        yield Struck(undo, evidence, stack)
    finally:
        wait_for(f"{kind} of {target} to heal", lambda: fault.heal(undo, stack) or not fault.residue(undo, stack))


@pytest.fixture
def strike(stack: Stack) -> Iterator[Callable[..., AbstractContextManager[Struck]]]:
    """`with strike(kind, target, observation, stir) as fault`; afterwards the whole stack passes its probes."""
    yield lambda *arguments: struck(stack, *arguments)
    stack.wait_healthy()


@pytest.fixture
def struck_on() -> Callable[..., AbstractContextManager[Struck]]:
    """`with struck_on(stack, kind, target, observation) as fault`, for a stack of the test's own."""
    return struck
