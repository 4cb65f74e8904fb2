"""Why the load is open: the same freezes, seen by both kinds of loop and judged by the same promise.

A closed loop's few users wait for the frozen server and so ask nothing; only one slow answer each is on record.
Arrivals of an open loop go on coming, as people do. There are several freezes: of one alone, slow answers are one
burst, from which nothing follows for the rest of the time.
"""

import time
from pathlib import Path

from tfbench.results import ObjectiveResult
from tfbench.selftest.experiment import END_SLACK_S, Experiment, Offer, judged, play, ratio
from tfbench.selftest.kinds import KINDS
from tfbench.selftest.table import Row
from tfbench.selftest.target import Plan
from tfbench.verdict import Verdict

RATE_PER_S = 300.0
DURATION_S = 18.0
FREEZE_S = 0.8
FREEZES = 6
BEFORE_S = 2.0  # each of them
TARGET, LATENCY_MS = 0.99, 300.0


def check_loops(folder: Path, seed: int) -> list[Row]:
    """Row: the verdict of the closed loop, and that of the open one."""
    closed = _run(folder / "closed", seed, "tfbench.selftest.closed")
    opened = _run(folder / "open", seed, "tfbench.load")
    return [
        Row(
            check=f"{TARGET:.0%} under {LATENCY_MS:g} ms",
            planted=f"{FREEZES} freezes of {FREEZE_S:g} s in {DURATION_S:g} s",
            measured=f"closed loop {_shown(closed)}, open loop {_shown(opened)}",
            limit="closed PASS, open FAIL",
            holds=closed.verdict is Verdict.PASS and opened.verdict is Verdict.FAIL,
        )
    ]


def _run(folder: Path, seed: int, module: str) -> ObjectiveResult:
    """Nobody declares these freezes a fault: they are part of what the promise covers."""

    def during(experiment: Experiment) -> None:
        for _ in range(FREEZES):
            time.sleep(BEFORE_S)
            experiment.target.command("freeze", FREEZE_S)
            experiment.target.next_event("begin")
            experiment.target.next_event("end")
        experiment.load.finish(DURATION_S + END_SLACK_S)

    offer = Offer(RATE_PER_S, {KINDS[0]: 1.0}, DURATION_S, seed, module=module)
    play(folder, offer, Plan(seed), during)
    return judged(folder, [ratio("fast", KINDS[0], TARGET, LATENCY_MS)]).objectives[0]


def _shown(result: ObjectiveResult) -> str:
    slow = "nothing seen" if result.measured is None else f"{1 - result.measured:.1%} slow"
    return f"{result.verdict} ({slow})"
