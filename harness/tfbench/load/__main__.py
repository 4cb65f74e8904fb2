"""`python -m tfbench.load --config FILE`: the load process, or the master of several.

stdout: `{"state": "ready", "start_at"}`, then one progress line a second, then `{"state": "done",
...totals}`. stderr: the log. SIGTERM or SIGINT: no new arrivals, those in flight may finish, exit 0. Exit 1:
the load could not start, or a worker of several was not what was asked for (`trouble` in the totals says why); 2: the
configuration can't be played.
"""

import argparse
import functools
import json
import logging
import os
import select
import signal
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

import gevent
import locust  # importing it patches the standard library for gevent
from locust.env import Environment

from tfbench.errors import LoadError
from tfbench.load.config import LoadConfig, LoadConfigError
from tfbench.load.driver import START_MARGIN_S, Dispatcher, play_under_locust
from tfbench.load.master import lead
from tfbench.load.player import Player, check_playable
from tfbench.load.priority import go_first

_log = logging.getLogger("tfbench.load")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tfbench.load", description=__doc__)
    parser.add_argument("--config", required=True, type=Path, metavar="FILE", help="JSON; see tfbench.load.config")
    path = parser.parse_args(arguments).config
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    try:
        config = LoadConfig.from_json(path.read_text(encoding="utf-8"))
        check_playable(config)
    except (OSError, ValueError) as error:
        _log.error("%s: %s", path, error)
        return 2
    go_first()
    try:
        if config.crew.is_one_process:
            _play(config)
        else:
            lead(config, _emit)
    except LoadConfigError as error:  # what only the system could tell
        _log.error("%s: %s", path, error)
        return 2
    except (TimeoutError, LoadError) as error:
        _log.error("%s", error)
        return 1
    return 0


def _play(config: LoadConfig) -> None:
    environment = Environment(user_classes=[Dispatcher], host=config.base_url, events=locust.events)
    player = Player(config, environment)
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, player.loop.stop)
    start_at = player.clock.now() + START_MARGIN_S if config.start_at is None else config.start_at
    _emit({"state": "ready", "t": player.clock.now(), "start_at": start_at})
    reporter = gevent.spawn(player.loop.report, _emit)
    was_short_of_cpu = play_under_locust(environment, functools.partial(player.play, start_at))
    reporter.kill()
    _emit(player.totals() | {"was_short_of_cpu": was_short_of_cpu})


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
