"""What buyers' operations suffered from a fault: errors, losses, waits, and how long nobody could buy."""

from itertools import pairwise

from tfbench.checks.faulted import heal_ordered, of_each_fault, struck_within
from tfbench.checks.finding import Finding, concluded, tally
from tfbench.rundata import RunData
from tfbench.verdict import Verdict
from tfbench.windows import FaultTimes

SLOW_WRITE_S = 5.0

# A purchase is tried several times: what went wrong before its last answer is in `error`.
_GOT_500 = """
SELECT format('op={} flow={} t={:.3f} status={} error={}', op, flow, t_start, status, coalesce(error, ''))
FROM operations WHERE status = 500 OR regexp_matches(coalesce(error, ''), '\\bstatus 500\\b') ORDER BY t_start
"""


def no_http_500(run: RunData) -> Finding:
    """No buyer was ever shown an HTTP 500."""
    answered = run.count("SELECT count(*) FROM operations WHERE status > 0")
    return tally(run, "no-http-500", checked=answered, violations=_GOT_500)


# A refusal is an answer: the seat is taken, the PDF not yet made, or there was nothing to ask for.
_LOSSES = """
WITH touched AS (
  SELECT *, outcome = 'ok' OR (outcome = 'fail' AND (status = 409 OR coalesce(error, '') IN
            ('sold_out', 'no_order', 'entrada_en_proceso'))) AS is_answered
  FROM operations SEMI JOIN strikes ON t_start <= until_t AND t_end >= begin_t
  WHERE op IN ('hold', 'purchase', 'catalogue', 'ticket_state', 'ticket_pdf') AND error IS DISTINCT FROM 'dropped'),
lost AS (SELECT * FROM touched WHERE NOT is_answered),
late AS (SELECT * FROM lost ANTI JOIN strikes ON t_start <= effect_t AND t_end >= begin_t)
"""

_LATE_LOSSES = f"""
{_LOSSES} SELECT format('op={{}} flow={{}} t={{:.3f}} outcome={{}} status={{}} error={{}}',
                        op, flow, t_start, outcome, status, coalesce(error, '')) FROM late ORDER BY t_start
"""


def only_in_flight_lost(run: RunData) -> Finding:
    """What a fault cost were the operations it struck while they were in flight, and no later one."""
    checked, lost = run.row(f"{_LOSSES} SELECT (SELECT count(*) FROM touched), (SELECT count(*) FROM lost)")
    return tally(run, "only-in-flight-lost", checked=checked, violations=_LATE_LOSSES, lost=lost)


_WRITES = f"""
WITH writes AS (
  SELECT *, t_end - t_intended AS waited_s FROM operations
  SEMI JOIN strikes ON t_intended <= until_t AND t_end >= begin_t
  WHERE op IN ('hold', 'purchase') AND error IS DISTINCT FROM 'dropped'),
disturbed AS (SELECT * FROM writes WHERE outcome = 'unknown' OR waited_s > {SLOW_WRITE_S})
"""

_DISTURBED = f"""
{_WRITES} SELECT format('op={{}} flow={{}} t={{:.3f}} outcome={{}} segundos={{:.1f}} error={{}}',
                        op, flow, t_intended, outcome, waited_s, coalesce(error, '')) FROM disturbed ORDER BY t_intended
"""


def writes_undisturbed(run: RunData) -> Finding:
    """A fault that must not be felt: no hold or purchase ended unknown or was slow."""
    checked, slowest = run.row(f"{_WRITES} SELECT count(*), coalesce(max(waited_s), 0.0) FROM writes")
    return tally(run, "writes-undisturbed", checked=checked, violations=_DISTURBED, slowest=slowest, limit=SLOW_WRITE_S)


_TRIED = """
SELECT count(*) FROM operations WHERE op = 'purchase' AND t_start >= $effect AND t_start < $heal
  AND error IS DISTINCT FROM 'dropped' AND NOT (outcome = 'fail' AND status = 409)
"""

_CONFIRMED = """
SELECT t_start, t_end FROM operations WHERE op = 'purchase' AND outcome = 'ok' AND read_success ORDER BY t_end
"""


def sale_resumed(run: RunData) -> Finding:
    """Purchases begun after the fault struck were confirmed before anybody healed it."""
    return of_each_fault(run, "sale-resumed", _sale_resumed)


def _sale_resumed(run: RunData, fault: FaultTimes) -> Finding:
    (begin, effect), heal = struck_within(fault), heal_ordered(fault)
    tried = run.count(_TRIED, effect=effect, heal=heal)
    confirmed = run.rows(_CONFIRMED)
    ends = [t_end for t_start, t_end in confirmed if t_start > effect and t_end < heal]
    verdict = Verdict.PASS if ends else Verdict.FAIL if tried else Verdict.NO_DATA
    return concluded(
        "sale-resumed", verdict, checked=tried, violations=[], resumed=len(ends),
        first=min(ends, default=effect) - begin, gap=_longest_gap([t_end for _, t_end in confirmed], begin, heal),
    )  # fmt: skip


def _longest_gap(ends: list[float], begin: float, heal: float) -> float:
    """The longest time between two confirmed purchases of which some was in `begin..heal`; 0 without two."""
    return max((later - t for t, later in pairwise(ends) if later > begin and t < heal), default=0.0)
