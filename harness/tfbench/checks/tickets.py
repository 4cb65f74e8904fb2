"""Reading tickets while their database is hit: earlier ones stay readable, from the replica, until the return.

    fault struck --- MOVED_WITHIN_S ---> every read from the replica --- recovered ---> from the primary again

A read is `ticket_state` or `ticket_pdf` of an order; its `source` is the store that the portal says it read.
"""

import math
from dataclasses import dataclass
from itertools import takewhile

from tfbench.checks.faulted import heal_ordered, of_each_fault, struck_within
from tfbench.checks.finding import Finding, concluded, no_data
from tfbench.rundata import RunData
from tfbench.verdict import Verdict
from tfbench.windows import FaultTimes

ROLE = "mariadb"
READABLE_AFTER_S = 1.5
MOVED_WITHIN_S = 1.0
LAST_READS = 5  # so many in a row from the primary show that reads have returned to it

_EARLIER = f"""
WITH issued AS (SELECT orden_id, min(pdf_creado_en) AS pdf_creado_en FROM tickets GROUP BY orden_id),
reads AS (
  SELECT r.*, t_start >= $effect + {READABLE_AFTER_S} AS is_late,
         outcome = 'ok' OR coalesce(op = 'ticket_pdf' AND status = 404 AND error = 'entrada_en_proceso'
           AND coalesce(issued.pdf_creado_en > $begin, true), false) AS is_answered
  FROM operations r SEMI JOIN (SELECT orden_id FROM purchases WHERE t_end < $begin) USING (orden_id)
  LEFT JOIN issued USING (orden_id)
  WHERE op IN ('ticket_state', 'ticket_pdf') AND t_end >= $begin AND t_start < $heal)
"""

_EARLIER_COUNTS = f"""
{_EARLIER} SELECT count(*), count(*) FILTER (WHERE is_late),
  count(*) FILTER (WHERE is_late AND ticket_state = 'DESCONOCIDO') FROM reads
"""

_UNREADABLE = f"""
{_EARLIER} SELECT format('op={{}} orden={{}} t={{:.3f}} outcome={{}} status={{}} error={{}}',
                         op, orden_id, t_start, outcome, status, coalesce(error, ''))
FROM reads WHERE status = 500 OR (is_late AND NOT is_answered) ORDER BY t_start
"""


def earlier_tickets_readable(run: RunData) -> Finding:
    """Tickets of orders that were acknowledged before the fault are read during it, after a moment at most."""
    return of_each_fault(run, "earlier-tickets-readable", _earlier_tickets_readable)


def _earlier_tickets_readable(run: RunData, fault: FaultTimes) -> Finding:
    begin, effect = struck_within(fault)
    window = {"begin": begin, "effect": effect, "heal": heal_ordered(fault)}
    reads, late, uninformed = run.row(_EARLIER_COUNTS, **window)
    unreadable = [text for (text,) in run.rows(_UNREADABLE, **window)]
    seen = Verdict.PASS if late else Verdict.INCONCLUSIVE if reads else Verdict.NO_DATA
    return concluded(
        "earlier-tickets-readable", Verdict.FAIL if unreadable else seen, checked=reads, violations=unreadable,
        late=late, count=len(unreadable), uninformed=uninformed, after=READABLE_AFTER_S,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """One read of a ticket; `source` is null when the page did not say, or there was no page."""

    t_start: float
    t_end: float
    source: str | None
    text: str


_READS = """
SELECT t_start, t_end, source, format('op={} orden={} t={:.3f} fuente={} outcome={}',
                                      op, orden_id, t_start, coalesce(source, 'null'), outcome)
FROM operations
WHERE op IN ('ticket_state', 'ticket_pdf') AND orden_id IS NOT NULL AND t_start >= $begin AND t_start < $until
ORDER BY t_start
"""


def _reads(run: RunData, begin: float, until: float) -> list[Read]:
    return [Read(*row) for row in run.rows(_READS, begin=begin, until=until)]


def _says_sources(run: RunData) -> bool:
    """Whether any page of this run said where it read; those of older runs did not."""
    return run.count("SELECT count(source) FROM operations") > 0


def ticket_reads_moved_to_replica(run: RunData) -> Finding:
    """Soon after the fault ticket reads come from the replica, and all later ones until healing do."""
    return of_each_fault(run, "ticket-reads-moved-to-replica", _moved, ROLE)


def _moved(run: RunData, fault: FaultTimes) -> Finding:
    _, effect = struck_within(fault)
    reads = _reads(run, effect, heal_ordered(fault))
    if not reads or not _says_sources(run):
        return no_data("check.ticket-reads-moved-to-replica.no_data")
    last_other = max((read.t_start for read in reads if read.source != "replica"), default=effect)
    moved = [read.t_end for read in reads if read.source == "replica" and read.t_start >= last_other]
    late = [read.text for read in reads if read.source != "replica" and read.t_start > effect + MOVED_WITHIN_S]
    in_time = Verdict.PASS if min(moved, default=math.inf) <= effect + MOVED_WITHIN_S else Verdict.INCONCLUSIVE
    return concluded(
        "ticket-reads-moved-to-replica", Verdict.FAIL if late else in_time, checked=len(reads), violations=late,
        moved=len(moved), count=len(late), limit=MOVED_WITHIN_S, lower=last_other - effect,
        upper=min(moved, default=math.inf) - effect,
    )  # fmt: skip


def ticket_reads_returned_to_primary(run: RunData) -> Finding:
    """Once the target has recovered, the last ticket reads come from the primary again."""
    return of_each_fault(run, "ticket-reads-returned-to-primary", _returned, ROLE)


def _returned(run: RunData, fault: FaultTimes) -> Finding:
    if fault.recovered is None or fault.heal_begin is None or not _says_sources(run):
        return no_data("check.ticket-reads-returned-to-primary.no_data")
    reads = _reads(run, fault.heal_begin, _next_strike(run, fault))
    recovered = [read for read in reads if read.t_start >= fault.recovered]
    if not recovered:
        return no_data("check.ticket-reads-returned-to-primary.no_data")
    last = list(takewhile(lambda read: read.source == "primario", reversed(reads)))
    enough = Verdict.PASS if len(last) >= LAST_READS else Verdict.INCONCLUSIVE
    return concluded(
        "ticket-reads-returned-to-primary", enough if last else Verdict.FAIL, checked=len(recovered),
        violations=[] if last else [recovered[-1].text], last=len(last), enough=LAST_READS,
        seconds=last[-1].t_end - fault.heal_begin if last else 0.0,
    )  # fmt: skip


def _next_strike(run: RunData, fault: FaultTimes) -> float:
    """When the next fault struck: what is read then says nothing of this one's end."""
    begins = [other.begin for other in run.windows.faults if other.begin is not None]
    return min((begin for begin in begins if fault.begin is not None and begin > fault.begin), default=math.inf)
