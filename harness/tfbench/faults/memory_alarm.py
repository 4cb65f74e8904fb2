"""Memory alarm: the broker is told that it may use almost no memory, so it blocks every connection that publishes.

Healing gives it back the limit it had. A broker that was restarted meanwhile has its configured limit by itself.
"""

import contextlib
import json
from typing import Any, ClassVar

from docker.errors import APIError
from docker.models.containers import Container

from tfbench.errors import FaultError
from tfbench.faults.base import Undo
from tfbench.faults.containers import running
from tfbench.model import FaultSpec
from tfbench.platforms.resolve import resolve
from tfbench.platforms.stack import Stack, service_of

DEADLINE_S = 20
NOTHING = {"absolute": 1}  # bytes
SETTING = "vm_memory_high_watermark_setting"


class MemoryAlarm:
    """Almost no memory now, the old limit later."""

    type: ClassVar[str] = "memory-alarm"

    def arm(self, spec: FaultSpec, stack: Stack) -> Undo:
        containers = resolve(spec.target, stack)
        limits = {service_of(container): _limit(container) for container in containers}
        if NOTHING in limits.values():
            raise FaultError(f"{spec.target} has the alarm's limit already ({limits}): heal it first (tfbench heal)")
        return Undo(spec.id, self.type, spec.target, {service_of(c): str(c.id) for c in containers}, {"limits": limits})

    def inject(self, undo: Undo, stack: Stack) -> None:
        for identity in undo.containers.values():
            _set_limit(stack.client.containers.get(identity), NOTHING)

    def heal(self, undo: Undo, stack: Stack) -> None:
        for service, container in running(undo, stack).items():
            with contextlib.suppress(FaultError):  # a broker that is starting; residue() asks again, and says it
                if _limit(container) != (before := undo.details["limits"][service]):
                    _set_limit(container, before)

    def residue(self, undo: Undo, stack: Stack) -> list[str]:
        left = []
        for service, container in running(undo, stack).items():
            before = undo.details["limits"][service]
            try:
                if (now := _limit(container)) != before:
                    left.append(f"{service} has the memory limit {now}, and had {before}")
            except FaultError as error:
                left.append(str(error))
        return left


def _limit(container: Container) -> dict[str, Any]:
    """The limit as set: {"absolute": bytes} or {"relative": share of the machine's}."""
    status = json.loads(_rabbitmqctl(container, "status", "--formatter", "json"))
    return dict(status[SETTING])


def _set_limit(container: Container, limit: dict[str, Any]) -> None:
    kind, value = next(iter(limit.items()))
    _rabbitmqctl(container, "set_vm_memory_high_watermark", *(["absolute"] if kind == "absolute" else []), str(value))


def _rabbitmqctl(container: Container, *arguments: str) -> str:
    command = ["timeout", str(DEADLINE_S), "rabbitmqctl", "--silent", *arguments]
    try:
        result: Any = container.exec_run(command, demux=True)
    except APIError as error:
        raise FaultError(f"rabbitmqctl could not be run in {service_of(container)}: {error}") from error
    out, err = ((part or b"").decode(errors="replace").strip() for part in result.output)
    if result.exit_code != 0:
        said = (err or out)[-300:]
        raise FaultError(
            f"rabbitmqctl {' '.join(arguments)} in {service_of(container)}: exit {result.exit_code}: {said}"
        )
    return out
