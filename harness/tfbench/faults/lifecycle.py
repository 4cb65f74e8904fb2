"""Walks one fault through its states, each written to the journal with the time it was reached."""

import time
from collections.abc import Callable
from typing import Any

from docker.errors import APIError

from tfbench.clock import Clock
from tfbench.errors import ResidueError
from tfbench.faults.base import Undo
from tfbench.faults.observe import OBSERVATIONS, Baseline
from tfbench.faults.registry import FAULTS
from tfbench.faults.undo import UndoRecords
from tfbench.journal import Journal
from tfbench.model import FaultSpec
from tfbench.observer import Observer
from tfbench.platforms.stack import Stack

VERIFY_DEADLINE_S = 15.0
HEAL_DEADLINE_S = 60.0
RECOVER_DEADLINE_S = 120.0


class FaultRun:
    """One fault of one run."""

    def __init__(
        self,
        spec: FaultSpec,
        stack: Stack,
        observer: Observer,
        journal: Journal,
        records: UndoRecords,
        clock: Clock,
    ) -> None:
        self.spec, self.stack, self.observer = spec, stack, observer
        self._journal, self._records, self._clock = journal, records, clock
        self._fault = FAULTS[spec.type]
        self.undo: Undo | None = None
        self._record("planned")

    def inject(self) -> None:
        """Arm (undo record on disk first), then break."""
        self.undo = self._fault.arm(self.spec, self.stack)
        self._records.write(self.undo)
        self._record("armed", containers=self.undo.containers)
        self._before = Baseline(self._clock.now(), self.observer.latest())
        self._fault.inject(self.undo, self.stack)
        self._record("injected", begin_t=self._before.begin_t)

    def verify(self, tick: Callable[[], None]) -> bool:
        """See from outside that it bit, within a deadline; False (and `unverified` in the journal) when not."""
        assert self.undo is not None, "verify() comes after inject()"
        deadline = time.monotonic() + VERIFY_DEADLINE_S
        waiting, evidence = list(self.spec.verify), []
        while waiting and time.monotonic() < deadline:
            for name in list(waiting):
                seen = OBSERVATIONS[name](self.undo, self._before, self.stack, self.observer)
                if seen:
                    waiting.remove(name)
                    evidence.append(f"{name}: {seen}")
            tick()
            time.sleep(0.1)
        state = "unverified" if waiting else "verified"
        self._record(state, evidence=evidence, missing=waiting)
        return not waiting

    def heal(self) -> None:
        """Mend; raises `ResidueError` when something stays broken past the deadline."""
        if self.undo is None:
            return
        begin = self._clock.now()
        self._record("healing")
        deadline = time.monotonic() + HEAL_DEADLINE_S
        left = ["not tried"]
        while left and time.monotonic() < deadline:
            try:
                self._fault.heal(self.undo, self.stack)
                left = self._fault.residue(self.undo, self.stack)
            except APIError as error:
                left = [str(error)]
            if left:
                time.sleep(0.5)
        if left:
            self._record("residue", left=left)
            raise ResidueError(f"fault {self.spec.id} could not be healed: {'; '.join(left)}")
        self._records.remove(self.undo)
        self._record("healed", begin_t=begin)

    def wait_recovered(self, tick: Callable[[], None]) -> bool:
        """Wait until every broken service passes its probe again."""
        assert self.undo is not None, "wait_recovered() comes after inject()"
        deadline = time.monotonic() + RECOVER_DEADLINE_S
        while time.monotonic() < deadline:
            services = self.observer.latest().services
            if all(services.get(service) == "up" for service in self.undo.containers):
                self._record("recovered")
                return True
            tick()
            time.sleep(0.1)
        return False

    def _record(self, state: str, **detail: Any) -> None:
        spec = self.spec
        self._journal.record("fault", id=spec.id, type=spec.type, target=spec.target, state=state, detail=detail)
