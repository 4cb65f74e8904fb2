"""Observations of containers: what the engine, the kernel's own count or a service's probe says of them.

Each is one glance at every container of the fault; an engine that does not answer has shown nothing.
"""

from typing import TYPE_CHECKING

import requests
from docker.errors import APIError
from docker.models.containers import Container

from tfbench.faults.base import Undo
from tfbench.faults.containers import was
from tfbench.faults.cpu import throttled_periods
from tfbench.observer import Observer
from tfbench.platforms.stack import Stack

if TYPE_CHECKING:  # observe.py imports this file
    from tfbench.faults.observe import Baseline

SIGKILL_EXIT = 137


def containers_exited(undo: Undo, before: "Baseline", stack: Stack, observer: Observer) -> str | None:
    """The engine reports every container as exited; when the fault is a kill, dead of SIGKILL."""
    lines = []
    for service, container in _look(undo, stack).items():
        state = container.attrs["State"]
        if state["Status"] != "exited" or (undo.type == "kill" and state["ExitCode"] != SIGKILL_EXIT):
            return None
        lines.append(f"{service} exited {state['ExitCode']} at {state['FinishedAt']}")
    return ", ".join(lines) or None


def containers_paused(undo: Undo, before: "Baseline", stack: Stack, observer: Observer) -> str | None:
    """The engine reports every container as paused."""
    found = _look(undo, stack)
    if not found or not all(container.attrs["State"]["Paused"] for container in found.values()):
        return None
    return f"{', '.join(found)} paused"


def containers_restarted(undo: Undo, before: "Baseline", stack: Stack, observer: Observer) -> str | None:
    """The engine reports every container as running, and started anew since the fault was armed."""
    lines = []
    for service, container in _look(undo, stack).items():
        state, earlier = container.attrs["State"], was(undo, service).get("started_at")
        if state["Status"] != "running" or earlier in (None, state["StartedAt"]):
            return None
        lines.append(f"{service} started {earlier} -> {state['StartedAt']}")
    return ", ".join(lines) or None


def service_down(undo: Undo, before: "Baseline", stack: Stack, observer: Observer) -> str | None:
    """Each service's own probe, through its published port, passed before the fault and fails now."""
    now = observer.latest()
    if now.t <= before.begin_t or not undo.containers:
        return None
    for service in undo.containers:
        if (before.seen.services.get(service), now.services.get(service)) != ("up", "down"):
            return None
    return f"the probes of {', '.join(undo.containers)} passed before and fail {now.t - before.begin_t:.1f} s after"


def cpu_throttled(undo: Undo, before: "Baseline", stack: Stack, observer: Observer) -> str | None:
    """The kernel's count of throttled periods has grown for every container."""
    lines = []
    for service, container in _look(undo, stack).items():
        earlier, now = was(undo, service).get("throttled_periods"), _throttled(container)
        if earlier is None or now is None or now <= earlier:
            return None
        lines.append(f"{service} throttled in {earlier} -> {now} periods")
    return ", ".join(lines) or None


def _look(undo: Undo, stack: Stack) -> dict[str, Container]:
    """Every container of the fault by service; none at all when the engine can't show them all."""
    try:
        return {service: stack.client.containers.get(identity) for service, identity in undo.containers.items()}
    except (APIError, requests.RequestException):
        return {}


def _throttled(container: Container) -> int | None:
    try:
        return throttled_periods(container)
    except (APIError, requests.RequestException):
        return None
