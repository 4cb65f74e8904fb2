"""Restart: the target's first process gets SIGKILL and comes back by itself at once, as after a crash.

    how "host"     the signal comes from the host, and the engine's restart policy brings the container back: a crash
    how "engine"   `docker kill`, which no restart policy answers, and `docker start` at once: where the bench is not
                   root on the engine's host, or the container has no restart policy

The record says which. There is nothing to mend, but healing makes sure that everything runs.
"""

import os
import signal
from typing import ClassVar

from docker.models.containers import Container

from tfbench.errors import FaultError
from tfbench.faults.base import Undo
from tfbench.faults.containers import arm, bring_back, cgroups, is_within_reach, not_running, strike, was
from tfbench.faults.kill import kill
from tfbench.model import FaultSpec
from tfbench.platforms.stack import Stack, service_of

POLICIES = {"always", "unless-stopped", "on-failure"}


class Restart:
    """Killed now, back at once."""

    type: ClassVar[str] = "restart"

    def arm(self, spec: FaultSpec, stack: Stack) -> Undo:
        return arm(self.type, spec, stack, lambda container: {"how": _how(container)})

    def inject(self, undo: Undo, stack: Stack) -> None:
        def act(container: Container) -> None:
            before = was(undo, service_of(container))
            if before["how"] == "host":
                crash(before["pid"], str(container.id))
            else:
                kill(container)
                container.start()

        strike(undo, stack, act)

    def heal(self, undo: Undo, stack: Stack) -> None:
        bring_back(undo, stack)

    def residue(self, undo: Undo, stack: Stack) -> list[str]:
        return not_running(undo, stack)


def crash(pid: int, identity: str) -> None:
    """SIGKILL to a container's first process, from the host. Raises FaultError when that process is no more."""
    try:
        # Held by descriptor, so that the process looked at and the one killed are the same.
        process = os.pidfd_open(pid)
    except OSError as error:
        raise FaultError(f"process {pid} of the container {identity[:12]} cannot be killed: {error}") from error
    try:
        if not cgroups(pid, identity):
            raise FaultError(f"process {pid} is not of the container {identity[:12]} any more; nothing was killed")
        signal.pidfd_send_signal(process, signal.SIGKILL)
    finally:
        os.close(process)


def _how(container: Container) -> str:
    policy = container.attrs["HostConfig"]["RestartPolicy"]["Name"]
    reachable = is_within_reach(container.attrs["State"]["Pid"], str(container.id))
    return "host" if policy in POLICIES and reachable else "engine"
