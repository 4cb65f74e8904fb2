"""How much evidence a scenario will have for each promise that it requires: pure arithmetic, before anything runs.

    Scenario -> one Evidence a required objective: expected operations, operations needed, baseline that would do, and
    the best verdict there can be

Counts are expectations: arrivals due x share, of the operations that an arrival surely makes.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from scipy.special import ndtri

from tfbench import catalog
from tfbench.load.arrivals import Shape
from tfbench.model import AnyObjective, InvariantObjective, LoadSpec, Objective, Phases, RecoveryObjective, Scenario
from tfbench.slo.objective import SlicedObjective
from tfbench.slo.stats import CONFIDENCE, minimum_requests
from tfbench.verdict import Verdict

# What a run takes besides its load (up, drain, judging, down): about a minute of a two-core machine, measured.
AROUND_LOAD_S = 60.0
# What "such failures recover within the limit" claims of failures to come.
RECOVERING_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a required objective will have. None: it needs no number of operations to be counted on, or only the run
    tells how many there are. An objective by slices of time needs slices, and `rate_per_s` is theirs.

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


def expected_arrivals(scenario: Scenario, begin_s: float, end_s: float) -> float:
    """How many arrivals are due in these seconds of the load, ramp, spike and surge included."""
    shape = Shape.of(scenario.load, scenario.phases)
    return scenario.load.rate_per_s * (shape.even_by(end_s) - shape.even_by(begin_s))


def expected_operations(scenario: Scenario, rate_per_s: float, begin_s: float, end_s: float) -> float:
    """How many operations are due in these seconds, of those that come at this rate when arrivals come at theirs."""
    return rate_per_s / scenario.load.rate_per_s * expected_arrivals(scenario, begin_s, end_s)


def full_rate_s(scenario: Scenario, baseline_s: float) -> float:
    """How many seconds of the full rate a baseline of so many is worth: less while a ramp is on."""
    ramp, warmup_s = Shape(scenario.load.ramp_s), scenario.phases.warmup_s
    return ramp.even_by(warmup_s + baseline_s) - ramp.even_by(warmup_s)


def operations_per_s(scenario: Scenario, operations: Iterable[str]) -> float:
    """Expected rate of these operations at the full rate, counting only those that their arrivals surely make."""
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
    """Seconds of the full rate after which 19 of 20 runs have `needed` operations: arrivals come by chance, and one
    makes several.

    The count after t seconds has mean m t and variance v t (compound Poisson, taken as normal): the smallest t with
    m t - z sqrt(v t) = needed.
    """
    rates = _rates(load, operations)
    mean = sum(rate * count for rate, count in rates)
    spread = float(ndtri(CONFIDENCE)) * math.sqrt(sum(rate * count**2 for rate, count in rates))
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
    if catalog.operations_made(scenario.load.workload, scenario.load.mix) is None:
        return _untold(scenario, objective)
    rate = operations_per_s(scenario, counted_operations(objective))
    if rate == 0:
        return Evidence(objective, Verdict.NO_DATA, rate_per_s=0.0)
    if isinstance(objective, Objective) and objective.total.source == "operations":
        if isinstance(objective, SlicedObjective):
            return _sampled_slices(scenario, objective)
        return _sampled(scenario, objective, rate)
    return Evidence(objective, Verdict.PASS, rate_per_s=rate)


def _untold(scenario: Scenario, objective: Objective | RecoveryObjective) -> Evidence:
    """Of a load whose operations only the run tells: what is needed, and of slices of time, how many there are."""
    if isinstance(objective, RecoveryObjective) or objective.total.source != "operations":
        return Evidence(objective, Verdict.PASS)
    if isinstance(objective, SlicedObjective):
        return _sampled_slices(scenario, objective)
    return Evidence(objective, Verdict.PASS, needed=minimum_requests(objective.target))


def counted_operations(objective: AnyObjective) -> tuple[str, ...]:
    """The operations that an objective counts; an order, for what was issued."""
    if isinstance(objective, InvariantObjective):
        return ()
    if not isinstance(objective, Objective):
        return objective.operations
    return ("purchase",) if objective.total.source == "issuance" else objective.total.operations


def _sampled(scenario: Scenario, objective: Objective, rate: float) -> Evidence:
    steady = round(rate * full_rate_s(scenario, scenario.phases.baseline_s))
    tolerated = tolerated_bad(steady, objective.target)
    needed = minimum_requests(objective.target)
    sure_s = sure_seconds(scenario.load, counted_operations(objective), needed)
    return Evidence(
        objective,
        Verdict.INCONCLUSIVE if tolerated is None else Verdict.PASS,
        rate_per_s=rate,
        steady=steady,
        needed=needed,
        tolerated=tolerated,
        baseline_s=_whole_baseline_s(scenario, needed / rate),
        sure_baseline_s=_whole_baseline_s(scenario, sure_s),
    )


def _sampled_slices(scenario: Scenario, objective: SlicedObjective) -> Evidence:
    """Slices come by the clock: as many in every run, at any rate that leaves none of them empty."""
    steady = math.floor(scenario.phases.baseline_s / objective.slice_s)
    tolerated, needed = tolerated_bad(steady, objective.target), minimum_requests(objective.target)
    return Evidence(
        objective,
        Verdict.INCONCLUSIVE if tolerated is None else Verdict.PASS,
        rate_per_s=1 / objective.slice_s,
        steady=steady,
        needed=needed,
        tolerated=tolerated,
        baseline_s=needed * objective.slice_s,
        sure_baseline_s=needed * objective.slice_s,
    )


def _whole_baseline_s(scenario: Scenario, even_s: float) -> float:
    """The baseline, in whole seconds, that is worth so many seconds of the full rate."""
    if scenario.load.ramp_s is None:
        return float(math.ceil(even_s))
    ramp, warmup_s = Shape(scenario.load.ramp_s), scenario.phases.warmup_s
    return float(math.ceil(ramp.comes_at(ramp.even_by(warmup_s) + even_s) - warmup_s))
