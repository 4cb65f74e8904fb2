"""Ratio verdicts against the truth: for each target, kinds of requests that fail more and less often than it allows.

    kind -> planted share of failures -> server fails that share -> objective of its own -> PASS, FAIL or undecided

Every kind is a trial, all of them in one run. A verdict is false when it is the opposite of the right one; an undecided
one is not false, but too many of them are no verdicts at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tfbench.results import ObjectiveResult
from tfbench.selftest.experiment import Offer, Played, judged, play, ratio
from tfbench.selftest.kinds import KINDS
from tfbench.selftest.table import Row
from tfbench.selftest.target import Plan
from tfbench.verdict import Verdict

RATE_PER_S = 1500.0
FALSE_LIMIT = 0.05
RIGHT_LIMIT = 0.8


@dataclass(frozen=True, slots=True)
class Dose:
    """Trials at one target: `pairs` above and as many below it, of about `requests` each.

    With ten failures allowed (`requests` = 10 / (1 - target)) a fifth of them shows that the target is met, three times
    as many that it is not: 95 times in 100 and more often. 99.99% takes so many requests that it gets none at all, and
    ten times as many: 29,956 good ones show it.
    """

    target: float
    requests: int
    pairs: int
    below: float = 0.2
    above: float = 3.0


FULL = (
    Dose(0.95, 200, 20),
    Dose(0.99, 1_000, 10),
    Dose(0.995, 2_000, 5),
    Dose(0.999, 10_000, 2),
    Dose(0.9999, 31_000, 1, below=0.0, above=10.0),
)
QUICK = (Dose(0.95, 200, 6), Dose(0.99, 1_000, 1))


@dataclass(frozen=True, slots=True)
class Trial:
    """One kind of requests: the target it is judged against, and the share of them that fails."""

    kind: str
    target: float
    requests: int
    planted: float

    @property
    def right(self) -> Verdict:
        return Verdict.PASS if 1 - self.planted > self.target else Verdict.FAIL


def trials(doses: tuple[Dose, ...]) -> list[Trial]:
    """Every trial, each with a kind of its own."""
    kinds = iter(KINDS)
    return [
        Trial(next(kinds), dose.target, dose.requests, round(factor * (1 - dose.target), 9))
        for dose in doses
        for factor in (dose.below, dose.above)
        for _ in range(dose.pairs)
    ]


def check_failures(folder: Path, doses: tuple[Dose, ...], seed: int) -> list[Row]:
    """Rows: the verdicts at each target, and whether every failure was counted."""
    wanted = trials(doses)
    total = sum(trial.requests for trial in wanted)
    mix = {trial.kind: trial.requests / total for trial in wanted}
    plan = Plan(seed, fail={f"/{trial.kind}": trial.planted for trial in wanted})
    played = play(folder, Offer(RATE_PER_S, mix, total / RATE_PER_S, seed), plan)
    judgement = judged(folder, [ratio(trial.kind, trial.kind, trial.target) for trial in wanted])
    results = {result.id: result for result in judgement.objectives}
    return [*_rows(wanted, results), _counted(played, list(results.values()))]


def _rows(wanted: list[Trial], results: dict[str, ObjectiveResult]) -> Iterator[Row]:
    for target in sorted({trial.target for trial in wanted}):
        group = [trial for trial in wanted if trial.target == target]
        yield verdict_row(target, group, [results[trial.kind].verdict for trial in group])


def verdict_row(target: float, group: list[Trial], said: list[Verdict]) -> Row:
    """How often the verdict was right, undecided and false."""
    right = sum(verdict is trial.right for trial, verdict in zip(group, said, strict=True))
    opposite = {Verdict.PASS: Verdict.FAIL, Verdict.FAIL: Verdict.PASS}
    false = sum(verdict is opposite[trial.right] for trial, verdict in zip(group, said, strict=True))
    planted = sorted({trial.planted for trial in group})
    return Row(
        check=f"{target * 100:g}% answered, verdicts",
        planted=" or ".join(f"{share * 100:g}%" for share in planted) + f" failing, {len(group)} trials",
        measured=f"{right} right, {len(group) - right - false} undecided, {false} false",
        limit=f"false <= {FALSE_LIMIT:.0%}, right >= {RIGHT_LIMIT:.0%}",
        holds=false <= FALSE_LIMIT * len(group) and right >= RIGHT_LIMIT * len(group),
    )


def _counted(played: Played, results: list[ObjectiveResult]) -> Row:
    served, failed = sum(played.served.values()), sum(played.failed.values())
    n, bad = sum(result.n for result in results), sum(result.bad for result in results)
    return Row(
        check="failures counted",
        planted=f"{failed:,} of {served:,} served",
        measured=f"{bad:,} of {n:,} judged",
        limit="the same",
        holds=(n, bad) == (served, failed) and n == played.totals["offered"] > 0,
    )
