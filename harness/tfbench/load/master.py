"""Several load processes as one: started or awaited, their clocks measured, the plan shared out, their lines added up.

    join -> clocks -> prepare -> begin ... halt -> done -> clocks again -> quit        Locust's MasterRunner and its RPC

Each worker plays the arrivals whose number leaves its own remainder, so that together they play the one plan. A worker
that dies, falls silent or has a clock that cannot be believed makes the load another than was asked for: the others
halt, and the totals say in `trouble` why. Locust's users are not spread by its own dispatcher, which would move them
to whoever is left.
"""

import contextlib
import dataclasses
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import gevent
from gevent.event import Event
from locust.env import Environment

from tfbench.clock import Clock
from tfbench.errors import LoadError
from tfbench.load.clocks import Reading, clock_trouble, correction_s
from tfbench.load.config import LoadConfig
from tfbench.load.driver import PROGRESS_S, is_orphan
from tfbench.load.members import Member, Members
from tfbench.load.sums import summed

START_LEAD_S = 1.0  # for `begin` to arrive
_HERE = "127.0.0.1"
_JOIN_S, _JOIN_FROM_ELSEWHERE_S = 120.0, 900.0  # those elsewhere are started by a person
_PREPARE_SLACK_S, _HALT_SLACK_S, _LEAVE_S = 30.0, 10.0, 10.0
_SILENCE_S = 20.0
_POLL_S = 0.02

_log = logging.getLogger(__name__)
Emit = Callable[[Mapping[str, Any]], None]
Workers = list["subprocess.Popen[bytes]"]


def lead(config: LoadConfig, emit: Emit) -> None:
    """Play `config` with its crew. Raises LoadError where the load was not what was asked for, once all is said."""
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stopping.set)
    with _joined(config, stopping) as master:
        begun = master.clocks()
        master.prepare(begun)
        if stopping.is_set():
            return
        start_at = master.begin()
        emit({"state": "ready", "t": master.clock.now(), "start_at": start_at})
        trouble = master.play(emit) or master.moved_clocks(begun)
        emit(master.totals() | {"trouble": trouble})
    if trouble:
        raise LoadError(trouble)


@contextmanager
def _joined(config: LoadConfig, stopping: Event) -> Iterator["_Master"]:
    """The master with all its workers there; they leave when the block ends."""
    crew = config.crew
    runner = Environment().create_master_runner(crew.master_host or _HERE, crew.master_port if crew.master_host else 0)
    here = [] if crew.master_host else [_start_worker(config, runner.server.port) for _ in range(crew.workers)]
    try:
        master = _Master(config, Members(runner, config.run_dir), here, stopping)
        deadline_s = _JOIN_FROM_ELSEWHERE_S if crew.master_host else _JOIN_S
        _log.info("waiting for %d workers on port %d", crew.workers, runner.server.port)
        master.wait(lambda: len(runner.clients) >= crew.workers, deadline_s, f"{crew.workers} workers to join")
        master.members.admit(list(runner.clients)[: crew.workers])
        yield master
    finally:
        runner.quit()
        _send_home(here)


def _start_worker(config: LoadConfig, port: int) -> "subprocess.Popen[bytes]":
    command = ["--master-host", _HERE, "--master-port", str(port), "--run-dir", str(config.run_dir)]
    return subprocess.Popen(
        [sys.executable, "-m", "tfbench.load.worker", *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )


def _send_home(here: Workers) -> None:
    """They were told to quit; who has not joined, or does not, is made to."""
    deadline = time.monotonic() + _LEAVE_S
    for worker in here:
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.wait(max(deadline - time.monotonic(), 0))
        if worker.poll() is None:
            worker.kill()
            worker.wait()


class _Master:
    """The run of one load with several workers; `here` are those that it started itself."""

    def __init__(self, config: LoadConfig, members: Members, here: Workers, stopping: Event) -> None:
        self.clock = Clock(config.clock_offset)
        self.members = members
        self._config, self._here, self._stopping = config, here, stopping
        self._has_begun = False

    def wait(self, is_so: Callable[[], bool], deadline_s: float, what: str) -> None:
        """Until it is so, or a stop. Raises LoadError at the deadline, and when a worker is lost meanwhile."""
        until = time.monotonic() + deadline_s
        while not is_so() and not self._must_stop():
            if lost := self._lost():
                raise LoadError(lost)
            if time.monotonic() > until:
                raise LoadError(f"waited {deadline_s:g} s for {what}")
            gevent.sleep(_POLL_S)

    def clocks(self) -> dict[str, Reading]:
        """Each worker's clock beside this one's. Raises LoadError where one cannot be known well enough."""
        readings = {member.client_id: self._clock_of(member) for member in self.members.all}
        for member in self.members.all:
            if trouble := clock_trouble(readings[member.client_id]):
                raise LoadError(f"{member.name}: {trouble}")
        return readings

    def moved_clocks(self, begun: Mapping[str, Reading]) -> str | None:
        """Why times cannot be believed, now that all is over; None where they can."""
        for member in self.members.all:
            if trouble := clock_trouble(begun[member.client_id], self._clock_of(member)):
                return f"{member.name}: {trouble}"
        return None

    def prepare(self, begun: Mapping[str, Reading]) -> None:
        """Give each worker its share, and wait until all are ready for theirs."""
        for member in self.members.all:
            offset = self._config.clock_offset + correction_s(begun[member.client_id])
            share = dataclasses.replace(self._config, worker=member.number, clock_offset=offset)
            self.members.send("prepare", {"config": share.to_json()}, to=member)
        deadline_s = self._config.ready_timeout_s + _PREPARE_SLACK_S
        self.wait(lambda: all(member.is_prepared for member in self.members.all), deadline_s, "workers to get ready")

    def begin(self) -> float:
        """Let them begin; when the plan's second 0 is."""
        asked = self._config.start_at
        start_at = self.clock.now() + START_LEAD_S if asked is None else asked
        self.members.send("begin", {"start_at": start_at})
        for member in self.members.all:
            member.heard_at = time.monotonic()
        self._has_begun = True  # from here on each has something to say every second
        return start_at

    def play(self, emit: Emit) -> str | None:
        """Until every worker has ended, by itself or because of a stop; why that was not the load, if it was not."""
        next_line = time.monotonic() + PROGRESS_S
        while any(member.totals is None for member in self.members.all):
            gevent.sleep(_POLL_S)
            if time.monotonic() >= next_line:
                next_line += PROGRESS_S
                self._tell(emit)
            if self._must_stop():
                return self._halt()
            if lost := self._lost():
                _log.error("%s: the others halt", lost)
                self._halt()
                return lost
        return None

    def totals(self) -> dict[str, Any]:
        """What all of them did; of one that was lost, what it said last."""
        return self._summed() | {"state": "done"}

    def _tell(self, emit: Emit) -> None:
        """One progress line; none before the first worker has said something."""
        if line := self._summed():
            emit(line | {"state": "running", "t": self.clock.now()})

    def _summed(self) -> dict[str, Any]:
        return summed([said for member in self.members.all if (said := member.totals or member.line)])

    def _halt(self) -> str | None:
        """No new arrivals; wait for those in flight. What kept a worker from ending, if anything did."""
        self.members.send("halt")
        until = time.monotonic() + self._config.stop_grace_s + _HALT_SLACK_S
        while any(member.totals is None for member in self.members.all):
            if lost := self._lost():
                return lost
            if time.monotonic() > until:
                return "a worker did not end in time"
            gevent.sleep(_POLL_S)
        return None

    def _must_stop(self) -> bool:
        return self._stopping.is_set() or is_orphan()

    def _clock_of(self, member: Member) -> Reading:
        found = self.members.clock_of(member)
        if found is None:
            raise LoadError(f"{member.name} does not answer")
        return found

    def _lost(self) -> str | None:
        """Which worker is no more, or refuses, and why; None while all are there."""
        for worker in self._here:
            if (code := worker.poll()) is not None:
                return f"a worker process ended by itself with code {code}"
        for member in self.members.all:
            if member.refusal is not None:
                return f"{member.name}: {member.refusal}"
            if self._has_begun and member.totals is None and time.monotonic() - member.heard_at > _SILENCE_S:
                return f"{member.name} has said nothing for {_SILENCE_S:g} s"
        return None
