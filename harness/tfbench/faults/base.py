"""What a fault is: something that breaks named containers, and knows from a record how to mend them.

A fault never keeps in memory what healing needs: `arm()` returns it as data, `heal(undo)` takes it back, perhaps in
another process. Both may be called twice.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from tfbench.model import FaultSpec
from tfbench.platforms.stack import Stack


@dataclass(frozen=True, slots=True)
class Undo:
    """All that healing needs, as JSON.

    `containers` maps a service to the id of its container when the fault was armed: those that must be well again
    before the fault counts as recovered. `details` are the fault's own: settings, and how things were before.
    """

    fault: str
    type: str
    target: str
    containers: dict[str, str]
    details: dict[str, Any] = field(default_factory=dict)


class Fault(Protocol):
    """One type of fault. Every call has a deadline, given by the Docker client."""

    type: ClassVar[str]

    def arm(self, spec: FaultSpec, stack: Stack) -> Undo:
        """Resolve the target to what runs now; nothing is touched yet."""

    def inject(self, undo: Undo, stack: Stack) -> None:
        """Break it."""

    def heal(self, undo: Undo, stack: Stack) -> None:
        """Mend it; does nothing to what is whole already."""

    def residue(self, undo: Undo, stack: Stack) -> list[str]:
        """What is still broken, one line each."""
