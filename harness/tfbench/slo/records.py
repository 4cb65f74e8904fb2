"""What objectives count, as SQL over a run's views, and the result that every way of counting ends in."""

import dataclasses
from typing import Any

from tfbench import texts
from tfbench.model import Objective, Selector
from tfbench.results import ObjectiveResult
from tfbench.rundata import RunData
from tfbench.verdict import Verdict

# One row an order: when the buyer's "Compra Exitosa" came, and whether the PDF was stored in time.
_ISSUED = """
WITH population AS (
  SELECT coalesce(p.orden_id, o.orden_id) AS orden_id, coalesce(p.t_end, o.creada_en) AS acked
  FROM purchases p FULL JOIN orders o ON o.orden_id = p.orden_id
  WHERE coalesce(p.t_intended, o.creada_en) >= $since)
SELECT acked AS t, (t.pdf_creado_en - acked) * 1000 < $latency_ms_below IS TRUE AS good, false AS in_fault
FROM population
LEFT JOIN (SELECT orden_id, min(pdf_creado_en) AS pdf_creado_en FROM tickets GROUP BY orden_id) t
USING (orden_id)
"""
_ISSUANCE_STORES = {"orders", "tickets"}


def records(run: RunData, objective: Objective) -> tuple[str, dict[str, Any]]:
    """SQL and parameters of one row a counted record: `t`, `good`, `in_fault`."""
    if objective.total.source == "issuance":
        limit_ms = objective.good.latency_ms_below
        return _ISSUED, {
            "since": run.windows.measured_from,
            "latency_ms_below": float("inf") if limit_ms is None else limit_ms,
        }
    good, counted = _matches("good"), _matches("total")
    sql = f"SELECT t_intended AS t, coalesce({good}, false) AS good, in_fault FROM measured WHERE {counted}"
    return sql, _parameters("good", objective.good) | _parameters("total", objective.total)


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
