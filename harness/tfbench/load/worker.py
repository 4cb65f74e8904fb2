"""`python -m tfbench.load.worker --master-host HOST`: one of several that play a load, in Locust's distributed mode.

    from the master: ping, prepare {config}, begin {start_at}, halt, quit              (Locust's own: ack, heartbeats)
    to the master:   pong {n, there}, prepared, refused {reason}, progress {...}, rows {segment, data}, done {...totals}

It plays its share of the plan and sends its history to the master as it grows, unless it may write into the run folder
itself. On another machine the system may have another address: `--base-url`. Nothing is encrypted, and nobody asks who
is there: between machines, go through a tunnel (`ssh -L`, `ssh -R`).
"""

import argparse
import dataclasses
import logging
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gevent
import locust  # importing it patches the standard library for gevent
from locust.env import Environment
from locust.rpc.protocol import Message

from tfbench.load.config import MASTER_PORT, LoadConfig
from tfbench.load.driver import is_orphan
from tfbench.load.player import Player
from tfbench.load.priority import go_first
from tfbench.load.shipping import Shipper

_ORPHAN_POLL_S = 0.5

_log = logging.getLogger("tfbench.load.worker")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tfbench.load.worker", description=__doc__)
    parser.add_argument("--master-host", required=True, metavar="HOST", help="where the bench listens")
    parser.add_argument("--master-port", type=int, default=MASTER_PORT, metavar="PORT")
    parser.add_argument("--base-url", metavar="URL", help="the system's address as seen from here")
    parser.add_argument("--run-dir", type=Path, metavar="DIR", help="the run folder, on the bench's own machine")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s worker: %(message)s")
    go_first()
    try:
        Worker(options.master_host, options.master_port, options.base_url, options.run_dir).serve()
    except ConnectionError:
        _log.error("nobody answers at %s:%d", options.master_host, options.master_port)
        return 1
    return 0


class Worker:
    """Joins when made; `serve` until the master, or its silence, sends it home. Raises ConnectionError."""

    def __init__(self, master_host: str, master_port: int, base_url: str | None, run_dir: Path | None) -> None:
        self._base_url, self._run_dir = base_url, run_dir
        self._environment = Environment(events=locust.events)
        self._runner = self._environment.create_worker_runner(master_host, master_port)
        self._player: Player | None = None
        self._shipper: Shipper | None = None
        self._playing: gevent.Greenlet[[float], None] | None = None
        for name, listener in (("ping", self._pong), ("begin", self._begin), ("halt", self._halt)):
            self._runner.register_message(name, listener)
        self._runner.register_message("prepare", self._prepare, concurrent=True)

    def serve(self) -> None:
        """Do what the master says, until it says quit."""
        if self._run_dir is not None:  # started by the master: a person's worker may outlive the terminal
            gevent.spawn(self._leave_an_orphan)
        self._runner.greenlet.join()
        if self._player is not None:
            self._player.loop.stop()

    def _leave_an_orphan(self) -> None:
        """Without its master: what is in flight may end, and is on disk then."""
        while not is_orphan():
            gevent.sleep(_ORPHAN_POLL_S)
        _log.error("the master is gone: stopping")
        if self._player is not None and self._playing is not None:
            self._player.loop.stop()
            self._playing.join()
        self._runner.quit()

    def _pong(self, msg: Message, **_: Any) -> None:
        self._runner.send_message("pong", {"n": msg.data["n"], "there": time.monotonic()})

    def _prepare(self, msg: Message, **_: Any) -> None:
        """Get ready for this worker's share. What is wrong with it is the master's to tell."""
        try:
            config = LoadConfig.from_json(msg.data["config"])
            run_dir = self._run_dir or Path(tempfile.mkdtemp(prefix="tfbench-worker-"))
            config = dataclasses.replace(config, run_dir=run_dir, base_url=self._base_url or config.base_url)
            self._player = Player(config, self._environment)
        except Exception as error:
            self._runner.send_message("refused", {"reason": f"{type(error).__name__}: {error}"})
            raise
        if self._run_dir is None:
            _log.info("the history is sent to the master, and also kept in %s", run_dir)
            self._shipper = Shipper(run_dir, self._send_rows)
        self._runner.send_message("prepared")

    def _begin(self, msg: Message, **_: Any) -> None:
        self._playing = gevent.spawn(self._play, msg.data["start_at"])

    def _halt(self, **_: Any) -> None:
        if self._player is not None:
            self._player.loop.stop()

    def _play(self, start_at: float) -> None:
        assert self._player is not None, "the master begins what it has prepared"
        player = self._player
        reporter = gevent.spawn(player.loop.report, self._send_progress, has_parent=False)
        shipping = None if self._shipper is None else gevent.spawn(self._shipper.keep_shipping)
        events: Any = self._environment.events
        try:
            events.test_start.fire(environment=self._environment)  # a local runner's start and end do the same
            player.play(start_at)
            events.test_stop.fire(environment=self._environment)
            reporter.kill()
            if self._shipper is not None and shipping is not None:
                shipping.kill()
                self._shipper.ship()
            totals = player.totals() | {"was_short_of_cpu": bool(self._runner.cpu_warning_emitted)}
            self._runner.send_message("done", totals)
        except Exception as error:
            self._runner.send_message("refused", {"reason": f"{type(error).__name__}: {error}"})
            raise

    def _send_progress(self, line: Mapping[str, object]) -> None:
        self._runner.send_message("progress", dict(line))

    def _send_rows(self, rows: Mapping[str, Any]) -> None:
        self._runner.send_message("rows", dict(rows))


if __name__ == "__main__":
    sys.exit(main())
