"""`python -m tfbench.load --config FILE`: the load process.

stdout: `{"state": "ready", "start_at"}`, then one progress line a second, then `{"state": "done",
...totals}`. stderr: the log. SIGTERM or SIGINT: no new arrivals, those in flight may finish, exit 0. Exit 1:
the load could not start; 2: the configuration can't be played.
"""

import argparse
import functools
import gc
import json
import logging
import os
import resource
import select
import signal
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

import gevent
import locust  # noqa: F401  importing it patches the standard library for gevent
from locust.env import Environment

from tfbench.clock import Clock
from tfbench.load.client import Session, Site
from tfbench.load.config import LoadConfig, LoadConfigError
from tfbench.load.driver import START_MARGIN_S, Dispatcher, OpenLoop, play_under_locust
from tfbench.load.priority import go_first
from tfbench.load.ticketflow import TicketFlow
from tfbench.operations import OperationWriter
from tfbench.selftest.workload import Probes

WORKLOADS: dict[str, type[TicketFlow] | type[Probes]] = {"ticketflow": TicketFlow, "selftest": Probes}

_log = logging.getLogger("tfbench.load")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tfbench.load", description=__doc__)
    parser.add_argument("--config", required=True, type=Path, metavar="FILE", help="JSON; see tfbench.load.config")
    path = parser.parse_args(arguments).config
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    try:
        config = LoadConfig.from_json(path.read_text(encoding="utf-8"))
        _check_playable(config)
    except (OSError, ValueError) as error:
        _log.error("%s: %s", path, error)
        return 2
    try:
        _play(config)
    except LoadConfigError as error:  # what only the system could tell
        _log.error("%s: %s", path, error)
        return 2
    except TimeoutError as error:
        _log.error("%s", error)
        return 1
    return 0


def _check_playable(config: LoadConfig) -> None:
    workload = WORKLOADS.get(config.workload)
    if workload is None:
        raise LoadConfigError(f"unknown workload {config.workload!r}; known: {', '.join(WORKLOADS)}")
    if unknown := sorted(config.mix.keys() - workload.first_operations.keys()):
        raise LoadConfigError(f"workload {config.workload} has no arrivals of kind {', '.join(unknown)}")


def _play(config: LoadConfig) -> None:
    _allow_many_sockets()
    go_first()
    clock = Clock(config.clock_offset)
    environment = Environment(user_classes=[Dispatcher], host=config.base_url)
    open_session = functools.partial(
        Session,
        Site(environment, config.base_url, config.max_in_flight, config.connect_timeout_s, config.read_timeout_s),
    )
    workload = WORKLOADS[config.workload](config, open_session())
    gc.collect()
    gc.freeze()  # what is loaded now stays: collections during the run need not look at it
    with OperationWriter(config.run_dir) as writer:
        loop = OpenLoop(config, clock, workload, open_session, writer.write)
        for number in (signal.SIGTERM, signal.SIGINT):
            gevent.signal_handler(number, loop.stop)
        start_at = clock.now() + START_MARGIN_S if config.start_at is None else config.start_at
        _emit({"state": "ready", "t": clock.now(), "start_at": start_at})
        reporter = gevent.spawn(loop.report, _emit)
        idle_cpu_s = _cpu_s()
        was_short_of_cpu = play_under_locust(environment, functools.partial(loop.run, start_at))
        reporter.kill()
    cpu_s = _cpu_s()
    used = {"cpu_s": round(cpu_s, 2), "playing_cpu_s": round(cpu_s - idle_cpu_s, 2)}
    _emit(loop.progress.totals(clock.now()) | used | {"was_short_of_cpu": was_short_of_cpu})


def _cpu_s() -> float:
    """What this process has used so far, starting included."""
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


def _allow_many_sockets() -> None:
    """Raise the soft limit of open files to the hard one: thousands of requests can be in flight."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _emit(line: Mapping[str, object]) -> None:
    """Write one line to stdout, or leave it out where a pipe is full or its reader gone.

    A reader that is slow must not stop the load: a pipe that polls writable takes PIPE_BUF bytes without
    blocking.
    """
    data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
    fd = sys.stdout.fileno()
    if stat.S_ISFIFO(os.fstat(fd).st_mode):
        poll = select.poll()
        poll.register(fd, select.POLLOUT)
        if not poll.poll(0):
            return
    try:
        os.write(fd, data)
    except BrokenPipeError:
        return


if __name__ == "__main__":
    sys.exit(main())
