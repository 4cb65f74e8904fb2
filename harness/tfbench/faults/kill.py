"""Kill: SIGKILL to every container of the target at once, as a crash or the OOM killer does. Healing starts them again.

Docker marks a killed container as stopped by hand, so no restart policy brings it back: the outage lasts until healed.
"""

from typing import ClassVar

from docker.errors import APIError
from docker.models.containers import Container

from tfbench.faults.base import Undo
from tfbench.faults.containers import arm, bring_back, not_running, strike
from tfbench.model import FaultSpec
from tfbench.platforms.stack import Stack


class Kill:
    """SIGKILL now, start later."""

    type: ClassVar[str] = "kill"

    def arm(self, spec: FaultSpec, stack: Stack) -> Undo:
        return arm(self.type, spec, stack)

    def inject(self, undo: Undo, stack: Stack) -> None:
        strike(undo, stack, kill)

    def heal(self, undo: Undo, stack: Stack) -> None:
        bring_back(undo, stack)

    def residue(self, undo: Undo, stack: Stack) -> list[str]:
        return not_running(undo, stack)


def kill(container: Container) -> None:
    """SIGKILL; one that is dead already is what was wanted."""
    try:
        container.kill(signal="SIGKILL")
    except APIError:
        container.reload()
        if container.status == "running":
            raise
