"""The open loop: plays an arrival plan, one greenlet an arrival, and never waits for the system to keep up.

    plan -> dispatcher (one Locust user) -> greenlet: Flow -> Operation rows -> disk
                 '- more than max_in_flight unfinished: one row `dropped`, counted
    every second: a progress line on stdout

A late dispatcher starts what is due at once, and the lateness counts: latency is from the planned time, and
`t_start - t_intended` of first operations says how punctual the load was.
"""

import itertools
import logging
import os
import time
from collections.abc import Callable, Mapping
from typing import ClassVar, Protocol

import gevent
from gevent.event import Event
from locust import User, constant, task
from locust.env import Environment
from locust.exception import StopUser

from tfbench.clock import Clock
from tfbench.load import PARENT_PID
from tfbench.load.arrivals import Arrival, plan
from tfbench.load.client import Session
from tfbench.load.config import LoadConfig
from tfbench.load.crowd import Crowd
from tfbench.load.flow import Flow
from tfbench.load.progress import Progress
from tfbench.operations import Operation

PROGRESS_S = 1.0
START_MARGIN_S = 0.2
# Timers are good to a millisecond, in which several may be due: they start together, and then get their turn.
MOST_IN_A_ROW = 32
FINISH_POLL_S = 0.02
STOP_POLL_S = 0.1  # how late a stop may be noticed when arrivals are rare

# Who spawned a greenlet, and where: noted for each one, read by debuggers.
gevent.config.track_greenlet_tree = False

_log = logging.getLogger(__name__)


class Workload(Protocol):
    """What buyers do."""

    @property
    def first_operations(self) -> Mapping[str, str]:
        """For each kind of arrival, the operation it starts with."""

    def play(self, flow: Flow) -> None: ...


class OpenLoop:
    """One run of a plan. `stop()` ends the arrivals and lets those in flight finish, for `stop_grace_s`."""

    def __init__(
        self,
        config: LoadConfig,
        clock: Clock,
        workload: Workload,
        open_session: Callable[[], Session],
        write: Callable[[Operation], None],
    ) -> None:
        self.progress = Progress()
        self._config = config
        self._clock = clock
        self._workload = workload
        self._open_session = open_session
        self._write = write
        self._flows = Crowd(self._play)
        self._stopping = Event()
        self._stopped_at = 0.0

    def stop(self) -> None:
        if not self._stopping.is_set():
            self._stopped_at = time.monotonic()
            self._stopping.set()

    def run(self, start_at: float) -> None:
        """Play the plan from `start_at` (epoch seconds); return when every arrival has its rows."""
        self._dispatch(start_at)
        self._finish()

    def report(self, emit: Callable[[dict[str, object]], None], has_parent: bool = True) -> None:
        """Emit a progress line a second, for ever; stop the load when the process that started it is gone."""
        while True:
            gevent.sleep(PROGRESS_S)
            emit(self.progress.live(self._clock.now()))
            if has_parent and is_orphan():
                _log.error("the process that started this load is gone: stopping")
                self.stop()

    def _dispatch(self, start_at: float) -> None:
        config = self._config
        whole_plan = plan(
            config.arrivals, config.rate_per_s, config.mix, config.seed, config.duration_s, config.first_flow,
            config.surge, config.ramp_s, config.spike,
        )  # fmt: skip
        in_a_row = 0
        for arrival in itertools.islice(whole_plan, config.worker, None, config.crew.workers):
            t_intended = start_at + arrival.at_s
            in_a_row += 1
            if in_a_row >= MOST_IN_A_ROW or t_intended > self._clock.now():
                self._wait_until(t_intended)
                in_a_row = 0
            if self._stopping.is_set():
                return
            if self._flows.busy >= config.max_in_flight:
                self._drop(arrival, t_intended)
            else:
                self._flows.start(arrival, t_intended)

    def _wait_until(self, t: float) -> None:
        """Until then, or a stop; in any case the flows just spawned get their turn.

        Not `Event.wait` with a timeout: it ends in an exception each time, which costs half a request.
        """
        wait_s = t - self._clock.now()
        gevent.sleep(min(max(wait_s, 0), STOP_POLL_S))
        while wait_s > STOP_POLL_S and not self._stopping.is_set():
            wait_s = t - self._clock.now()
            gevent.sleep(min(max(wait_s, 0), STOP_POLL_S))

    def _play(self, arrival: Arrival, t_intended: float) -> None:
        self.progress.arrival_started(t_intended, self._clock.now())
        flow = Flow(
            arrival.flow,
            arrival.kind,
            t_intended,
            self._config.seed,
            self._clock,
            self._open_session(),
            self._record,
            arrival.event,
        )
        try:
            self._workload.play(flow)
        except Exception:  # a bug of the load's own
            self.progress.broken_flows += 1
            raise
        finally:
            if not flow.has_operated:  # killed or broken before it asked for anything: an arrival all the same
                with flow.operation(self._workload.first_operations[arrival.kind]) as op:
                    op.error = "not_begun"
            self.progress.arrival_ended()

    def _finish(self) -> None:
        """Wait for the flows: as long as they need, or for the grace of a stop; then cut them off."""
        deadline = time.monotonic() + 2 * self._config.read_timeout_s
        while self._flows.busy and time.monotonic() < deadline:
            gevent.sleep(FINISH_POLL_S)
            if self._stopping.is_set():
                deadline = min(deadline, self._stopped_at + self._config.stop_grace_s)
        self._flows.kill()  # what they were doing is recorded as unknown, "interrupted"

    def _drop(self, arrival: Arrival, t_intended: float) -> None:
        self.progress.arrival_dropped()
        now = self._clock.now()
        op = self._workload.first_operations[arrival.kind]
        self._record(Operation(op, arrival.flow, arrival.kind, True, t_intended, now, now, "unknown", 0, "dropped"))

    def _record(self, operation: Operation) -> None:
        self._write(operation)
        self.progress.operation_ended(operation)


def is_orphan() -> bool:
    """Whether the process that started this one is gone."""
    return os.getppid() != PARENT_PID


class Dispatcher(User):
    """Locust's part in it: a user whose one task is the whole plan."""

    wait_time = constant(0)
    plan: ClassVar["gevent.Greenlet[[], None]"]

    @task
    def drive(self) -> None:
        self.plan.start()
        self.plan.join()
        raise StopUser


def play_under_locust(environment: Environment, play_plan: Callable[[], None]) -> bool:
    """Run `play_plan` as Locust's only user; whether Locust saw this process short of CPU meanwhile.

    In a greenlet of its own, so that its exceptions come out here: Locust would log them and run it again.
    """
    Dispatcher.plan = gevent.Greenlet(play_plan)
    runner = environment.create_local_runner()
    runner.start(1, spawn_rate=1)
    Dispatcher.plan.join()
    runner.quit()
    Dispatcher.plan.get()
    return bool(runner.cpu_warning_emitted)
