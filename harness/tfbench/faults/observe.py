"""Observations that a fault bit, made without the injector: what Docker, the broker or a client sees.

Each takes the undo record, what was seen just before, the stack and the observer; it returns what it saw, or None.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tfbench.faults.base import Undo
from tfbench.faults.observe_containers import (
    containers_exited,
    containers_paused,
    containers_restarted,
    cpu_throttled,
    service_down,
)
from tfbench.faults.observe_network import link_cut, link_narrow, link_reset, link_slow
from tfbench.faults.observe_stores import connections_refused, disk_is_full, memory_alarm_raised, replication_stopped
from tfbench.observer import Observation, Observer
from tfbench.platforms.stack import Stack

GROWTH = 3


@dataclass(frozen=True, slots=True)
class Baseline:
    """The moment before the fault: when the injection began, and the last observation."""

    begin_t: float
    seen: Observation


Observe = Callable[[Undo, Baseline, Stack, Observer], str | None]


def queue_growing(undo: Undo, before: Baseline, stack: Stack, observer: Observer) -> str | None:
    """The broker's queue grows under load and nobody consumes it."""
    now = observer.latest()
    if now.queue_ready is None or now.t <= before.begin_t or now.consumers != 0:
        return None
    start = before.seen.queue_ready or 0
    if now.queue_ready - start < GROWTH:
        return None
    return f"ready messages {start} -> {now.queue_ready} in {now.t - before.begin_t:.1f} s, no consumer"


OBSERVATIONS: dict[str, Observe] = {
    "containers-exited": containers_exited,
    "containers-paused": containers_paused,
    "containers-restarted": containers_restarted,
    "service-down": service_down,
    "cpu-throttled": cpu_throttled,
    "queue-growing": queue_growing,
    "link-cut": link_cut,
    "link-slow": link_slow,
    "link-narrow": link_narrow,
    "link-reset": link_reset,
    "disk-is-full": disk_is_full,
    "memory-alarm-raised": memory_alarm_raised,
    "replication-stopped": replication_stopped,
    "connections-refused": connections_refused,
}
