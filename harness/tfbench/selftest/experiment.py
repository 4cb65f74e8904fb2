"""One run of the selftest: a run folder like any other, written by the real journal and the real load process.

Target (server) + LoadProcess -> journal, operations -> judge(run folder, Scenario made here) -> Results
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfbench.clock import Clock
from tfbench.journal import Journal
from tfbench.judge import judge
from tfbench.load.config import LoadConfig
from tfbench.load.process import LoadProcess
from tfbench.model import (
    AnyObjective,
    FaultSpec,
    LoadSpec,
    Objective,
    Phases,
    Scenario,
    Selector,
    Slo,
    Text,
)
from tfbench.results import Results
from tfbench.segments import compact
from tfbench.selftest.cores import LOAD, TARGET, on_core
from tfbench.selftest.target import Plan, Target

START_DEADLINE_S = 60.0
END_SLACK_S = 60.0
_WINDOW_S = 30 * 86_400.0
_NAME = Text(en="selftest", es="autoprueba")


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered: `duration_s` seconds of it, or less when the experiment ends before."""

    rate_per_s: float
    mix: Mapping[str, float]
    duration_s: float
    seed: int
    module: str = "tfbench.load"


@dataclass(slots=True)
class Experiment:
    """A run while it goes on."""

    run_dir: Path
    clock: Clock
    journal: Journal
    target: Target
    load: LoadProcess


@dataclass(frozen=True, slots=True)
class Played:
    """A run that is over: the load's totals, and what the server says it served and failed, by path."""

    run_dir: Path
    totals: Mapping[str, Any]
    served: Mapping[str, int]
    failed: Mapping[str, int]


def play(run_dir: Path, offer: Offer, plan: Plan, during: Callable[[Experiment], None] | None = None) -> Played:
    """Play a load against a fresh server, to its end or to that of `during`."""
    (run_dir / "logs").mkdir(parents=True)
    clock = Clock.start()
    with on_core(TARGET):
        server = Target(plan, clock, run_dir)
    with server as target, Journal(run_dir / "journal.jsonl", clock) as journal:
        journal.record("phase", phase="baseline", event="begin")
        config = LoadConfig(
            base_url=target.base_url, rate_per_s=offer.rate_per_s, mix=offer.mix, seed=offer.seed,
            duration_s=offer.duration_s, clock_offset=clock.offset, run_dir=run_dir, workload="selftest",
        )  # fmt: skip
        with on_core(LOAD):
            process = LoadProcess(config, run_dir / "logs" / "load.log", offer.module)
        with process as load:
            load.wait_playing(START_DEADLINE_S)
            if during is not None:
                during(Experiment(run_dir, clock, journal, target, load))
                totals = load.stop()
            else:
                totals = load.finish(offer.duration_s + END_SLACK_S)
        journal.record("load", state="stopped", **{key: totals.get(key) for key in ("offered", "delivered", "dropped")})
        journal.record("drain", state="settled")
        sent = target.finish()
    compact(run_dir)
    return Played(run_dir, totals, sent["served"], sent["failed"])


def judged(run_dir: Path, objectives: list[AnyObjective], faults: tuple[FaultSpec, ...] = ()) -> Results:
    """The run judged as every run is: from its folder, all objectives required."""
    return judge(
        run_dir,
        Scenario(
            path=run_dir,
            name="selftest",
            title=_NAME,
            purpose=_NAME,
            system="selftest",
            profile="selftest",
            seed=0,
            load=LoadSpec("selftest", 0, "poisson", {}),
            phases=Phases(0, 0, 0, 0, 0),
            faults=faults,
            slo=Slo(run_dir, tuple(objectives)),
            required=tuple(objective.id for objective in objectives),
            expectations=(),
            invariants=(),
        ),
    )


def ratio(name: str, kind: str, target: float, latency_ms_below: float | None = None) -> Objective:
    """The promise that a share of one kind's operations is good: answered, and in time if a time is given."""
    return Objective(
        id=name,
        title=_NAME,
        service="selftest",
        target=target,
        window_s=_WINDOW_S,
        good=Selector("operations", (kind,), ("ok",), latency_ms_below),
        total=Selector("operations", (kind,), ("ok", "unknown")),
    )
