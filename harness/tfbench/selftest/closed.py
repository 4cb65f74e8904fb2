"""`python -m tfbench.selftest.closed --config FILE`: the load that we do not use, to show what it hides.

The same configuration and the same lines on stdout as `tfbench.load`, but Locust's own closed loop: a few users, each
of whom asks, waits for the answer and then keeps its pace (`constant_throughput`). As such tools do, it counts latency
from when the request was sent.
"""

import argparse
import itertools
import json
from pathlib import Path

import gevent
import locust  # noqa: F401  importing it patches the standard library for gevent
from locust import FastHttpUser, constant_throughput, task
from locust.env import Environment

from tfbench.clock import Clock
from tfbench.load.config import LoadConfig
from tfbench.load.priority import go_first
from tfbench.operations import Operation, OperationWriter

PER_USER_PER_S = 150.0


def user_class(config: LoadConfig, writer: OperationWriter) -> type[FastHttpUser]:
    """A user who asks for the first kind of the mix, over and over."""
    clock, numbers, kind = Clock(config.clock_offset), itertools.count(), next(iter(config.mix))

    class User(FastHttpUser):
        host = config.base_url
        wait_time = constant_throughput(PER_USER_PER_S)

        @task
        def ask(self) -> None:
            t_start = clock.now()
            status = self.client.get(f"/{kind}", name=kind).status_code
            outcome = "ok" if status == 200 else "unknown"
            writer.write(Operation(kind, next(numbers), kind, True, t_start, t_start, clock.now(), outcome, status))

    return User


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tfbench.selftest.closed", description=__doc__)
    parser.add_argument("--config", required=True, type=Path, metavar="FILE")
    config = LoadConfig.from_json(parser.parse_args().config.read_text(encoding="utf-8"))
    go_first()
    with OperationWriter(config.run_dir) as writer:
        environment = Environment(user_classes=[user_class(config, writer)])
        runner = environment.create_local_runner()
        users = max(1, round(config.rate_per_s / PER_USER_PER_S))
        print(json.dumps({"state": "ready"}), flush=True)
        runner.start(users, spawn_rate=users)
        gevent.spawn_later(config.duration_s, runner.quit)
        runner.greenlet.join()
        asked = environment.stats.total.num_requests
    print(json.dumps({"state": "done", "offered": asked, "delivered": asked, "dropped": 0}), flush=True)


if __name__ == "__main__":
    main()
