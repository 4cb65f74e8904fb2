"""What buyers must see while a fault holds, and what must happen by itself once it is healed.

The outage is from when the fault was verified from outside until healing began: nothing in it is a border
case.
"""

from typing import Any

from tfbench import texts
from tfbench.checks.finding import Finding, concluded, no_data
from tfbench.rundata import RunData
from tfbench.verdict import Verdict

_OUTCOMES = """
SELECT count(*) FILTER (WHERE op = 'purchase' AND NOT is_refusal),
       count(*) FILTER (WHERE op = 'purchase' AND is_confirmed),
       count(*) FILTER (WHERE op = 'purchase' AND is_refusal),
       count(*) FILTER (WHERE op = 'hold' AND is_refusal)
FROM (SELECT op, outcome = 'ok' AND coalesce(read_success, false) AS is_confirmed,
             outcome = 'fail' AND (status = 409 OR error = 'sold_out') AS is_refusal
      FROM operations SEMI JOIN outages ON t_intended >= t0 AND t_intended < t1
      WHERE op IN ('hold', 'purchase'))
"""

_UNCONFIRMED = """
SELECT format('flow={} t={:.3f} outcome={} status={} error={}',
              flow, t_intended, outcome, status, coalesce(error, ''))
FROM operations SEMI JOIN outages ON t_intended >= t0 AND t_intended < t1
WHERE op = 'purchase' AND NOT (outcome = 'ok' AND coalesce(read_success, false))
  AND NOT (outcome = 'fail' AND (status = 409 OR error = 'sold_out'))
ORDER BY t_intended
"""


def purchase_confirmed_during_outage(run: RunData) -> Finding:
    """Every purchase tried during the outage read "Compra Exitosa"; one without an answer did not."""
    purchases, confirmed, refused, holds_refused = run.row(_OUTCOMES)
    numbers = {
        "purchases": purchases,
        "confirmed": confirmed,
        "refused": refused,
        "holds_refused": holds_refused,
    }
    if not purchases:
        return no_data("check.purchase-confirmed-during-outage.no_data", **numbers)
    return concluded(
        "purchase-confirmed-during-outage",
        Verdict.PASS if confirmed == purchases else Verdict.FAIL,
        checked=purchases,
        violations=[text for (text,) in run.rows(_UNCONFIRMED)],
        **numbers,
    )


# An order's reads before its target began to come back: its own confirmation page, and later looks at it.
_BOUGHT = """
WITH bought AS (
  SELECT orden_id, min(t1) AS back, bool_or(p.t_end < t1) AS is_seen
  FROM purchases p JOIN outages ON p.t_intended >= t0 AND p.t_intended < t1 GROUP BY orden_id),
reads AS (
  SELECT r.orden_id, r.t_end, r.outcome, coalesce(r.ticket_state, 'null') AS state
  FROM bought JOIN operations r USING (orden_id)
  WHERE r.t_end < back
    AND (r.op = 'ticket_state' OR (r.op = 'purchase' AND r.outcome = 'ok' AND r.ticket_state IS NOT NULL)))
"""

_READS = f"""
{_BOUGHT}
SELECT (SELECT count(*) FROM bought),
       (SELECT count(*) FROM reads),
       (SELECT count(*) FROM bought WHERE is_seen AND orden_id NOT IN (SELECT orden_id FROM reads))
"""

_NOT_IN_PROCESS = f"""
{_BOUGHT}
SELECT format('orden={{}} t={{:.3f}} leido={{}} outcome={{}}', orden_id, t_end, state, outcome)
FROM reads WHERE outcome <> 'ok' OR state <> 'EN_PROCESO' ORDER BY t_end
"""

_NOT_SENT = f"""
{_BOUGHT}
SELECT format('orden={{}} estado_final={{}}', orden_id, coalesce(max(estado), 'sin entrada'))
FROM bought LEFT JOIN tickets USING (orden_id)
GROUP BY orden_id HAVING coalesce(max(estado), '') <> 'ENVIADO' ORDER BY orden_id
"""


def ticket_in_process_until_return(run: RunData) -> Finding:
    """What was bought in the outage reads "En Proceso" until the return, and is sent after it."""
    bought, reads, unread = run.row(_READS)
    if not bought:
        return no_data("check.ticket-in-process-until-return.no_data")
    wrong = [text for (text,) in run.rows(_NOT_IN_PROCESS)]
    not_sent = [text for (text,) in run.rows(_NOT_SENT)]
    seen = Verdict.INCONCLUSIVE if unread or not reads else Verdict.PASS
    verdict = Verdict.FAIL if wrong or not_sent else seen
    return concluded(
        "ticket-in-process-until-return",
        verdict,
        checked=bought,
        violations=wrong + not_sent,
        reads=reads,
        unread=unread,
        wrong=len(wrong),
        not_sent=len(not_sent),
    )


def queue_drained_by_itself(run: RunData) -> Finding:
    """The backlog of the outage was consumed after the return: nothing waits, nothing was given up on."""
    drain = run.last("drain")
    left = [(run.meta.get("queue") or {}).get(name) for name in ("ready", "unacked", "dead_letters")]
    backlog = _backlog(run)
    if drain is None or any(value is None for value in left) or not backlog:
        return no_data("check.queue-drained-by-itself.no_data")
    ready, unacked, dead = left
    is_settled = drain.get("state") == "settled"
    drained_s = _drained_after(run)
    finding = concluded(
        "queue-drained-by-itself",
        Verdict.PASS if is_settled and not (ready or unacked or dead) else Verdict.FAIL,
        checked=backlog,
        violations=[],
        backlog=backlog,
        ready=ready,
        unacked=unacked,
        dead=dead,
        pending=drain.get("pending"),
    )
    if drained_s is None:
        return finding
    seconds = texts.render("check.queue-drained-by-itself.seconds", drained=drained_s)
    return Finding(finding.verdict, texts.joined(finding.reason, seconds), finding.checked)


def _backlog(run: RunData) -> int:
    """The most messages seen waiting during an outage; 0 when none were, or nobody could look."""
    outages = [fault.outage for fault in run.windows.faults if fault.outage]
    waiting = [
        int(seen["queue_ready"])
        for seen in run.journal.of_kind("observation")
        if seen.get("queue_ready") is not None and any(t0 <= float(seen["t"]) < t1 for t0, t1 in outages)
    ]
    return max(waiting, default=0)


def _drained_after(run: RunData) -> float | None:
    """Seconds from the last heal until the queue was first seen empty; None when it was not seen so."""
    heals = [fault.heal_begin for fault in run.windows.faults if fault.heal_begin is not None]
    if not heals:
        return None
    empty = [
        float(seen["t"])
        for seen in run.journal.of_kind("observation")
        if float(seen["t"]) >= max(heals) and _is_empty(seen)
    ]
    return min(empty) - max(heals) if empty else None


def _is_empty(seen: dict[str, Any]) -> bool:
    return seen.get("queue_ready") == 0 and seen.get("queue_unacked") == 0
