"""Connection exhaustion: somebody else takes every connection that the server gives to the application's user.

    bench -> container TFBENCH-FAULT-SERVICE (in the server's network, running hold_connections.py) -> server

Whoever is connected stays so; nobody else gets in, but for the server's superusers, whose places are reserved: the
bench can go on looking. Healing removes the container; one that is forgotten ends by itself.
"""

import contextlib
from pathlib import Path
from typing import Any, ClassVar

from docker.errors import APIError, DockerException, NotFound

from tfbench.errors import FaultError
from tfbench.faults.base import Undo
from tfbench.model import FaultSpec
from tfbench.platforms.resolve import resolve
from tfbench.platforms.stack import Stack, service_of
from tfbench.targets import parse_target

PROGRAM = Path(__file__).with_name("hold_connections.py")
MAX_LIFE_S = 1800
LABEL = "tfbench.holder"
# Whose image has Python and a client of the server.
CLIENT_ROLE = {"postgres": "postgres", "mariadb": "app2"}


class ConnectionExhaustion:
    """Take every connection now, give them back later."""

    type: ClassVar[str] = "connection-exhaustion"

    def arm(self, spec: FaultSpec, stack: Stack) -> Undo:
        role = parse_target(spec.target).name
        containers = {service_of(container): str(container.id) for container in resolve(spec.target, stack)}
        image = stack.containers(CLIENT_ROLE[role])[0].attrs["Image"]
        holders = {service: f"tfbench-{spec.id}-{service}" for service in containers}
        return Undo(
            spec.id, self.type, spec.target, containers, {"role": role, "image": image, "holders": holders}
        )  # fmt: skip

    def inject(self, undo: Undo, stack: Stack) -> None:
        for service, name in undo.details["holders"].items():
            try:
                _start_holder(stack, name, undo.containers[service], undo.details)
            except DockerException as error:
                raise FaultError(f"the connections of {service} could not be taken: {error}") from error

    def heal(self, undo: Undo, stack: Stack) -> None:
        for name in undo.details["holders"].values():
            # It may be gone, or on its way out; residue() says when it stays.
            with contextlib.suppress(NotFound, APIError):
                stack.client.containers.get(name).remove(force=True, v=True)

    def residue(self, undo: Undo, stack: Stack) -> list[str]:
        left = []
        for service, name in undo.details["holders"].items():
            with contextlib.suppress(NotFound):
                status = stack.client.containers.get(name).status
                left.append(f"{name} is {status}, and holds connections of {service}")
        return left


def _start_holder(stack: Stack, name: str, server: str, details: dict[str, Any]) -> None:
    """In the server's own network: no address of the stack's network is taken, and no name has to be resolved."""
    program = PROGRAM.read_text(encoding="utf-8")
    stack.client.containers.run(
        details["image"], ["python", "-c", program, details["role"], str(MAX_LIFE_S)], name=name, detach=True,
        auto_remove=True, network_mode=f"container:{server}", labels={LABEL: name},
    )  # fmt: skip
