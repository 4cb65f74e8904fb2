"""What else kept the machine busy: a latency measured on a machine that others use says little of the system.

    /proc/stat - containers (cgroup) - the bench and its load - the engine's own processes -> HostLoad.foreign

Ratios are of the whole machine, 0..1. What cannot be read is None, never 0.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

ENGINE = {"dockerd", "containerd", "containerd-shim", "containerd-shim-runc-v2", "docker-proxy", "runc"}
REFRESH_S = 5.0
# Where an engine's containers are accounted for, by cgroup version and driver; nanoseconds or microseconds.
CGROUPS = (
    ("/sys/fs/cgroup/cpuacct/docker", "cpuacct.usage", 1e-9),
    ("/sys/fs/cgroup/docker", "cpu.stat", 1e-6),
    ("/sys/fs/cgroup/system.slice", "cpu.stat", 1e-6),
)


@dataclass(frozen=True, slots=True)
class HostLoad:
    """One interval. `busy` is all work, `foreign` what neither the system, the bench nor the engine did.

    `steal` is time that the machine was promised and did not get: it is a guest, and its host was busy.
    """

    busy: float
    steal: float
    foreign: float | None


class HostWatch:
    """Compares two looks. `look()` returns None the first time."""

    def __init__(self) -> None:
        self._last: tuple[float, float, float, float | None] | None = None
        self._ours: list[psutil.Process] = []
        self._refreshed = 0.0

    def look(self) -> HostLoad | None:
        """The load since the last look."""
        now = (time.monotonic(), *_cpu_times(), self._known_s())
        before, self._last = self._last, now
        if before is None:
            return None
        capacity = (now[0] - before[0]) * (os.cpu_count() or 1)
        busy, steal = (now[1] - before[1]) / capacity, (now[2] - before[2]) / capacity
        if now[3] is None or before[3] is None:
            return HostLoad(busy, steal, None)
        # A process that ended takes its account along: less than nothing is nothing.
        return HostLoad(busy, steal, max(busy - max(now[3] - before[3], 0) / capacity, 0))

    def _known_s(self) -> float | None:
        containers = _container_seconds()
        if containers is None:
            return None
        if time.monotonic() - self._refreshed > REFRESH_S:
            own = psutil.Process()
            engine = [process for process in psutil.process_iter(["name"]) if process.info["name"] in ENGINE]
            self._ours = [own, *own.children(recursive=True), *engine]
            self._refreshed = time.monotonic()
        return containers + sum(_seconds(process) for process in self._ours)


def _cpu_times() -> tuple[float, float]:
    times = psutil.cpu_times()
    return times.user + times.nice + times.system, getattr(times, "steal", 0.0)


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def _container_seconds() -> float | None:
    for folder, name, unit in CGROUPS:
        files = [Path(folder) / name]
        if folder.endswith(".slice"):
            files = list(Path(folder).glob(f"docker-*.scope/{name}"))
        found = [seconds for file in files if (seconds := _read_usage(file, unit)) is not None]
        if found:
            return sum(found)
    return None


def _read_usage(file: Path, unit: float) -> float | None:
    try:
        words = file.read_text(encoding="ascii").split()
    except OSError:
        return None
    return int(words[1] if words[0] == "usage_usec" else words[0]) * unit
