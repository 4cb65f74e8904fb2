"""How much evidence a scenario will have for each promise that it requires: pure arithmetic, before anything runs.

    Scenario -> one Evidence a required objective: expected operations, operations needed, baseline that would do, and
    the best verdict there can be

Counts are expectations: rate x share x seconds, of the operations that an arrival surely makes.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from scipy.stats import norm

from tfbench import catalog
from tfbench.model import AnyObjective, InvariantObjective, LoadSpec, Objective, Phases, Scenario
from tfbench.slo.stats import CONFIDENCE, minimum_requests
from tfbench.verdict import Verdict

# What a run takes besides its load (up, drain, judging, down): about a minute of a two-core machine, measured.
AROUND_LOAD_S = 60.0
# What "such failures recover within the limit" claims of failures to come.
RECOVERING_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a required objective will have. None: it needs no number of operations to be counted on.

    `needed` operations without a bad one prove it; a baseline of `baseline_s` brings them on average, one of
    `sure_baseline_s` in 19 runs of 20. `best` is the verdict there can be when nothing goes wrong.
    """

    objective: AnyObjective
    best: Verdict
    rate_per_s: float | None = None
    steady: int | None = None
    needed: int | None = None
    tolerated: int | None = None
    baseline_s: float | None = None
    sure_baseline_s: float | None = None


def required_evidence(scenario: Scenario) -> list[Evidence]:
    """The evidence of each required objective, in the scenario's order."""
    by_id = {objective.id: objective for objective in scenario.slo.objectives}
    return [_evidence(scenario, by_id[identifier]) for identifier in scenario.required]


def runs_for_share(share: float = RECOVERING_SHARE) -> int:
    """How many runs, all of them recovering in time, prove that `share` of such failures will: 59 for 95%."""
    return minimum_requests(share)


def load_s(phases: Phases) -> float:
    """How long the load is planned to be on."""
    return phases.warmup_s + phases.baseline_s + phases.outage_s + phases.recovery_s


def planned_s(scenario: Scenario) -> float:
    """How long a run of this scenario takes, about."""
    return load_s(scenario.phases) + AROUND_LOAD_S


def operations_per_s(scenario: Scenario, operations: Iterable[str]) -> float:
    """Expected rate of these operations, counting only those that their arrivals surely make."""
    return sum(rate * count for rate, count in _rates(scenario.load, operations))


def tolerated_bad(n: int, target: float) -> int | None:
    """How many of `n` operations may be bad with the target still proved; None when `n` is too few."""
    if n < minimum_requests(target):
        return None
    low, high = 0, n
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if minimum_requests(target, middle) <= n else (low, middle)
    return low


def sure_seconds(load: LoadSpec, operations: Iterable[str], needed: int) -> float:
    """Seconds after which 19 of 20 runs have `needed` operations: arrivals come by chance, and one makes several.

    The count after t seconds has mean m t and variance v t (compound Poisson, taken as normal): the smallest t with
    m t - z sqrt(v t) = needed.
    """
    rates = _rates(load, operations)
    mean = sum(rate * count for rate, count in rates)
    spread = float(norm.ppf(CONFIDENCE)) * math.sqrt(sum(rate * count**2 for rate, count in rates))
    root = (spread + math.sqrt(spread**2 + 4 * mean * needed)) / (2 * mean)
    return root**2


def _rates(load: LoadSpec, operations: Iterable[str]) -> list[tuple[float, int]]:
    """Of each kind of arrival, its rate and how many of the operations it surely makes."""
    certain = set(operations).difference(catalog.UNCERTAIN_OPERATIONS)
    return [
        (load.rate_per_s * share, sum(op in certain for op in catalog.OPERATIONS_OF_ARRIVAL[kind]))
        for kind, share in load.mix.items()
    ]


def _evidence(scenario: Scenario, objective: AnyObjective) -> Evidence:
    if isinstance(objective, InvariantObjective):
        return Evidence(objective, Verdict.PASS)
    rate = operations_per_s(scenario, counted_operations(objective))
    if rate == 0:
        return Evidence(objective, Verdict.NO_DATA, rate_per_s=0.0)
    if isinstance(objective, Objective) and objective.total.source == "operations":
        return _sampled(scenario, objective, rate)
    return Evidence(objective, Verdict.PASS, rate_per_s=rate)


def counted_operations(objective: AnyObjective) -> tuple[str, ...]:
    """The operations that an objective counts; an order, for what was issued."""
    if isinstance(objective, InvariantObjective):
        return ()
    if not isinstance(objective, Objective):
        return objective.operations
    return ("purchase",) if objective.total.source == "issuance" else objective.total.operations


def _sampled(scenario: Scenario, objective: Objective, rate: float) -> Evidence:
    steady = round(rate * scenario.phases.baseline_s)
    tolerated = tolerated_bad(steady, objective.target)
    needed = minimum_requests(objective.target)
    return Evidence(
        objective,
        Verdict.INCONCLUSIVE if tolerated is None else Verdict.PASS,
        rate_per_s=rate,
        steady=steady,
        needed=needed,
        tolerated=tolerated,
        baseline_s=float(math.ceil(needed / rate)),
        sure_baseline_s=float(math.ceil(sure_seconds(scenario.load, counted_operations(objective), needed))),
    )
