"""The reservations benchmark: purchases a second through App 1, beside what its database does without it.

    fresh stack -> middleware and App 2 stopped -> for each side and number of clients: reset, warm up, reset, measure
                -> table on stdout, reservations.json

Both sides run the same transactions, on the same PostgreSQL pair, in the same session. Each measurement is as long as
asked for, or as the event has seats.
"""

import dataclasses
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tfbench.bench import sides
from tfbench.bench.seats import Seats, example, orders, reset, seats
from tfbench.bench.sides import Sample
from tfbench.bench.tools import Tool, run_tool
from tfbench.errors import PlatformError
from tfbench.faults.netns import helper_image
from tfbench.platforms.stack import OWNER_RUN, Stack, service_of
from tfbench.progress import Progress
from tfbench.run import prepare
from tfbench.verdict import EXIT_CODES, EXIT_INTERRUPTED, Verdict
from tfbench.workspace import Workspace

CLIENTS = {"pgbench": (4, 8, 16, 32), "app1": (8, 16, 32, 64)}
TITLES = {"pgbench": "pgbench, the same transactions", "app1": "App 1 over HTTP"}
IDLE = ("middleware", "app2")  # their relays and workers poll: the same CPU, another amount of it for each side
P99_LIMIT_MS = 300.0
GOAL_RATIO = 0.6
REFUSED_MAX = 0.01  # of all requests: seats are drawn without repetition, so hardly any is taken
WARM_UP_S = 3
SEATS_USED = 0.7  # of the event's, at the rate of the warm-up: it may be slower than the measurement
SLACK_S = 120.0
GRACE_S = 10


@dataclass(frozen=True, slots=True)
class Measurement:
    """One row: a side at a number of clients. `load_1m`: the machine's load average just before it began."""

    side: str
    clients: int
    per_s: float
    sample: Sample
    load_1m: float


@dataclass(frozen=True, slots=True)
class Bench:
    """What all measurements share."""

    stack: Stack
    progress: Progress
    seats: Seats
    tools: dict[str, Callable[[int, int], Tool]]


def bench_reservations(workspace: Workspace, progress: Progress, seconds: int = 20) -> tuple[Path, int]:
    """Measure both sides on a fresh stack, print their table; returns its folder and the exit code."""
    folder = workspace.runs / "bench" / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    folder.mkdir(parents=True)
    ground = prepare(workspace, progress)
    found: list[Measurement] = []
    try:
        with progress.step("start TicketFlow") as detail:
            ground.stack.down()
            ground.stack.up(ground.images, OWNER_RUN)
            ground.stack.wait_healthy(detail)
        for measurement in measure(ground.stack, progress, seconds):
            found.append(measurement)
            write(folder, found)
    except KeyboardInterrupt:
        show(found)
        return folder, EXIT_INTERRUPTED
    finally:
        with progress.step("remove TicketFlow"):
            ground.stack.down()
    show(found)
    return folder, EXIT_CODES[verdict(found)]


def measure(stack: Stack, progress: Progress, seconds: int) -> Iterable[Measurement]:
    """Every side at every number of clients, on a running stack. Stops what `IDLE` names.

    The sides take turns: whatever else the machine does meanwhile falls on both.
    """
    with progress.step(f"stop {' and '.join(IDLE)}"):
        for container in [one for role in IDLE for one in stack.containers(role)]:
            container.stop(timeout=GRACE_S)
    bench = _bench(stack, progress)
    for level in zip(*CLIENTS.values(), strict=True):
        for side, clients in zip(CLIENTS, level, strict=True):
            yield _measured(bench, side, clients, seconds)


def _bench(stack: Stack, progress: Progress) -> Bench:
    ports = stack.ports()
    reset(ports)
    there = seats(ports)
    rows = example(ports, there.first)
    servers, apps = ([service_of(one) for one in stack.containers(role)] for role in ("postgres", "app1"))
    database_image, tools_image = str(stack.containers("postgres")[0].attrs["Image"]), helper_image(stack)
    return Bench(stack, progress, there, {
        "pgbench": lambda clients, time_s: sides.pgbench(database_image, servers, rows, there, clients, time_s),
        "app1": lambda clients, time_s: sides.wrk(tools_image, apps, there, clients, time_s),
    })  # fmt: skip


def _measured(bench: Bench, side: str, clients: int, seconds: int) -> Measurement:
    with bench.progress.step(f"{TITLES[side]}: {clients} clients") as detail:
        detail("warm up")
        warm = _sample(bench, side, clients, WARM_UP_S)
        time_s = lasting(warm.per_s, bench.seats.count, seconds)
        detail(f"measure for {time_s} s")
        load_1m = os.getloadavg()[0]
        sample = _sample(bench, side, clients, time_s)
    return Measurement(side, clients, sample.per_s, sample, load_1m)


def lasting(per_s: float, seats_there: int, seconds: int) -> int:
    """How many seconds to measure for, so that seats do not run out."""
    return seconds if per_s * seconds <= seats_there * SEATS_USED else max(1, int(seats_there * SEATS_USED / per_s))


def _sample(bench: Bench, side: str, clients: int, time_s: int) -> Sample:
    """From fresh data; the database's own count of orders must bear the tool out."""
    ports = bench.stack.ports()
    reset(ports)
    output = run_tool(bench.tools[side](clients, time_s), bench.stack, time_s + SLACK_S)
    sample = sides.read_pgbench(output, time_s) if side == "pgbench" else sides.read_wrk(output)
    stored = orders(ports)
    if not sample.purchases <= stored <= sample.purchases + clients:  # at the end, each client may have one under way
        raise PlatformError(f"{side} counted {sample.purchases} purchases, and the database has {stored} orders")
    return sample


def best(found: Iterable[Measurement], side: str) -> Measurement | None:
    """The fastest of a side that kept its latency and made no errors; None when there is none."""
    good = [one for one in found if one.side == side and is_good(one.sample)]
    return max(good, key=lambda one: one.per_s, default=None)


def is_good(sample: Sample) -> bool:
    """No errors, hardly any refusal, and 99% of the answers in time."""
    few = sample.refused <= REFUSED_MAX * (sample.purchases + sample.refused)
    return sample.errors == 0 and few and sample.p99_ms is not None and sample.p99_ms < P99_LIMIT_MS


def ratio(found: Iterable[Measurement]) -> float | None:
    """App 1's best over pgbench's; None when either is not known."""
    rows = list(found)
    above, below = best(rows, "app1"), best(rows, "pgbench")
    return above.per_s / below.per_s if above and below and below.per_s else None


def verdict(found: Iterable[Measurement]) -> Verdict:
    """INVALID when there is nothing to compare; FAIL when App 1 made errors, or is too slow."""
    rows = list(found)
    ours = [row for row in rows if row.side == "app1"]
    if not ours or best(rows, "pgbench") is None:
        return Verdict.INVALID
    reached = ratio(rows)
    has_errors = any(row.sample.errors for row in ours)
    return Verdict.PASS if reached is not None and reached >= GOAL_RATIO and not has_errors else Verdict.FAIL


def write(folder: Path, found: list[Measurement]) -> None:
    """Write `reservations.json`: every measurement, the best of each side, their ratio."""
    document: dict[str, Any] = {
        "p99_limit_ms": P99_LIMIT_MS,
        "goal_ratio": GOAL_RATIO,
        "ratio": ratio(found),
        "verdict": verdict(found).name,
        "best": {side: (row := best(found, side)) and dataclasses.asdict(row) for side in CLIENTS},
        "measurements": [dataclasses.asdict(row) for row in found],
        "host": {"cpus": os.cpu_count()},
        "stopped": IDLE,
    }
    (folder / "reservations.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")


def show(found: list[Measurement]) -> None:
    """Print the table and the ratio on stdout."""
    table = Table("what", "clients", "purchases/s", "p50 ms", "p99 ms", "refused", "errors", "best", "load before",
                  title=f"Purchases of one seat, p99 < {P99_LIMIT_MS:.0f} ms")  # fmt: skip
    chosen = [best(found, side) for side in CLIENTS]
    for row in sorted(found, key=lambda one: list(CLIENTS).index(one.side)):
        sample = row.sample
        table.add_row(
            TITLES[row.side], str(row.clients), f"{row.per_s:,.0f}", _shown(sample.p50_ms), _shown(sample.p99_ms),
            str(sample.refused), str(sample.errors), "*" if row in chosen else "", f"{row.load_1m:.1f}",
        )  # fmt: skip
    console = Console(width=140)
    console.print(table)
    reached = ratio(found)
    console.print(f"App 1 / pgbench: {'not measured' if reached is None else f'{reached:.2f}'} (goal {GOAL_RATIO})")


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
