"""The result that every way of counting an objective ends in."""

import dataclasses

from tfbench import texts
from tfbench.model import Objective
from tfbench.results import ObjectiveResult
from tfbench.rundata import RunData
from tfbench.verdict import Verdict

_ISSUANCE_STORES = {"orders", "tickets"}


def unreadable(run: RunData, objective: Objective, required: bool) -> ObjectiveResult | None:
    """The result when the stores that the objective counts could not be read; None when they could."""
    missing = _ISSUANCE_STORES - run.stores
    if objective.total.source != "issuance" or not missing:
        return None
    reason = texts.render("check.missing_stores", stores=", ".join(sorted(missing)))
    return objective_result(objective, required, Verdict.NO_DATA, reason)


def objective_result(
    objective: Objective,
    required: bool,
    verdict: Verdict,
    reason: texts.Rendered,
    *,
    n: int = 0,
    bad: int = 0,
    measured: float | None = None,
    bounds: tuple[float, float] | None = None,
) -> ObjectiveResult:
    """An objective as it was judged; `bounds` None: everything was counted, or nothing."""
    return ObjectiveResult(
        id=objective.id,
        title=dataclasses.asdict(objective.title),
        service=objective.service,
        required=required,
        verdict=verdict,
        reason=reason,
        target=objective.target,
        measured=measured,
        n=n,
        bad=bad,
        lower=bounds[0] if bounds else None,
        upper=bounds[1] if bounds else None,
    )
