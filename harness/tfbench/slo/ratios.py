"""Ratio objectives: good / total >= target, from what clients saw (`operations`) or what was issued
(`issuance`).

                         steady traffic              fault window [inject, recovered]
    operations   n, bad -> 95% bounds vs target      n, bad -> exact ratio vs target      worst of both
    issuance     every order of the run, counted: nothing is inferred, so there are no bounds

Steady requests are a sample of what the service does; those in a fault window are all there was of that
fault, and its failures come in bursts, which no bound for independent requests covers. Warm-up counts
nowhere. Objectives by slices of time are judged the same way, a slice in the place of a request (`timeslices.py`).
A window shorter than the run is not slid along it: all of the run counts as one sample, and the reason says so.
"""

import dataclasses
from dataclasses import dataclass

from tfbench import texts
from tfbench.model import Objective
from tfbench.results import ObjectiveResult
from tfbench.rundata import RunData
from tfbench.slo.objective import SlicedObjective
from tfbench.slo.records import objective_result, records, unreadable
from tfbench.slo.stats import further_requests, lower_bound, upper_bound
from tfbench.slo.timeslices import judge_sliced
from tfbench.verdict import Verdict, merge

# 0.9 of 10 is 9, also in floating point.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Counts:
    """`bad` of `n`."""

    n: int
    bad: int

    @property
    def ratio(self) -> float | None:
        """Good ones of all; None of nothing."""
        return (self.n - self.bad) / self.n if self.n else None


def sampled_verdict(counts: Counts, target: float) -> Verdict:
    """What a sample shows: PASS and FAIL with 95% confidence each, else INCONCLUSIVE."""
    if not counts.n:
        return Verdict.NO_DATA
    if lower_bound(counts.n, counts.bad) >= target:
        return Verdict.PASS
    return Verdict.FAIL if upper_bound(counts.n, counts.bad) < target else Verdict.INCONCLUSIVE


def exact_verdict(counts: Counts, target: float) -> Verdict:
    """What a full count shows."""
    if not counts.n:
        return Verdict.NO_DATA
    is_met = counts.n - counts.bad >= target * counts.n - ROUNDING
    return Verdict.PASS if is_met else Verdict.FAIL


def judge_objective(run: RunData, objective: Objective, required: bool) -> ObjectiveResult:
    """Count and judge one objective."""
    result = unreadable(run, objective, required) or _judge(run, objective, required)
    observed_s = run.windows.load_until - run.windows.measured_from
    if objective.window_s >= observed_s or result.verdict is Verdict.NO_DATA:
        return result
    shorter = texts.render("slo.window_shorter", window=objective.window_s, observed=observed_s)
    return dataclasses.replace(result, reason=texts.joined(result.reason, shorter))


def _judge(run: RunData, objective: Objective, required: bool) -> ObjectiveResult:
    if isinstance(objective, SlicedObjective):
        return judge_sliced(run, objective, required)
    steady, fault = _count(run, objective)
    if objective.total.source == "issuance":
        verdict = exact_verdict(steady, objective.target)
        return _result(
            objective, required, verdict, _exact_reason("ratio.issuance", steady, objective.target, verdict), steady
        )
    verdicts = [sampled_verdict(steady, objective.target)]
    reasons = [_steady_reason(steady, objective.target, verdicts[0])]
    if any(times.window for times in run.windows.faults):
        verdicts.append(exact_verdict(fault, objective.target))
        reasons.append(_exact_reason("ratio.fault", fault, objective.target, verdicts[1]))
    total = Counts(steady.n + fault.n, steady.bad + fault.bad)
    return _result(
        objective,
        required,
        merge(verdicts) if total.n else Verdict.NO_DATA,
        texts.joined(*reasons),
        total,
        (lower_bound(steady.n, steady.bad), upper_bound(steady.n, steady.bad)) if steady.n else None,
    )


def _count(run: RunData, objective: Objective) -> tuple[Counts, Counts]:
    """Steady and fault-window counts; of issuance, every order, and none."""
    counts = {False: Counts(0, 0), True: Counts(0, 0)}
    sql, parameters = records(run, objective)
    grouped = f"SELECT in_fault, count(*), count(*) FILTER (WHERE NOT good) FROM ({sql}) GROUP BY in_fault"
    for in_fault, n, bad in run.rows(grouped, **parameters):
        counts[in_fault] = Counts(n, bad)
    return counts[False], counts[True]


def _steady_reason(counts: Counts, target: float, verdict: Verdict) -> texts.Rendered:
    if not counts.n:
        return texts.render("ratio.steady.no_data")
    lower, upper = lower_bound(counts.n, counts.bad), upper_bound(counts.n, counts.bad)
    return texts.render(
        f"ratio.steady.{verdict.name.lower()}",
        n=counts.n,
        bad=counts.bad,
        target=target,
        lower=lower,
        upper=upper,
        more=further_requests(counts.n, counts.bad, target) if verdict is Verdict.INCONCLUSIVE else 0,
    )


def _exact_reason(key: str, counts: Counts, target: float, verdict: Verdict) -> texts.Rendered:
    return texts.render(
        f"{key}.{verdict.name.lower()}", n=counts.n, bad=counts.bad, target=target, measured=counts.ratio
    )


def _result(
    objective: Objective,
    required: bool,
    verdict: Verdict,
    reason: texts.Rendered,
    counts: Counts,
    bounds: tuple[float, float] | None = None,
) -> ObjectiveResult:
    return objective_result(
        objective,
        required,
        verdict,
        reason,
        n=counts.n,
        bad=counts.bad,
        measured=counts.ratio,
        bounds=bounds,
    )
