"""Ratio objectives: good / total >= target, from what clients saw (`operations`) or what was issued
(`issuance`).

                         steady traffic              fault window [inject, recovered]
    operations   n, bad -> 95% bounds vs target      n, bad -> exact ratio vs target      worst of both
    issuance     every order of the run, counted: nothing is inferred, so there are no bounds

Steady requests are a sample of what the service does. Where its failures come in bursts, requests are not independent,
and weigh as fewer of them (`stats.steady_bounds`). Those in a fault window are all there was of that fault, and are
counted. Warm-up counts nowhere. Objectives by slices of time are judged the same way, a slice in the place of a request
(`timeslices.py`). A window shorter than the run is not slid along it: all of the run counts as one sample, and the
reason says so.
"""

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tfbench import texts
from tfbench.model import Objective
from tfbench.results import ObjectiveResult
from tfbench.rundata import RunData
from tfbench.slo.objective import SlicedObjective
from tfbench.slo.records import objective_result, unreadable
from tfbench.slo.stats import Bounds, further_requests, steady_bounds
from tfbench.slo.tally import Seconds, count_seconds, tally_operations
from tfbench.slo.timeslices import judge_sliced
from tfbench.verdict import Verdict, merge

# 0.9 of 10 is 9, also in floating point.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Counts:
    """`bad` of `n`, `open` of which may still become good."""

    n: int
    bad: int
    open: int = 0

    @classmethod
    def of(cls, seconds: Seconds) -> "Counts":
        """All that was counted in these seconds."""
        return cls(int(seconds.n.sum()), int((seconds.n - seconds.good).sum()), int(seconds.open.sum()))

    @property
    def ratio(self) -> float | None:
        """Good ones of all; None of nothing."""
        return (self.n - self.bad) / self.n if self.n else None


def sampled_verdict(bounds: Bounds | None, target: float) -> Verdict:
    """What a sample shows: PASS and FAIL with 95% confidence each, else INCONCLUSIVE; None: there was none."""
    if bounds is None:
        return Verdict.NO_DATA
    if bounds.lower >= target:
        return Verdict.PASS
    return Verdict.FAIL if bounds.upper < target else Verdict.INCONCLUSIVE


def exact_verdict(counts: Counts, target: float) -> Verdict:
    """What a full count shows; while records are open, what it shows however they end."""
    if not counts.n:
        return Verdict.NO_DATA
    missed = target * counts.n - (counts.n - counts.bad) - ROUNDING
    if missed <= 0:
        return Verdict.PASS
    return Verdict.INCONCLUSIVE if counts.open >= missed else Verdict.FAIL


def judge_objectives(run: RunData, objectives: Sequence[Objective], required: Collection[str]) -> list[ObjectiveResult]:
    """Count these objectives, in one pass over the operations, and judge each; `required` names those that decide."""
    tally_operations(run, objectives)
    return [_judge_tallied(run, objective, objective.id in required) for objective in objectives]


def judge_objective(run: RunData, objective: Objective, required: bool) -> ObjectiveResult:
    """Count and judge one objective."""
    return judge_objectives(run, [objective], {objective.id} if required else ())[0]


def _judge_tallied(run: RunData, objective: Objective, required: bool) -> ObjectiveResult:
    result = unreadable(run, objective, required) or _judge(run, objective, required)
    observed_s = run.windows.load_until - run.windows.measured_from
    if objective.window_s >= observed_s or result.verdict is Verdict.NO_DATA:
        return result
    shorter = texts.render("slo.window_shorter", window=objective.window_s, observed=observed_s)
    return dataclasses.replace(result, reason=texts.joined(result.reason, shorter))


def _judge(run: RunData, objective: Objective, required: bool) -> ObjectiveResult:
    if isinstance(objective, SlicedObjective):
        return judge_sliced(run, objective, required)
    counted = count_seconds(run, objective)
    total = Counts.of(counted)
    if objective.total.source == "issuance":
        verdict = exact_verdict(total, objective.target)
        return _result(
            objective, required, verdict, _exact_reason("ratio.issuance", total, objective.target, verdict), total
        )
    steady = counted.side(in_fault=False)
    bounds = steady_bounds(steady.n, steady.n - steady.good) if len(steady.n) else None
    verdicts = [sampled_verdict(bounds, objective.target)]
    reasons = [_steady_reason(Counts.of(steady), bounds, objective.target, verdicts[0])]
    if any(times.window for times in run.windows.faults):
        fault = Counts.of(counted.side(in_fault=True))
        verdicts.append(exact_verdict(fault, objective.target))
        reasons.append(_exact_reason("ratio.fault", fault, objective.target, verdicts[1]))
    return _result(
        objective,
        required,
        merge(verdicts) if total.n else Verdict.NO_DATA,
        texts.joined(*reasons),
        total,
        (bounds.lower, bounds.upper) if bounds else None,
    )


def _steady_reason(counts: Counts, bounds: Bounds | None, target: float, verdict: Verdict) -> texts.Rendered:
    if bounds is None:
        return texts.render("ratio.steady.no_data")
    is_open = verdict is Verdict.INCONCLUSIVE
    said = texts.render(
        f"ratio.steady.{verdict.name.lower()}",
        n=counts.n,
        bad=counts.bad,
        target=target,
        lower=bounds.lower,
        upper=bounds.upper,
        more=further_requests(counts.n, counts.bad, target, bounds.effect) if is_open else 0,
    )
    if bounds.effect == 1:
        return said
    return texts.joined(said, texts.render("ratio.steady.bursts", n=counts.n, worth=counts.n / bounds.effect))


def _exact_reason(key: str, counts: Counts, target: float, verdict: Verdict) -> texts.Rendered:
    return texts.render(
        f"{key}.{verdict.name.lower()}",
        n=counts.n,
        bad=counts.bad,
        open=counts.open,
        target=target,
        measured=counts.ratio,
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
