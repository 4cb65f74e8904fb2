"""How long it takes to prove what a scenario requires, and what cannot be proved in the minutes that there are.

a run: up | warm-up | baseline ................. | outage | recovery | drain, judging, down
                    as long as the objective that needs most operations
a distribution of recovery times: 59 such runs
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from tfbench.model import RecoveryObjective, Scenario
from tfbench.plan_evidence import (
    AROUND_LOAD_S,
    RECOVERING_SHARE,
    Evidence,
    full_rate_s,
    load_s,
    planned_s,
    required_evidence,
    runs_for_share,
)
from tfbench.scenario import MIN_BASELINE_S
from tfbench.slo.objective import SlicedObjective
from tfbench.slo.stats import lower_bound
from tfbench.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Remedy:
    """The shortest run that can prove everything required, at the scenario's rate; `sure`: in 19 runs of 20.

    `rate_per_s`: the rate that does it within the minutes given; None when they are too few for any.
    """

    baseline_s: float
    sure_baseline_s: float
    run_s: float
    rate_per_s: int | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the scenario, as it is, cannot prove in the minutes given. `remedy` None: no length of it would."""

    minutes: float
    run_s: float
    unproved: tuple[Evidence, ...]
    remedy: Remedy | None


def refusal(scenario: Scenario, minutes: float) -> Refusal | None:
    """Why a run of these minutes cannot prove everything required; None when it can."""
    evidence = required_evidence(scenario)
    unproved = tuple(one for one in evidence if one.best is not Verdict.PASS)
    if not unproved and planned_s(scenario) <= 60 * minutes:
        return None
    has_nothing = any(one.best is Verdict.NO_DATA for one in unproved)
    remedy = None if has_nothing else _remedy(scenario, evidence, minutes)
    return Refusal(minutes, planned_s(scenario), unproved, remedy)


def _remedy(scenario: Scenario, evidence: list[Evidence], minutes: float) -> Remedy:
    around_s = planned_s(scenario) - scenario.phases.baseline_s
    baseline_s = max([MIN_BASELINE_S, *(one.baseline_s for one in evidence if one.baseline_s)])
    sure_s = max([MIN_BASELINE_S, *(one.sure_baseline_s for one in evidence if one.sure_baseline_s)])
    left_s = 60 * minutes - around_s
    # No rate makes slices come faster.
    slices_s = max((one.baseline_s or 0 for one in evidence if isinstance(one.objective, SlicedObjective)), default=0)
    is_enough = left_s >= max(MIN_BASELINE_S, slices_s)
    rate = _rate_within(scenario, baseline_s, left_s) if is_enough else None
    return Remedy(baseline_s, sure_s, around_s + baseline_s, rate)


def _rate_within(scenario: Scenario, baseline_s: float, left_s: float) -> int:
    """The rate whose arrivals of `left_s` are as many as the scenario's of `baseline_s`."""
    times = full_rate_s(scenario, baseline_s) / full_rate_s(scenario, left_s)
    return math.ceil(scenario.load.rate_per_s * times)


def refusal_lines(refused: Refusal) -> Iterator[str]:
    """A refusal in English, with what would do."""
    yield f"Refused: {refused.minutes:g} minutes cannot show everything that is required"
    for one in refused.unproved:
        yield f"  {one.objective.id}: at best {one.best}"
    yield f"  a run of the scenario as it is takes about {_minutes(refused.run_s)}"
    remedy = refused.remedy
    if remedy is None:
        yield "  no length would do: give a kind of arrival that surely makes what is counted a share of the mix"
        return
    baseline = f"baseline_s: {remedy.baseline_s:g} ({remedy.sure_baseline_s:g} in 19 runs of 20)"
    yield f"  would do: {baseline}, which takes at least {_minutes(remedy.run_s)} a run"
    if remedy.run_s > 60 * refused.minutes and remedy.rate_per_s is not None:
        yield f"  or, in {refused.minutes:g} minutes, rate_per_s: {remedy.rate_per_s}, if the system bears it"


def time_lines(scenario: Scenario) -> Iterator[str]:
    """How long a run takes and, where a recovery is required, what repeating it would show."""
    seconds = f"{load_s(scenario.phases):g} s of load, and about {AROUND_LOAD_S:g} s around it"
    yield f"Time: about {_minutes(planned_s(scenario))} a run ({seconds})"
    by_id = {objective.id: objective for objective in scenario.slo.objectives}
    if any(isinstance(by_id[name], RecoveryObjective) for name in scenario.required):
        runs = runs_for_share()
        yield f"  one run shows the recovery from one failure; of such failures, that {lower_bound(1, 0):.0%} recover"
        yield (
            f"  {runs} runs, all of them in time, show with 95% confidence that {RECOVERING_SHARE:.0%} do:"
            f" --repeat {runs}, about {_minutes(runs * planned_s(scenario))}"
        )


def repetition_line(scenario: Scenario, minutes: float) -> str:
    """How many runs fit in these minutes, and what they would show if all passed."""
    runs = math.floor(60 * minutes / planned_s(scenario))
    return f"In {minutes:g} minutes: {runs} runs; if all pass, at least {lower_bound(runs, 0):.1%} of such runs do"


def _minutes(seconds: float) -> str:
    """Rounded up to tenths: a time that is told here is never too short."""
    return f"{math.ceil(seconds / 6) / 10:,.1f} minutes"
