"""Objectives by slices of time (OpenSLO Timeslices and RatioTimeslices): the mean over slices reaches the target.

    measured_from |--s--|--s--|--s--|--s--|--s--|-tail-| load_until        grid.py cuts and scores the slices
                    1.0   0.98  [fault....]  none           the tail, shorter than a slice, is left out

                         steady slices                        slices that a fault touches
    Timeslices       bad of n -> 95% bounds vs target         bad of n, exact           worst of both
    RatioTimeslices  mean ratio -> interval vs target         mean ratio, exact
    issuance         every order was counted, so every slice is exact

A slice without records is unmeasured: it may have been good or bad. So PASS must hold if all of those were bad, and
FAIL if all were good; else it is INCONCLUSIVE. Without a slice measured there is no data.

Errors cluster, so the interval of a mean of ratios comes from a block bootstrap. A bootstrap cannot see what did not
happen: of slices that were all perfect it makes a certainty. The bounds of as many yes-or-no slices with that mean
(which vary the most) stand beside it, and the wider one counts: 99% needs 299 slices, like 299 requests.
"""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from tfbench import texts
from tfbench.results import ObjectiveResult
from tfbench.rundata import RunData
from tfbench.slo.grid import Floats, Grid, score, slice_records
from tfbench.slo.objective import Method, SlicedObjective
from tfbench.slo.records import objective_result
from tfbench.slo.stats import block_bounds, further_requests, lower_bound, upper_bound
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
    verdicts = [_verdict(steady, objective, is_exact)]
    reasons = [_reason("all" if is_exact else "steady", steady, objective, verdicts[0])]
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
        bounds=None if is_exact or not len(steady.measured) else score_bounds(steady.measured, objective.method),
    )


def score_bounds(scores: Floats, method: Method) -> tuple[float, float]:
    """Between these the true mean is, each with 95% confidence."""
    n, bad = len(scores), float(np.sum(1 - scores))
    lower, upper = lower_bound(n, bad), upper_bound(n, bad)
    if method is Method.TIMESLICES:
        return lower, upper
    # The cube root is the best order for the variance of a mean: Hall, Horowitz and Jing, Biometrika 82, 1995.
    sampled = block_bounds(np.ones(n), 1 - scores, round(n ** (1 / 3)))
    return (lower, upper) if sampled is None else (min(lower, sampled[0]), max(upper, sampled[1]))


def _verdict(part: Part, objective: SlicedObjective, is_exact: bool) -> Verdict:
    if not len(part.measured):
        return Verdict.NO_DATA
    judge = _exact_verdict if is_exact else partial(_sampled_verdict, method=objective.method)
    if judge(part.filled(0.0), objective.target) is Verdict.PASS:
        return Verdict.PASS
    return Verdict.FAIL if judge(part.filled(1.0), objective.target) is Verdict.FAIL else Verdict.INCONCLUSIVE


def _sampled_verdict(scores: Floats, target: float, method: Method) -> Verdict:
    lower, upper = score_bounds(scores, method)
    if lower >= target:
        return Verdict.PASS
    return Verdict.FAIL if upper < target else Verdict.INCONCLUSIVE


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


def _reason(which: str, part: Part, objective: SlicedObjective, verdict: Verdict) -> texts.Rendered:
    scores = part.measured
    if not len(scores):
        return texts.render(f"slo.slices.{which}.no_data")
    lower, upper = score_bounds(scores, objective.method) if which == "steady" else (0.0, 0.0)
    more = further_requests(len(part.scores), math.ceil(np.sum(1 - part.filled(0.0)) - ROUNDING), objective.target)
    said = texts.render(
        f"slo.slices.{objective.method.name.lower()}",
        n=len(scores),
        bad=_bad(scores, objective),
        slice=objective.slice_s,
        measured=float(scores.mean()),
        target=objective.target,
    )
    return texts.render(
        f"slo.slices.{which}.{verdict.name.lower()}",
        said=said,
        lower=lower,
        upper=upper,
        target=objective.target,
        more=more,
    )


def _remarks(part: Part, grid: Grid) -> list[texts.Rendered]:
    """What was not seen: slices without records, and the end of the run that is no whole slice."""
    remarks = [texts.render("slo.slices.gaps", gaps=part.gaps)] if part.gaps else []
    return [*remarks, texts.render("slo.slices.tail", tail=grid.tail_s)] if grid.tail_s >= 1 else remarks
