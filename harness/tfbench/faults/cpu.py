"""Cpu: the target gets only a part of one processor, by the kernel's own quota (CFS bandwidth).

    cpus   processors' worth of time in each period; 0.1 is 10 ms of every 100 ms

Only the quota is changed: the period stays as it was, and so do the shares that Compose gave it.
"""

from typing import Any, ClassVar

from docker.models.containers import Container

from tfbench.errors import FaultError
from tfbench.faults.base import Undo
from tfbench.faults.containers import arm, present, strike, was
from tfbench.model import FaultSpec
from tfbench.platforms.stack import Stack, service_of

KERNEL_PERIOD_US = 100_000
# The engine takes 0 for "leave it as it is"; this lifts the limit, in the kernel as it is without any.
NO_QUOTA = -1


class Cpu:
    """Less processor now, as before later."""

    type: ClassVar[str] = "cpu"

    def arm(self, spec: FaultSpec, stack: Stack) -> Undo:
        return arm(self.type, spec, stack, _settings)

    def inject(self, undo: Undo, stack: Stack) -> None:
        cpus = undo.details["parameters"]["cpus"]

        def limit(container: Container) -> None:
            period_us = was(undo, service_of(container))["cpu_period"] or KERNEL_PERIOD_US
            container.update(cpu_quota=round(cpus * period_us))

        strike(undo, stack, limit)

    def heal(self, undo: Undo, stack: Stack) -> None:
        for service, container in present(undo, stack):
            wanted = _quota(was(undo, service)["cpu_quota"])
            if _quota(container.attrs["HostConfig"]["CpuQuota"]) != wanted:
                container.update(cpu_quota=wanted)

    def residue(self, undo: Undo, stack: Stack) -> list[str]:
        left = []
        for service, container in present(undo, stack):
            now, before = container.attrs["HostConfig"]["CpuQuota"], was(undo, service)["cpu_quota"]
            if _quota(now) != _quota(before):
                left.append(f"{service} has a CPU quota of {now} us, and had {before}")
        return left


def throttled_periods(container: Container) -> int:
    """How many periods the kernel has cut the container short in, since it was started."""
    stats: Any = container.stats(stream=False, one_shot=True)
    return int(stats["cpu_stats"]["throttling_data"]["throttled_periods"])


def _settings(container: Container) -> dict[str, Any]:
    settings = container.attrs["HostConfig"]
    if settings.get("NanoCpus"):
        # The engine refuses a quota beside it, and the client library cannot set it back.
        raise FaultError(
            f"{service_of(container)} has `cpus: {settings['NanoCpus'] / 1e9:g}` in its Compose file, which excludes "
            "the quota that this fault sets; write it as cpu_quota and cpu_period there"
        )
    return {
        "cpu_quota": settings["CpuQuota"],
        "cpu_period": settings["CpuPeriod"],
        "throttled_periods": throttled_periods(container),
    }


def _quota(value: int) -> int:
    return value if value > 0 else NO_QUOTA
