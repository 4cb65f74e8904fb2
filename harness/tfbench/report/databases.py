"""Who led PostgreSQL, and which MariaDB the tickets came from, as rows over the run's axis.

observations -> leadership, takeovers        operations.source -> ticket_sources

Older runs have neither: then there are no rows, and nothing is drawn.
"""

from tfbench.report.evidence import Evidence, Record
from tfbench.report.observations import Rows, stretches
from tfbench.report.timeline import Timeline, middle

SOURCES = ("primario", "replica", "ninguna")


def leadership(evidence: Evidence, timeline: Timeline) -> Rows:
    """Stretches in which a node was seen as `leader` or as synchronous `standby`; a gap: nobody was seen so."""
    return stretches(evidence, timeline, "node", _roles)


def _roles(record: Record) -> dict[str, str]:
    roles = {record.get("sync_standby"): "standby", record.get("leader"): "leader"}
    return {node: role for node, role in roles.items() if node}


def takeovers(evidence: Evidence, timeline: Timeline) -> Rows:
    """When another node than the last one known was first seen to lead."""
    rows: Rows = []
    known = None
    for record in evidence.records("observation"):
        leader = record.get("leader")
        if leader and known and leader != known:
            rows.append({"node": leader, "x": timeline.at(record["t"])})
        known = leader or known
    return [row for row in rows if row["x"] >= 0]


def ticket_sources(evidence: Evidence, timeline: Timeline) -> Rows:
    """Ticket pages a second by the store they say they read; a slice without one of a kind is a true zero."""
    if not evidence.has_operations:
        return []
    found = evidence.run.rows(
        "SELECT CAST(floor((t_end - $zero) / $bin) AS INTEGER), source, count(*) FROM operations"
        " WHERE source IS NOT NULL GROUP BY 1, 2",
        zero=timeline.zero,
        bin=timeline.bin_s,
    )
    if not found:
        return []
    counts = {(slice_, source): count for slice_, source, count in found}
    slices = [slice_ for slice_, _, _ in found]
    seen = [source for source in SOURCES if any(key[1] == source for key in counts)]
    return [
        {"x": middle(slice_, timeline.bin_s), "kind": source, "y": counts.get((slice_, source), 0) / timeline.bin_s}
        for slice_ in range(min(slices), max(slices) + 1)
        for source in seen
    ]
