"""What ratio objectives count, second by second; all that count operations are counted in one pass over them.

    measured operations -> the table `tally`: how many in each second x op x outcome x status x latency x in_fault
    objective + tally   -> Seconds: n and good ones of each second, in a fault's window and outside
    stores              -> Seconds of issuance: one record an order, at the time of its "Compra Exitosa"

In `tally` a latency is rounded down to the nearest limit that an objective names, so a hundred million operations are a
few hundred thousand rows, and `latency_ms < limit` says the same of them as of the operations. Seconds are counted from
when measuring began.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tfbench.model import Objective, Selector
from tfbench.rundata import RunData
from tfbench.slo.grid import Bools, Ints

# One row an order: when the buyer's "Compra Exitosa" came, and whether the PDF was stored in time. Null: it was not,
# and nobody waited for it until the time was up.
_ISSUED = """
WITH population AS (
  SELECT coalesce(p.orden_id, o.orden_id) AS orden_id, coalesce(p.t_end, o.creada_en) AS acked
  FROM purchases p FULL JOIN orders o ON o.orden_id = p.orden_id
  WHERE coalesce(p.t_intended, o.creada_en) >= $since)
SELECT floor(acked - $since) AS second, 1 AS n, false AS in_fault,
       CASE WHEN t.pdf_creado_en IS NOT NULL THEN (t.pdf_creado_en - acked) * 1000 < $latency_ms_below
            WHEN ($waited - acked) * 1000 >= $latency_ms_below THEN false END AS good
FROM population
LEFT JOIN (SELECT orden_id, min(pdf_creado_en) AS pdf_creado_en FROM tickets GROUP BY orden_id) t
USING (orden_id)
"""


@dataclass(frozen=True, slots=True)
class Seconds:
    """`n` records counted, `good` of them, of each second and side of the fault; only where there are any.

    `open` of them may still become good: orders that had time left when they were waited for no longer.
    """

    second: Ints
    in_fault: Bools
    n: Ints
    good: Ints
    open: Ints

    def side(self, in_fault: bool) -> "Seconds":
        """Only what is in a fault's window, or only what is not."""
        at = self.in_fault == in_fault
        return Seconds(self.second[at], self.in_fault[at], self.n[at], self.good[at], self.open[at])


def tally_operations(run: RunData, objectives: Iterable[Objective]) -> None:
    """Count what these objectives tell apart, once for them all."""
    named = (objective.good.latency_ms_below for objective in objectives)
    limits = sorted({limit for limit in named if limit is not None}, reverse=True)
    bands = " ".join(f"WHEN latency_ms >= {limit!r} THEN {limit!r}" for limit in limits)
    run.db.execute(f"""
        CREATE OR REPLACE TEMP TABLE tally AS
        SELECT floor(since_s)::BIGINT AS second, op, outcome, status, in_fault,
               {f"CASE {bands} ELSE 0 END" if bands else "0"} AS latency_ms, count(*) AS n
        FROM measured GROUP BY ALL""")


def count_seconds(run: RunData, objective: Objective) -> Seconds:
    """What an objective counts; of operations, once they are tallied for it."""
    if objective.total.source == "issuance":
        limit_ms = objective.good.latency_ms_below
        parameters = {
            "since": run.windows.measured_from,
            "waited": run.windows.waited_until,
            "latency_ms_below": float("inf") if limit_ms is None else limit_ms,
        }
        return _seconds(run, _ISSUED, parameters)
    counted, good = _condition(objective.total), _condition(objective.good)
    return _seconds(run, f"SELECT second, n, in_fault, {good} AS good FROM tally WHERE {counted}", {})


def _seconds(run: RunData, sql: str, parameters: dict[str, float]) -> Seconds:
    arrays = run.arrays(
        f"""
        SELECT coalesce(second, -1)::BIGINT AS second, in_fault, sum(n)::BIGINT AS n,
               coalesce(sum(n) FILTER (good), 0)::BIGINT AS good,
               coalesce(sum(n) FILTER (good IS NULL), 0)::BIGINT AS open
        FROM ({sql}) GROUP BY ALL ORDER BY second""",
        **parameters,
    )
    return Seconds(
        second=arrays["second"].astype(np.int64),
        in_fault=arrays["in_fault"].astype(np.bool_),
        n=arrays["n"].astype(np.int64),
        good=arrays["good"].astype(np.int64),
        open=arrays["open"].astype(np.int64),
    )


def _condition(selector: Selector) -> str:
    """SQL for a selector: a filter left out selects everything."""
    filters = []
    if selector.operations:
        filters.append(f"op IN ({_texts(selector.operations)})")
    if selector.outcome:
        filters.append(f"outcome IN ({_texts(selector.outcome)})")
    if selector.latency_ms_below is not None:
        filters.append(f"latency_ms < {selector.latency_ms_below!r}")
    if selector.status_not:
        filters.append(f"status NOT IN ({', '.join(map(str, selector.status_not))})")
    return " AND ".join(filters) or "true"


def _texts(words: tuple[str, ...]) -> str:
    return ", ".join("'" + word.replace("'", "''") + "'" for word in words)
