"""What the clients saw, as rows over the run's axis. A slice without data has None, not zero.

operations -> rates (offered, ended), latencies by group, totals by phase
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tfbench.report.evidence import Evidence
from tfbench.report.timeline import Span, Timeline, middle
from tfbench.slo.stats import percentile_ranks

Rows = list[dict[str, Any]]

GROUPS = {
    "browse": ("catalogue", "seat_map"),
    "hold": ("hold", "release"),
    "purchase": ("purchase",),
    "tickets": ("ticket_state", "ticket_pdf", "boleta"),
}
OTHER = "other"
DRAWN = ("p50", "p50_low", "p50_high", "p99", "p99_low", "p99_high")
OUTCOMES = ("ok", "fail", "unknown", "dropped")

_GROUP_SQL = (
    "CASE "
    + " ".join(
        f"WHEN op IN ({', '.join(repr(op) for op in operations)}) THEN '{group}'"
        for group, operations in GROUPS.items()
    )
    + f" ELSE '{OTHER}' END"
)
_OUTCOME_SQL = "CASE WHEN error = 'dropped' THEN 'dropped' ELSE outcome END"


def rates(evidence: Evidence, timeline: Timeline) -> tuple[Rows, Rows]:
    """Operations a second: offered by intended time, and ended, by outcome, by end time."""
    if not evidence.has_operations:
        return [], []
    offered = evidence.run.rows(
        "SELECT CAST(floor((t_intended - $zero) / $bin) AS INTEGER) AS slice, count(*) FROM operations GROUP BY 1",
        zero=timeline.zero,
        bin=timeline.bin_s,
    )
    ended = evidence.run.rows(
        f"SELECT CAST(floor((t_end - $zero) / $bin) AS INTEGER) AS slice, {_OUTCOME_SQL}, count(*)"
        " FROM operations GROUP BY 1, 2",
        zero=timeline.zero,
        bin=timeline.bin_s,
    )
    by_outcome = {(slice_, outcome): count for slice_, outcome, count in ended}
    seen = [outcome for outcome in OUTCOMES if any(key[1] == outcome for key in by_outcome)]
    slices = [slice_ for slice_, _ in by_outcome] + [slice_ for slice_, _ in offered]
    if not slices:
        return [], []
    # Between the first and the last operation the load was on: a slice without any is a true zero.
    every = range(min(slices), max(slices) + 1)
    counts = dict(offered)
    bin_s = timeline.bin_s
    return (
        [{"x": middle(slice_, bin_s), "y": counts.get(slice_, 0) / bin_s} for slice_ in every],
        [
            {
                "x": middle(slice_, bin_s),
                "y": by_outcome.get((slice_, outcome), 0) / bin_s,
                "outcome": outcome,
                "order": OUTCOMES.index(outcome),
            }
            for slice_ in every
            for outcome in seen
        ],
    )


def latencies(evidence: Evidence, timeline: Timeline) -> dict[str, Rows]:
    """A row a slice for each group of operations: p50 and p99 of answers, the longest unanswered wait, in ms.

    By intended time. Percentiles are observed values, drawn and never judged; `p50_low` and `p50_high`, like those of
    p99, are the ends of its 95% interval, None where the slice has too few answers for both.
    """
    if not evidence.has_operations:
        return {}
    _sort_latencies(evidence, timeline)
    sizes = [size for (size,) in evidence.run.rows("SELECT DISTINCT len(ms) FROM latency_slices WHERE len(ms) > 0")]
    found = evidence.run.rows(
        """
        SELECT grp, slice, [ms[rank] FOR rank IN ranks], waited
        FROM latency_slices LEFT JOIN (SELECT unnest($sizes) AS n, unnest($ranks) AS ranks) ON n = len(ms)
        ORDER BY grp, slice
        """,
        sizes=sizes,
        ranks=[[*_both_ends(size, 50), *_both_ends(size, 99)] for size in sizes],
    )
    groups: dict[str, dict[int, tuple[Any, ...]]] = {}
    for group, slice_, *values in found:
        groups.setdefault(group, {})[slice_] = tuple(values)
    ordered = [group for group in (*GROUPS, OTHER) if group in groups]
    return {group: list(_latency_rows(groups[group], timeline.bin_s)) for group in ordered}


def _sort_latencies(evidence: Evidence, timeline: Timeline) -> None:
    """The table `latency_slices`: of each group and slice, the latencies of answers in order, and the longest wait."""
    evidence.run.db.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE latency_slices AS
        WITH timed AS (
            SELECT {_GROUP_SQL} AS grp, CAST(floor((t_intended - $zero) / $bin) AS INTEGER) AS slice,
                   (t_end - t_intended) * 1000 AS ms, outcome <> 'unknown' AS answered
            FROM operations WHERE error IS DISTINCT FROM 'dropped')
        SELECT grp, slice, list_sort(list(ms) FILTER (answered)) AS ms, max(ms) FILTER (NOT answered) AS waited
        FROM timed GROUP BY 1, 2
        """,
        {"zero": timeline.zero, "bin": timeline.bin_s},
    )


def _latency_rows(slices: dict[int, tuple[Any, ...]], bin_s: int) -> Iterator[dict[str, Any]]:
    for slice_ in range(min(slices), max(slices) + 1):
        percentiles, waited = slices.get(slice_, (None, None))
        values = map(_ms, percentiles or [None] * len(DRAWN))
        yield {"x": middle(slice_, bin_s), **dict(zip(DRAWN, values, strict=True)), "waited": _ms(waited)}


def _both_ends(n: int, percent: int) -> tuple[int, int | None, int | None]:
    """The rank of a percentile and those of the ends of its interval: both, or none."""
    rank, low, high = _ranks(n, percent)
    return (rank, None, None) if low is None or high is None else (rank, low, high)


def _ms(value: float | None) -> float | None:
    """Rounded for the page, and never under the 0.1 ms that a logarithmic axis starts from."""
    return None if value is None else max(round(value, 2), 0.1)


@dataclass(frozen=True, slots=True)
class Percentile:
    """An observed value, and the two between which the true one lies with 95% confidence; None: too few to bound it."""

    ms: float
    lower_ms: float | None
    upper_ms: float | None


@dataclass(frozen=True, slots=True)
class PhaseTotals:
    """Operations of one group intended in one phase; the percentiles are of answered ones, None without any."""

    phase: str
    group: str
    n: int
    ok: int
    fail: int
    unknown: int
    dropped: int
    p50: Percentile | None
    p99: Percentile | None


def phase_totals(evidence: Evidence, timeline: Timeline) -> list[PhaseTotals]:
    """The numbers behind the charts, phase by phase."""
    if not evidence.has_operations:
        return []
    return [totals for phase in timeline.phases for totals in _totals(evidence, timeline, phase)]


def _totals(evidence: Evidence, timeline: Timeline, phase: Span) -> list[PhaseTotals]:
    counted = f"""
        SELECT {_GROUP_SQL} AS grp, {_OUTCOME_SQL} AS outcome, (t_end - t_intended) * 1000 AS ms
        FROM operations WHERE t_intended - $zero >= $start AND t_intended - $zero < $end"""
    within = {"zero": timeline.zero, "start": phase.start_s, "end": phase.end_s}
    rows = evidence.run.rows(
        f"""
        SELECT grp, count(*), count(*) FILTER (outcome = 'ok'), count(*) FILTER (outcome = 'fail'),
               count(*) FILTER (outcome = 'unknown'), count(*) FILTER (outcome = 'dropped')
        FROM ({counted}) GROUP BY 1
        """,
        **within,
    )
    order = (*GROUPS, OTHER)
    rows.sort(key=lambda row: order.index(row[0]))
    answered = {group: ok + fail for group, _, ok, fail, *_ in rows if ok + fail}
    found = _percentiles(evidence, f"SELECT * FROM ({counted}) WHERE outcome IN ('ok', 'fail')", within, answered)
    return [PhaseTotals(phase.name, *row, *found.get(row[0], (None, None))) for row in rows]


def _percentiles(
    evidence: Evidence, timed: str, within: dict[str, float], answered: dict[str, int]
) -> dict[str, tuple[Percentile, Percentile]]:
    """p50 and p99 of each group, `answered` operations in it. The ranks are known from their numbers."""
    if not answered:
        return {}
    ranks = {group: [rank for percent in (50, 99) for rank in _ranks(n, percent)] for group, n in answered.items()}
    columns = ", ".join(
        # In the middle between two ranks, so that no rounding leads to the wrong one.
        f"quantile_disc(ms, {[((rank or 1) - 0.5) / n for rank in ranks[group]]}) FILTER (grp = '{group}')"
        for group, n in answered.items()
    )
    values = evidence.run.row(f"SELECT {columns} FROM ({timed})", **within)
    found = {}
    for (group, wanted), column in zip(ranks.items(), values, strict=True):
        known: list[Any] = [None if rank is None else value for rank, value in zip(wanted, column, strict=True)]
        found[group] = Percentile(*known[:3]), Percentile(*known[3:])
    return found


def _ranks(n: int, percent: int) -> tuple[int, int | None, int | None]:
    """The rank of a percentile among `n` ordered values, and those of the ends of its interval."""
    return -(-n * percent // 100), *percentile_ranks(n, percent)
