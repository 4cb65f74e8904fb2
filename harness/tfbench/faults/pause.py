"""Pause: every process of the target is frozen, so connections stay open and nothing answers.

Thawing must not depend on the engine alone: its unpause has been seen to hang, and a paused container can be neither
stopped nor killed.

    unpause, within a deadline  ->  the kernel's freezer, where the bench is root on the engine's host

What the kernel has thawed stays paused in the engine's books, and its unpause fails from then on, finding nothing
frozen (runc 1.1). So, once the engine answers again, the container is frozen for the moment of an unpause.

There is no SIGCONT by `docker kill`: it does not thaw, and the engine takes any signal sent through it for the wish to
stop the container by hand, after which the restart policy no longer acts (seen with Docker 20.10).
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import ClassVar

import requests
from docker.errors import APIError
from docker.models.containers import Container

from tfbench.faults.base import Undo
from tfbench.faults.containers import arm, cgroups, present, strike, was
from tfbench.model import FaultSpec
from tfbench.platforms.stack import Stack

UNPAUSE_DEADLINE_S = 10.0
CGROUP_ROOT = Path("/sys/fs/cgroup")
FROZEN = ("FROZEN", "FREEZING", "1")
# What freezes and what thaws, by the name of the switch: cgroup versions 1 and 2.
WORDS = {"freezer.state": ("FROZEN", "THAWED"), "cgroup.freeze": ("1", "0")}


class Pause:
    """Frozen now, thawed later."""

    type: ClassVar[str] = "pause"

    def arm(self, spec: FaultSpec, stack: Stack) -> Undo:
        return arm(self.type, spec, stack)

    def inject(self, undo: Undo, stack: Stack) -> None:
        strike(undo, stack, lambda container: container.pause())

    def heal(self, undo: Undo, stack: Stack) -> None:
        for service, identity in undo.containers.items():
            pid = was(undo, service).get("pid", 0)
            # By id, without asking first how it is: that question can hang as the unpause can, and the answer can be
            # older than a pause that is still on its way.
            if _in_time(partial(_unpause, identity, stack)):
                _correct_the_books(pid, identity, stack)
            thaw(pid, identity)

    def residue(self, undo: Undo, stack: Stack) -> list[str]:
        return [f"{service} is frozen" for service, container in present(undo, stack) if _is_frozen(container)]


def thaw(pid: int, identity: str) -> bool:
    """Thaw a container through the kernel's own freezer; False when it is not frozen, or out of reach."""
    switch = _freezer(pid, identity)
    if switch is None or switch.read_text().strip() not in FROZEN or not os.access(switch, os.W_OK):
        return False
    switch.write_text(WORDS[switch.name][1])
    return True


def _freezer(pid: int, identity: str) -> Path | None:
    """The freezer's switch of the container that the process belongs to (cgroup version 1, else 2)."""
    paths = cgroups(pid, identity)
    for controller, place in (("freezer", "freezer{}/freezer.state"), ("", ".{}/cgroup.freeze")):
        if controller in paths and (switch := CGROUP_ROOT / place.format(paths[controller])).exists():
            return switch
    return None


def _is_frozen(container: Container) -> bool:
    switch = _freezer(container.attrs["State"]["Pid"], str(container.id))
    return container.status == "paused" or (switch is not None and switch.read_text().strip() in FROZEN)


def _unpause(identity: str, stack: Stack) -> None:
    with suppress(APIError, requests.RequestException):  # not paused, or not there; residue() sees what it is
        stack.client.api.unpause(identity)


def _correct_the_books(pid: int, identity: str, stack: Stack) -> None:
    switch = _freezer(pid, identity)
    with suppress(APIError, requests.RequestException):
        if switch is not None and stack.client.containers.get(identity).status == "paused":
            switch.write_text(WORDS[switch.name][0])
            _in_time(partial(_unpause, identity, stack))


def _in_time(call: Callable[[], None]) -> bool:
    """Whether `call` ends by the deadline; else it goes on by itself, until the client gives up."""
    thread = threading.Thread(target=call, name="unpause", daemon=True)
    thread.start()
    thread.join(UNPAUSE_DEADLINE_S)
    return not thread.is_alive()
