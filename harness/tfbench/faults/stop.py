"""Stop: SIGTERM, and SIGKILL to what still runs after the grace, as an administrator or a deployment does.

    grace_s   seconds between the two

The injection takes as long as the slowest container needs to end, the grace at most.
"""

import math
from typing import ClassVar

from tfbench.faults.base import Undo
from tfbench.faults.containers import arm, bring_back, not_running, strike
from tfbench.model import FaultSpec
from tfbench.platforms.stack import Stack

# A heal that finds a stop half-way repeats it, and is not to wait for five minutes.
HEAL_GRACE_S = 10.0


class Stop:
    """Stopped in order now, started later."""

    type: ClassVar[str] = "stop"

    def arm(self, spec: FaultSpec, stack: Stack) -> Undo:
        return arm(self.type, spec, stack)

    def inject(self, undo: Undo, stack: Stack) -> None:
        grace_s = math.ceil(undo.details["parameters"]["grace_s"])
        strike(undo, stack, lambda container: container.stop(timeout=grace_s))

    def heal(self, undo: Undo, stack: Stack) -> None:
        bring_back(undo, stack, min(undo.details["parameters"]["grace_s"], HEAL_GRACE_S))

    def residue(self, undo: Undo, stack: Stack) -> list[str]:
        return not_running(undo, stack)
