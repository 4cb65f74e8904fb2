"""What the faults share that kill, stop, freeze or slow down whole containers.

    arm() -> Undo.details {"parameters": ..., "before": {service: {"started_at": ..., "pid": ...}}}

`pid` is the container's first process as the host sees it; it is of use only to a bench on the engine's own host.
"""

import math
import os
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from tfbench.errors import FaultError
from tfbench.faults.base import Undo
from tfbench.model import FaultSpec
from tfbench.platforms.resolve import resolve
from tfbench.platforms.stack import Stack, service_of

# "paused" is here because a frozen container is another fault's doing, and that fault's to mend.
UP = ("running", "paused")


def arm(kind: str, spec: FaultSpec, stack: Stack, facts: Callable[[Container], dict[str, Any]] = lambda _: {}) -> Undo:
    """The record of a fault of type `kind`: its containers and how each was; `facts` adds to that."""
    containers = resolve(spec.target, stack)
    before = {service_of(container): {**_facts(container), **facts(container)} for container in containers}
    found = {service_of(container): str(container.id) for container in containers}
    return Undo(spec.id, kind, spec.target, found, {"parameters": dict(spec.parameters), "before": before})


def strike(undo: Undo, stack: Stack, act: Callable[[Container], None]) -> None:
    """Do `act` to every container of the fault at once. Raises FaultError naming one that it failed on."""

    def one(service: str) -> None:
        try:
            act(stack.client.containers.get(undo.containers[service]))
        except (APIError, requests.RequestException) as error:
            raise FaultError(f"{undo.type} of {service} failed: {error}. See how it is: tfbench status") from error

    _at_once(one, undo.containers)


def present(undo: Undo, stack: Stack) -> Iterator[tuple[str, Container]]:
    """The containers of the fault that still exist, as they are now."""
    for service, identity in undo.containers.items():
        with suppress(NotFound):
            yield service, stack.client.containers.get(identity)


def running(undo: Undo, stack: Stack) -> dict[str, Container]:
    """Those of the fault's containers that run: what is set in a process's memory ends with the process."""
    return {service: container for service, container in present(undo, stack) if container.status == "running"}


def bring_back(undo: Undo, stack: Stack, grace_s: float = 0) -> None:
    """Have every container running, all at once; one that has been back since the injection is left alone."""
    found = dict(present(undo, stack))
    _at_once(lambda service: _start(found[service], was(undo, service), grace_s), found)


def not_running(undo: Undo, stack: Stack) -> list[str]:
    """One line for each container that exists and does not run."""
    return [
        f"{service} is {container.status}, not running"
        for service, container in present(undo, stack)
        if container.status not in UP
    ]


def was(undo: Undo, service: str) -> dict[str, Any]:
    """How the service was when the fault was armed."""
    return dict(undo.details.get("before", {}).get(service, {}))


def cgroups(pid: int, identity: str) -> dict[str, str]:
    """The cgroup path of each controller ("" for version 2) of a process that surely belongs to the container.

    Empty when this process can't see it: the engine is elsewhere, the process is gone, or its number is another's now.
    """
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    fields = [line.split(":", 2) for line in lines]
    return {controller: path for _, names, path in fields for controller in names.split(",") if identity in path}


def is_within_reach(pid: int, identity: str) -> bool:
    """Whether this process may act on the container from the host, without the engine."""
    return os.geteuid() == 0 and bool(cgroups(pid, identity))


def _at_once(act: Callable[[str], None], services: Collection[str]) -> None:
    """Do `act` to every service, also when it fails on one; then raise the first error."""
    with ThreadPoolExecutor(max(len(services), 1)) as pool:
        doing = [pool.submit(act, service) for service in services]
    for done in doing:
        done.result()


def _facts(container: Container) -> dict[str, Any]:
    state = container.attrs["State"]
    return {"started_at": state["StartedAt"], "pid": state["Pid"]}


def _start(container: Container, before: dict[str, Any], grace_s: float) -> None:
    if container.status not in (*UP, "restarting"):
        container.start()
    elif container.status == "running" and container.attrs["State"]["StartedAt"] == before.get("started_at"):
        # The injection never came about, or a bench that died inside it left a signal on its way in the engine, which
        # would strike after we had looked: only a restart ends in a known state.
        container.restart(timeout=math.ceil(grace_s))
