"""Two runs of the same must not differ, and two of which one is worse must.

Two runs differ in an objective when their verdicts do, or when the intervals of their good ratios do not touch. Each
run has a seed of its own: other arrivals, other failures, the same shares.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tfbench.results import ObjectiveResult
from tfbench.selftest.experiment import Offer, judged, play, ratio
from tfbench.selftest.kinds import KINDS
from tfbench.selftest.table import Row
from tfbench.selftest.target import Plan

RATE_PER_S = 1000.0
DURATION_S = 8.0
TARGET = 0.95
SHARE, WORSE = 0.02, 0.08
SLOW_S, LATENCY_MS = 0.4, 200.0


@dataclass(frozen=True, slots=True)
class Side:
    """A run to compare: `share` of its requests fail, and as many are slow."""

    name: str
    share: float


def check_pairs(folder: Path, duration_s: float, seed: int, detail: Callable[[str], None]) -> list[Row]:
    """Rows: an A/A pair, and one that must be told apart."""
    sides = (Side("A", SHARE), Side("again", SHARE), Side("worse", WORSE))
    results = {}
    for number, side in enumerate(sides):
        detail(side.name)
        results[side.name] = _run(folder / side.name, duration_s, seed + number, side.share)
    same, other = (differing(results["A"], results[name]) for name in ("again", "worse"))
    all_of_them = len(results["A"])
    planted = f"{SHARE:.0%} failing, {SHARE:.0%} slow, twice"
    return [
        Row("A/A pair", planted, f"{same} of {all_of_them} differ", "none", same == 0),
        Row("A/B pair", f"{SHARE:.0%} and {WORSE:.0%} of each", f"{other} of {all_of_them} differ", "all",
            other == all_of_them),
    ]  # fmt: skip


def _run(folder: Path, duration_s: float, seed: int, share: float) -> list[ObjectiveResult]:
    failing, slow = KINDS[:2]
    plan = Plan(seed, fail={f"/{failing}": share}, slow={f"/{slow}": share}, slow_s=SLOW_S)
    play(folder, Offer(RATE_PER_S, {failing: 0.5, slow: 0.5}, duration_s, seed), plan)
    return judged(folder, [ratio("answered", failing, TARGET), ratio("fast", slow, TARGET, LATENCY_MS)]).objectives


def differing(one: list[ObjectiveResult], other: list[ObjectiveResult]) -> int:
    """How many objectives two runs differ in."""
    return sum(_differ(a, b) for a, b in zip(one, other, strict=True))


def _differ(a: ObjectiveResult, b: ObjectiveResult) -> bool:
    if a.verdict is not b.verdict:
        return True
    return any(
        x.upper is not None and y.lower is not None and x.upper < y.lower for x, y in itertools.permutations((a, b))
    )
