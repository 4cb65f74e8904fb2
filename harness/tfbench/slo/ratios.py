"""Ratio objectives: good / total >= target, from what clients saw (`operations`) or what was issued
(`issuance`).

                         steady traffic              fault window [inject, recovered]
    operations   n, bad -> 95% bounds vs target      n, bad -> exact ratio vs target      worst of both
    issuance     every order of the run, counted: nothing is inferred, so there are no bounds

Steady requests are a sample of what the service does; those in a fault window are all there was of that
fault, and its failures come in bursts, which no bound for independent requests covers. Warm-up counts
nowhere.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any

from tfbench import texts
from tfbench.model import Objective, Selector
from tfbench.results import ObjectiveResult
from tfbench.rundata import RunData
from tfbench.slo.stats import further_requests, lower_bound, upper_bound
from tfbench.verdict import Verdict, merge

# 0.9 of 10 is 9, also in floating point.
ROUNDING = 1e-9

_ISSUED = """
WITH population AS (
  SELECT coalesce(p.orden_id, o.orden_id) AS orden_id, coalesce(p.t_end, o.creada_en) AS acked
  FROM purchases p FULL JOIN orders o ON o.orden_id = p.orden_id
  WHERE coalesce(p.t_intended, o.creada_en) >= $since)
SELECT count(*), count(*) FILTER (WHERE t.pdf_creado_en IS NULL
                                     OR (t.pdf_creado_en - acked) * 1000 >= $latency_ms_below)
FROM population
LEFT JOIN (SELECT orden_id, min(pdf_creado_en) AS pdf_creado_en FROM tickets GROUP BY orden_id) t
USING (orden_id)
"""


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
    if objective.total.source == "issuance":
        return _judge_issuance(run, objective, required)
    steady, fault = count_operations(run, objective)
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


def count_operations(run: RunData, objective: Objective) -> tuple[Counts, Counts]:
    """Steady and fault-window counts."""
    counts = {False: Counts(0, 0), True: Counts(0, 0)}
    sql = (
        f"SELECT in_fault, count(*), count(*) FILTER (WHERE NOT ({_matches('good')})) "
        f"FROM measured WHERE {_matches('total')} GROUP BY in_fault"
    )
    parameters = _parameters("good", objective.good) | _parameters("total", objective.total)
    for in_fault, n, bad in run.rows(sql, **parameters):
        counts[in_fault] = Counts(n, bad)
    return counts[False], counts[True]


def _matches(name: str) -> str:
    """SQL for a selector: an empty list selects everything."""
    return (
        f"(len(${name}_operations::VARCHAR[]) = 0 OR list_contains(${name}_operations::VARCHAR[], op)) "
        f"AND (len(${name}_outcome::VARCHAR[]) = 0 OR list_contains(${name}_outcome::VARCHAR[], outcome)) "
        f"AND (${name}_latency_ms::DOUBLE IS NULL OR latency_ms < ${name}_latency_ms::DOUBLE) "
        f"AND NOT list_contains(${name}_status_not::INTEGER[], status)"
    )


def _parameters(name: str, selector: Selector) -> dict[str, Any]:
    return {
        f"{name}_operations": list(selector.operations),
        f"{name}_outcome": list(selector.outcome),
        f"{name}_latency_ms": selector.latency_ms_below,
        f"{name}_status_not": list(selector.status_not),
    }


def _judge_issuance(run: RunData, objective: Objective, required: bool) -> ObjectiveResult:
    """Every order of the run must be issued in time, from the buyer's "Compra Exitosa" to the stored PDF."""
    missing = {"orders", "tickets"} - run.stores
    if missing:
        reason = texts.render("check.missing_stores", stores=", ".join(sorted(missing)))
        return _result(objective, required, Verdict.NO_DATA, reason, Counts(0, 0), None)
    limit_ms = objective.good.latency_ms_below
    n, bad = run.row(
        _ISSUED,
        since=run.windows.measured_from,
        latency_ms_below=float("inf") if limit_ms is None else limit_ms,
    )
    counts = Counts(n, bad)
    verdict = exact_verdict(counts, objective.target)
    return _result(
        objective,
        required,
        verdict,
        _exact_reason("ratio.issuance", counts, objective.target, verdict),
        counts,
        None,
    )


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
    bounds: tuple[float, float] | None,
) -> ObjectiveResult:
    return ObjectiveResult(
        id=objective.id,
        title=dataclasses.asdict(objective.title),
        service=objective.service,
        required=required,
        verdict=verdict,
        reason=reason,
        target=objective.target,
        measured=counts.ratio,
        n=counts.n,
        bad=counts.bad,
        lower=bounds[0] if bounds else None,
        upper=bounds[1] if bounds else None,
    )
