"""What the bench saw inside the system, as rows over the run's axis. A slice without data has None, not zero.

observations -> backlog, deliveries (against what buyers were told), service states
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tfbench.report.evidence import Evidence, Record
from tfbench.report.timeline import Timeline, middle

Rows = list[dict[str, Any]]

UNSEEN_AFTER_S = 5.0
WAITING = ("queue", "outbox")


@dataclass(frozen=True, slots=True)
class Backlog:
    """Orders not yet worked on at one moment: waiting or in hand in the queue, and not yet published."""

    at_s: float
    queue: int | None
    outbox: int | None

    @property
    def total(self) -> int | None:
        """All that was seen waiting; None when neither was read."""
        known = [value for value in (self.queue, self.outbox) if value is not None]
        return sum(known) if known else None


def backlog(evidence: Evidence, timeline: Timeline) -> list[Backlog]:
    """Every observation of the queue and the outbox."""
    return [
        Backlog(
            at_s=timeline.at(record["t"]),
            queue=_sum(record.get("queue_ready"), record.get("queue_unacked")),
            outbox=record.get("outbox"),
        )
        for record in evidence.records("observation")
    ]


def _sum(*values: int | None) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def backlog_rows(evidence: Evidence, timeline: Timeline) -> Rows:
    """The deepest queue and outbox of each slice looked at; None breaks the line where nobody did."""
    slices: dict[int, list[Backlog]] = {}
    for point in backlog(evidence, timeline):
        slices.setdefault(int(point.at_s // timeline.bin_s), []).append(point)
    rows: Rows = []
    previous: int | None = None
    for slice_, points in slices.items():
        if previous is not None and (slice_ - previous - 1) * timeline.bin_s > UNSEEN_AFTER_S:
            rows += [{"x": middle(previous + 1, timeline.bin_s), "kind": kind, "y": None} for kind in WAITING]
        for kind in WAITING:
            known = [value for point in points if (value := getattr(point, kind)) is not None]
            rows.append({"x": middle(slice_, timeline.bin_s), "kind": kind, "y": max(known, default=None)})
        previous = slice_
    return rows if any(row["y"] is not None for row in rows) else []


def deliveries(evidence: Evidence, timeline: Timeline) -> Rows:
    """Two counts that should meet: purchases confirmed to buyers, e-mails in the sink since the start."""
    rows: Rows = []
    if evidence.has_operations:
        confirmed = evidence.run.rows(
            "SELECT t_end - $zero, row_number() OVER (ORDER BY t_end) FROM purchases",
            zero=timeline.zero,
        )
        last = {int(at_s // timeline.bin_s): count for at_s, count in confirmed}
        rows += [{"x": x, "y": y, "kind": "confirmed"} for x, y in _held(last, timeline.bin_s)]
    mails = [
        (timeline.at(record["t"]), record["mails"])
        for record in evidence.records("observation")
        if record.get("mails") is not None
    ]
    if mails:
        first = mails[0][1]
        last = {int(at_s // timeline.bin_s): count - first for at_s, count in mails}
        rows += [{"x": x, "y": y, "kind": "mails"} for x, y in _held(last, timeline.bin_s)]
    return [row for row in rows if row["x"] >= 0]


def _held(counts: dict[int, int], bin_s: int) -> Iterator[tuple[float, int]]:
    """A cumulative count at the end of each slice that changed it."""
    for slice_, count in sorted(counts.items()):
        yield (slice_ + 1.0) * bin_s, count


def service_states(evidence: Evidence, timeline: Timeline) -> Rows:
    """Stretches in which a container was seen `up` or `down`; a gap is time in which it was not seen."""
    return stretches(evidence, timeline, "service", lambda record: record.get("services") or {})


def stretches(
    evidence: Evidence, timeline: Timeline, key: str, states_of: Callable[[Record], Mapping[str, str | None]]
) -> Rows:
    """How long each thing that `states_of` names was seen in one state: rows of `key`, state, x, x2."""
    found: dict[str, Rows] = {}
    previous: Record = {"t": float("-inf")}
    for record in evidence.records("observation"):
        at_s = timeline.at(record["t"])
        was_watched = record["t"] - previous["t"] <= UNSEEN_AFTER_S
        before = states_of(previous) if was_watched else {}
        for name, state in states_of(record).items():
            known = found.setdefault(name, [])
            if before.get(name) is not None:
                known[-1]["x2"] = at_s
            if state is not None and state != before.get(name):
                known.append({key: name, "state": state, "x": at_s, "x2": at_s})
        previous = record
    rows = [stretch for name in sorted(found) for stretch in found[name]]
    return [row | {"x": max(row["x"], 0.0)} for row in rows if row["x2"] > 0]
