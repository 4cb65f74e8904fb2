"""Observations that a fault bit, made without the injector: what Docker, the broker or a client sees.

Each takes the undo record, what was seen just before, the stack and the observer; it returns what it saw, or None.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tfbench.faults.base import Undo
from tfbench.observer import Observation, Observer
from tfbench.platforms.stack import Stack

SIGKILL_EXIT = 137
GROWTH = 3


@dataclass(frozen=True, slots=True)
class Baseline:
    """The moment before the fault: when the injection began, and the last observation."""

    begin_t: float
    seen: Observation


Observe = Callable[[Undo, Baseline, Stack, Observer], str | None]


def containers_exited(undo: Undo, before: Baseline, stack: Stack, observer: Observer) -> str | None:
    """Docker reports every container dead of SIGKILL."""
    lines = []
    for service, identity in undo.containers.items():
        state = stack.client.containers.get(identity).attrs["State"]
        if state["Running"] or state["ExitCode"] != SIGKILL_EXIT:
            return None
        lines.append(f"{service} exited {state['ExitCode']} at {state['FinishedAt']}")
    return ", ".join(lines)


def queue_growing(undo: Undo, before: Baseline, stack: Stack, observer: Observer) -> str | None:
    """The broker's queue grows under load and nobody consumes it."""
    now = observer.latest()
    if now.queue_ready is None or now.t <= before.begin_t or now.consumers != 0:
        return None
    start = before.seen.queue_ready or 0
    if now.queue_ready - start < GROWTH:
        return None
    return f"ready messages {start} -> {now.queue_ready} in {now.t - before.begin_t:.1f} s, no consumer"


OBSERVATIONS: dict[str, Observe] = {"containers-exited": containers_exited, "queue-growing": queue_growing}
