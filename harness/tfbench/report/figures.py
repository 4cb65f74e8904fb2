"""The few numbers of the first screen. What an invariant judged is taken from it; the rest is counted here.

None is "no data", never zero. The outage is judging's: from when a fault was seen until healing was ordered.
"""

from dataclasses import dataclass

from tfbench.report.evidence import Evidence
from tfbench.report.observations import backlog
from tfbench.report.timeline import Timeline
from tfbench.verdict import Verdict

LOST = "no-acked-purchase-lost"
SOLD_TWICE = "no-seat-sold-twice"

# A refusal (the seat is taken) is an answer, and no purchase that the outage could have stopped.
_IN_OUTAGE = """
SELECT count(*) FILTER (WHERE NOT (outcome = 'fail' AND (status = 409 OR error = 'sold_out'))),
       count(*) FILTER (WHERE outcome = 'ok' AND coalesce(read_success, false))
FROM operations SEMI JOIN outages ON t_intended >= t0 AND t_intended < t1 WHERE op = 'purchase'
"""

_UNKNOWN = """
SELECT count(*) FROM operations
WHERE op = 'purchase' AND outcome = 'unknown' AND error IS DISTINCT FROM 'dropped'
"""


# More than one to an order, and those that the sink was offered again and did not store twice.
_DUPLICATES = """
SELECT coalesce(sum(repeticiones), 0) + count(orden_id) - count(DISTINCT orden_id) FROM mails
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """`sells`: somebody came for a seat. `drain_s` is from the last order to heal until the queue was seen empty."""

    sells: bool
    outage_tried: int | None
    outage_bought: int | None
    confirmed: int | None
    unknown: int | None
    mailed: int | None
    lost: int | None
    sold_twice: int | None
    backlog_peak: int | None
    backlog_peak_at_s: float | None
    drain_s: float | None
    orders: int | None
    pending: int | None
    dead_letters: int | None
    duplicate_mails: int | None


def read_figures(evidence: Evidence, timeline: Timeline) -> Figures:
    """All figures of one run."""
    tried, bought = _in_outage(evidence)
    peak, peak_at_s = _backlog_peak(evidence, timeline)
    drain = (evidence.records("drain") or [{}])[-1]
    run, has_operations = evidence.run, evidence.has_operations
    mailed = "SELECT count(*) FROM purchases WHERE orden_id IN (SELECT orden_id FROM mails)"
    return Figures(
        sells=evidence.sells,
        outage_tried=tried,
        outage_bought=bought,
        confirmed=run.count("SELECT count(*) FROM purchases") if has_operations else None,
        unknown=run.count(_UNKNOWN) if has_operations else None,
        mailed=run.count(mailed) if has_operations and "mails" in run.stores else None,
        lost=_violations(evidence, LOST),
        sold_twice=_violations(evidence, SOLD_TWICE),
        backlog_peak=peak,
        backlog_peak_at_s=peak_at_s,
        drain_s=_drain_s(evidence, timeline),
        orders=drain.get("orders"),
        pending=drain.get("pending"),
        dead_letters=(run.meta.get("queue") or {}).get("dead_letters"),
        duplicate_mails=run.count(_DUPLICATES) if "mails" in run.stores else None,
    )


def _violations(evidence: Evidence, invariant: str) -> int | None:
    """What an invariant counted; None where it was not judged, or had nothing to judge by."""
    judged = [item for item in evidence.results["invariants"] if item["id"] == invariant]
    if not judged or judged[0]["verdict"] in (Verdict.NO_DATA, Verdict.INCONCLUSIVE):
        return None
    return int(judged[0]["violation_count"])


def _in_outage(evidence: Evidence) -> tuple[int | None, int | None]:
    """Purchases tried while a fault surely held, and those of them confirmed."""
    if not evidence.has_operations or not any(fault.outage for fault in evidence.run.windows.faults):
        return None, None
    tried, bought = evidence.run.row(_IN_OUTAGE)
    return int(tried), int(bought)


def _backlog_peak(evidence: Evidence, timeline: Timeline) -> tuple[int | None, float | None]:
    points = [(point.total, point.at_s) for point in backlog(evidence, timeline) if point.total is not None]
    if not points:
        return None, None
    return max(points, key=lambda point: (point[0], -point[1]))


def _drain_s(evidence: Evidence, timeline: Timeline) -> float | None:
    heals = [fault.heal_s for fault in timeline.faults if fault.heal_s is not None]
    if not heals:
        return None
    seen = (point for point in backlog(evidence, timeline) if point.at_s >= max(heals))
    return next((point.at_s - max(heals) for point in seen if point.queue == 0), None)
