"""A load made ready in this process: sockets, workload, history, open loop. Played by one caller, once.

LoadConfig -> Player -> play(start_at) -> operations/*.ndjson, totals()
"""

import functools
import gc
import resource
from contextlib import ExitStack
from typing import Any

from locust.env import Environment

from tfbench.catalog import LOCUSTFILE
from tfbench.clock import Clock
from tfbench.load.client import Session, Site
from tfbench.load.config import LoadConfig, LoadConfigError
from tfbench.load.driver import OpenLoop, Workload
from tfbench.load.locustfile import OwnUsers
from tfbench.load.ticketflow import TicketFlow
from tfbench.operations import OperationWriter
from tfbench.selftest.workload import Probes

WORKLOADS: dict[str, type[TicketFlow] | type[Probes]] = {"ticketflow": TicketFlow, "selftest": Probes}
# By Python's own, 700 objects more than before are a reason to look for garbage: several times a second here.
_GC_THRESHOLDS = (20_000, 20, 50)


def check_playable(config: LoadConfig) -> None:
    """Raise LoadConfigError where no workload plays what is asked for."""
    if (config.workload == LOCUSTFILE) != (config.locustfile is not None):
        raise LoadConfigError(f"workload {config.workload}: a locustfile is for workload {LOCUSTFILE}, which needs it")
    if config.workload == LOCUSTFILE:  # what is in it is told by whoever imports it
        return
    workload = WORKLOADS.get(config.workload)
    if workload is None:
        raise LoadConfigError(f"unknown workload {config.workload!r}; known: {', '.join([*WORKLOADS, LOCUSTFILE])}")
    if unknown := sorted(config.mix.keys() - workload.first_operations.keys()):
        raise LoadConfigError(f"workload {config.workload} has no arrivals of kind {', '.join(unknown)}")


class Player:
    """Ready when made. Raises LoadConfigError or TimeoutError for what only the system can tell."""

    def __init__(self, config: LoadConfig, environment: Environment) -> None:
        check_playable(config)
        _allow_many_sockets()
        self.clock = Clock(config.clock_offset)
        site = Site(environment, config.base_url, config.connect_timeout_s, config.read_timeout_s)
        open_session = functools.partial(Session, site)
        workload: Workload
        if config.workload == LOCUSTFILE:
            workload = OwnUsers(config, environment, self.clock)
        else:
            workload = WORKLOADS[config.workload](config, open_session())
        _spare_the_collector()
        self._closing = ExitStack()
        writer = self._closing.enter_context(OperationWriter(config.run_dir, worker=config.worker))
        self.loop = OpenLoop(config, self.clock, workload, open_session, writer.write)
        self._idle_cpu_s = 0.0

    def play(self, start_at: float) -> None:
        """Play the plan from `start_at` (epoch seconds) to its end or a stop; every row is on disk then."""
        self._idle_cpu_s = _cpu_s()
        with self._closing:
            self.loop.run(start_at)

    def totals(self) -> dict[str, Any]:
        """The last line, but for what Locust's runner knows."""
        cpu_s = _cpu_s()
        used = {"cpu_s": round(cpu_s, 2), "playing_cpu_s": round(cpu_s - self._idle_cpu_s, 2)}
        return self.loop.progress.totals(self.clock.now()) | used


def _cpu_s() -> float:
    """What this process has used so far, starting included."""
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


def _allow_many_sockets() -> None:
    """Raise the soft limit of open files to the hard one: thousands of requests can be in flight."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _spare_the_collector() -> None:
    """Collect now, and then seldom: what is loaded stays, and flows leave little that counting does not free."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
