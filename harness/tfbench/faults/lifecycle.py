"""Walks one fault through its states, each written to the journal with the time it was reached.

    planned -> armed -> injected -> verified | unverified -> healing -> healed | residue -> recovered

Only `inject` and `heal` act; `look` and `look_recovered` are single glances, so that several faults can be in the air
at once (see schedule.py).
"""

import time
from collections.abc import Collection
from typing import Any

from tfbench.clock import Clock
from tfbench.errors import ResidueError
from tfbench.faults.base import Undo
from tfbench.faults.observe import OBSERVATIONS, Baseline
from tfbench.faults.registry import FAULTS
from tfbench.faults.undo import HEAL_DEADLINE_S, RETRY_EVERY_S, UndoRecords, mend
from tfbench.journal import Journal
from tfbench.model import FaultSpec
from tfbench.observer import Observation, Observer
from tfbench.platforms.servers import nodes
from tfbench.platforms.stack import Stack

VERIFY_DEADLINE_S = 15.0
RECOVER_DEADLINE_S = 120.0


class FaultRun:
    """One fault of one run. `state` is the last one reached."""

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
        self._evidence: list[str] = []
        self._unseen = list(spec.verify)
        self.was_unverified = False
        self._record("planned")

    def inject(self) -> None:
        """Arm (undo record on disk first), then break."""
        self.undo = self._fault.arm(self.spec, self.stack)
        self._records.write(self.undo)
        self._record("armed", containers=self.undo.containers, **self.undo.details)
        self._before = Baseline(self._clock.now(), self.observer.latest())
        self._verify_until = time.monotonic() + VERIFY_DEADLINE_S
        self._fault.inject(self.undo, self.stack)
        self._record("injected", begin_t=self._before.begin_t)

    def look(self) -> None:
        """One glance, from outside, at whether it bit; past the deadline it is `unverified`."""
        assert self.undo is not None, "look() comes after inject()"
        for name in list(self._unseen):
            if seen := OBSERVATIONS[name](self.undo, self._before, self.stack, self.observer):
                self._unseen.remove(name)
                self._evidence.append(f"{name}: {seen}")
        if not self._unseen:
            self._record("verified", evidence=self._evidence)
        elif time.monotonic() >= self._verify_until:
            self._give_up_looking()

    def heal(self) -> None:
        """Mend, once; raises `ResidueError` when something stays broken past the deadline."""
        if self.undo is None or self.state in ("healed", "recovered", "residue"):
            return
        if self.state == "injected":
            self._give_up_looking()
        begin = self._clock.now()
        self._record("healing")
        deadline = time.monotonic() + HEAL_DEADLINE_S
        while (left := mend(self.undo, self.stack)) and time.monotonic() < deadline:
            time.sleep(RETRY_EVERY_S)
        if left:
            self._record("residue", left=left)
            raise ResidueError(f"fault {self.spec.id} could not be healed: {'; '.join(left)}")
        self._records.remove(self.undo)
        self._record("healed", begin_t=begin)
        self.recover_until = time.monotonic() + RECOVER_DEADLINE_S

    def look_recovered(self) -> None:
        """One glance at whether everything that was broken is well again."""
        assert self.undo is not None, "look_recovered() comes after heal()"
        if is_well(self.undo.containers, self.observer.latest()):
            self._record("recovered")

    def _give_up_looking(self) -> None:
        self.was_unverified = True
        self._record("unverified", evidence=self._evidence, missing=self._unseen)

    def _record(self, state: str, **detail: Any) -> None:
        spec, self.state = self.spec, state
        self._journal.record("fault", id=spec.id, type=spec.type, target=spec.target, state=state, detail=detail)


def is_well(broken: Collection[str], seen: Observation) -> bool:
    """Whether these services pass their probes.

    PostgreSQL's nodes do so together, and with a synchronous standby among them: without one the next failure of the
    primary would find nobody to promote.
    """
    wanted = set(broken)
    if nodes("postgres", broken):
        wanted.update(nodes("postgres", seen.services))
        if seen.sync_standby is None:
            return False
    return all(seen.services.get(service) == "up" for service in wanted)
