"""Kill: SIGKILL to every container of the target at once, as a crash or the OOM killer does. Healing starts them again.

Docker marks a killed container as stopped by hand, so no restart policy brings it back: the outage lasts until healed.
"""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

from docker.errors import APIError, NotFound
from docker.models.containers import Container

from tfbench.errors import FaultError
from tfbench.faults.base import Undo
from tfbench.model import FaultSpec
from tfbench.platforms.resolve import resolve
from tfbench.platforms.stack import Stack, service_of


class Kill:
    """SIGKILL now, start later."""

    type: ClassVar[str] = "kill"

    def arm(self, spec: FaultSpec, stack: Stack) -> Undo:
        containers = resolve(spec.target, stack)
        return Undo(spec.id, self.type, spec.target, {service_of(c): str(c.id) for c in containers})

    def inject(self, undo: Undo, stack: Stack) -> None:
        containers = [stack.client.containers.get(identity) for identity in undo.containers.values()]
        with ThreadPoolExecutor(len(containers)) as pool:
            list(pool.map(_kill, containers))

    def heal(self, undo: Undo, stack: Stack) -> None:
        for identity in undo.containers.values():
            with contextlib.suppress(NotFound):
                container = stack.client.containers.get(identity)
                if container.status != "running":
                    container.start()

    def residue(self, undo: Undo, stack: Stack) -> list[str]:
        left = []
        for service, identity in undo.containers.items():
            with contextlib.suppress(NotFound):
                status = stack.client.containers.get(identity).status
                if status != "running":
                    left.append(f"{service} is {status}, not running")
        return left


def _kill(container: Container) -> None:
    try:
        container.kill(signal="SIGKILL")
    except APIError as error:
        container.reload()
        if container.status == "running":
            raise FaultError(f"SIGKILL to {service_of(container)} failed: {error}") from error
