"""Objectives by slices of time (OpenSLO Timeslices and RatioTimeslices): the mean over slices reaches the target.

    measured_from |--s--|--s--|--s--|--s--|--s--|-tail-| load_until        grid.py cuts and scores the slices
                    1.0   0.98  [fault....]  none           the tail, shorter than a slice, is left out

                         steady slices                        slices that a fault touches
    Timeslices       bad of n -> 95% bounds vs target         bad of n, exact           worst of both
    RatioTimeslices  mean ratio -> 95% bounds vs target       mean ratio, exact
    issuance         every order was counted, so every slice is exact

A slice without records is unmeasured: it may have been good or bad. So PASS and FAIL must hold both if all of those
were bad and if all were good; else it is INCONCLUSIVE. Without a slice measured there is no data.

Bad slices cluster: an outage of 20 s is one event, and 20 bad seconds in a row. So steady slices weigh as fewer
independent ones where they do, as requests do (`stats.steady_bounds`). Slices that are ratios count as yes-or-no ones
with the same mean, which vary the most: 99% needs 299 slices, like 299 requests.
"""

import math
from dataclasses import dataclass

import numpy as np

from tfbench import texts
from tfbench.results import ObjectiveResult
from tfbench.rundata import RunData
from tfbench.slo.grid import Floats, Grid, score, slice_records
from tfbench.slo.objective import Method, SlicedObjective
from tfbench.slo.records import objective_result
from tfbench.slo.stats import Bounds, further_requests, steady_bounds
from tfbench.slo.tally import count_seconds
from tfbench.verdict import Verdict, merge

# 0.9 of 10 is 9, also in floating point.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a run's slices: what each scored (0 to 1), or not a number where it was unmeasured."""

    scores: Floats

    @property
    def measured(self) -> Floats:
        """The scores that there are."""
        return self.scores[~np.isnan(self.scores)]

    @property
    def gaps(self) -> int:
        """How many slices are unmeasured."""
        return int(np.count_nonzero(np.isnan(self.scores)))

    def filled(self, value: float) -> Floats:
        """All slices, the unmeasured ones scored so."""
        return np.where(np.isnan(self.scores), value, self.scores)


def judge_sliced(run: RunData, objective: SlicedObjective, required: bool) -> ObjectiveResult:
    """Cut the run into slices, score and judge them."""
    grid = _grid(run, objective)
    if grid.count == 0:
        reason = texts.render("slo.slices.too_short", slice=objective.slice_s)
        return objective_result(objective, required, Verdict.NO_DATA, reason)
    scores = score(grid, objective.slice_target)
    everything, steady, fault = Part(scores), Part(scores[~grid.in_fault]), Part(scores[grid.in_fault])
    is_exact = objective.total.source == "issuance"
    bounds = None if is_exact or not len(steady.measured) else score_bounds(steady.measured)
    verdicts = [_verdict(steady, objective, is_exact)]
    reasons = [_reason("all" if is_exact else "steady", steady, objective, verdicts[0], bounds)]
    if not is_exact and any(times.window for times in run.windows.faults):
        verdicts.append(_verdict(fault, objective, is_exact=True))
        reasons.append(_reason("fault", fault, objective, verdicts[1]))
    reasons += _remarks(everything, grid)
    measured = everything.measured
    return objective_result(
        objective,
        required,
        merge(verdicts) if len(measured) else Verdict.NO_DATA,
        texts.joined(*reasons),
        n=len(measured),
        bad=_bad(measured, objective),
        measured=float(measured.mean()) if len(measured) else None,
        bounds=(bounds.lower, bounds.upper) if bounds else None,
    )


def score_bounds(scores: Floats) -> Bounds:
    """Between these the true mean of neighbouring slices is; there must be some."""
    return steady_bounds(np.ones(len(scores)), 1 - scores)


def _verdict(part: Part, objective: SlicedObjective, is_exact: bool) -> Verdict:
    if not len(part.measured):
        return Verdict.NO_DATA
    judge = _exact_verdict if is_exact else _sampled_verdict
    verdicts = {judge(part.filled(score), objective.target) for score in (0.0, 1.0)}
    return verdicts.pop() if len(verdicts) == 1 else Verdict.INCONCLUSIVE


def _sampled_verdict(scores: Floats, target: float) -> Verdict:
    bounds = score_bounds(scores)
    if bounds.lower >= target:
        return Verdict.PASS
    return Verdict.FAIL if bounds.upper < target else Verdict.INCONCLUSIVE


def _exact_verdict(scores: Floats, target: float) -> Verdict:
    return Verdict.PASS if float(scores.mean()) >= target - ROUNDING else Verdict.FAIL


def _bad(scores: Floats, objective: SlicedObjective) -> int:
    """Bad slices; of those that count their ratio, the ones below the target."""
    least = 1.0 if objective.method is Method.TIMESLICES else objective.target
    return int(np.count_nonzero(scores < least - ROUNDING))


def _grid(run: RunData, objective: SlicedObjective) -> Grid:
    counted = count_seconds(run, objective)
    return slice_records(
        counted.second,
        counted.n,
        counted.good,
        counted.in_fault,
        since=run.windows.measured_from,
        until=run.windows.load_until,
        slice_s=objective.slice_s,
        faults=[] if objective.total.source == "issuance" else [f.window for f in run.windows.faults if f.window],
    )


def _reason(
    which: str, part: Part, objective: SlicedObjective, verdict: Verdict, bounds: Bounds | None = None
) -> texts.Rendered:
    n = len(part.measured)
    if not n:
        return texts.render(f"slo.slices.{which}.no_data")
    told = texts.render(
        f"slo.slices.{which}.{verdict.name.lower()}",
        said=_said(part.measured, objective),
        lower=bounds.lower if bounds else 0.0,
        upper=bounds.upper if bounds else 0.0,
        target=objective.target,
        more=_further_slices(part, objective.target) if bounds and verdict is Verdict.INCONCLUSIVE else 0,
    )
    if bounds is None or bounds.effect == 1:
        return told
    return texts.joined(told, texts.render("slo.slices.steady.bursts", n=n, worth=n / bounds.effect))


def _said(scores: Floats, objective: SlicedObjective) -> texts.Rendered:
    return texts.render(
        f"slo.slices.{objective.method.name.lower()}",
        n=len(scores),
        bad=_bad(scores, objective),
        slice=objective.slice_s,
        measured=float(scores.mean()),
        target=objective.target,
    )


def _further_slices(part: Part, target: float) -> int:
    """How many more slices, all good, would show the target even if every unmeasured one was bad."""
    scores = part.filled(0.0)
    bad = math.ceil(np.sum(1 - scores) - ROUNDING)
    return further_requests(len(scores), bad, target, score_bounds(scores).effect)


def _remarks(part: Part, grid: Grid) -> list[texts.Rendered]:
    """What was not seen: slices without records, and the end of the run that is no whole slice."""
    remarks = [texts.render("slo.slices.gaps", gaps=part.gaps)] if part.gaps else []
    return [*remarks, texts.render("slo.slices.tail", tail=grid.tail_s)] if grid.tail_s >= 1 else remarks
