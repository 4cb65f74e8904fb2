"""The run's time axis: its phases, and how long each fault was in place.

Times on the axis are seconds since the load started; the journal's are epoch seconds.
"""

from dataclasses import dataclass

from tfbench.report.evidence import Evidence, Record
from tfbench.windows import FaultTimes

MOST_BINS = 600
OFF_AXIS = ("up", "judge")


@dataclass(frozen=True, slots=True)
class Span:
    """A phase on the axis; it ends with the axis when its end was never seen."""

    name: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class FaultSpan:
    """A fault on the axis, from the injector's call to healed; `heal_s` is when healing was ordered."""

    id: str
    type: str
    target: str
    start_s: float
    end_s: float
    heal_s: float | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The axis `0..end_s`; epoch `zero` is its origin and `bin_s` the width of a slice in the charts."""

    zero: float
    end_s: float
    bin_s: int
    phases: list[Span]
    faults: list[FaultSpan]

    def at(self, epoch_s: float) -> float:
        """Seconds since the load started."""
        return epoch_s - self.zero


def middle(slice_: int, bin_s: int) -> float:
    """Where on the axis a slice is drawn."""
    return (slice_ + 0.5) * bin_s


def read_timeline(evidence: Evidence) -> Timeline:
    """The axis that every chart and table of this run shares."""
    zero = _zero(evidence)
    end_s = max(_end(evidence) - zero, 1.0)
    faults = (_fault_span(fault, zero, end_s) for fault in evidence.run.windows.faults)
    return Timeline(
        zero=zero,
        end_s=end_s,
        bin_s=max(1, -(-int(end_s) // MOST_BINS)),
        phases=_phases(evidence, zero, end_s),
        faults=[fault for fault in faults if fault is not None],
    )


def _zero(evidence: Evidence) -> float:
    starts = [r["t"] for r in evidence.records("load") if r.get("state") == "started"]
    starts += _phase_times(evidence, "warmup", "begin")
    return float(min(starts, default=evidence.run.windows.started_at))


def _end(evidence: Evidence) -> float:
    """The end of the drain; of a run that was cut short, the last thing seen."""
    drained = _phase_times(evidence, "drain", "end")
    return float(max(drained, default=evidence.run.windows.finished_at))


def _phase_times(evidence: Evidence, phase: str, event: str) -> list[float]:
    return [
        float(record["t"])
        for record in evidence.records("phase")
        if record["phase"] == phase and record["event"] == event
    ]


def _phases(evidence: Evidence, zero: float, end_s: float) -> list[Span]:
    """Phases in order. One whose end was never seen lasts until the next begins, or the axis ends."""
    begins: dict[str, float] = {}
    ends: dict[str, float] = {}
    for record in evidence.records("phase"):
        moments = begins if record["event"] == "begin" else ends
        moments.setdefault(str(record["phase"]), float(record["t"]) - zero)
    following = [*begins.values(), end_s][1:]
    return [
        Span(name, start_s, min(ends.get(name, next_s), end_s))
        for (name, start_s), next_s in zip(begins.items(), following, strict=True)
        if name not in OFF_AXIS
    ]


def _fault_span(fault: FaultTimes, zero: float, end_s: float) -> FaultSpan | None:
    if fault.begin is None:
        return None
    return FaultSpan(
        id=fault.id,
        type=fault.type,
        target=fault.target,
        start_s=fault.begin - zero,
        end_s=end_s if fault.healed is None else fault.healed - zero,
        heal_s=None if fault.heal_begin is None else fault.heal_begin - zero,
    )


def fault_states(evidence: Evidence, fault_id: str) -> dict[str, Record]:
    """The first record of each state that a fault went through, in order."""
    states: dict[str, Record] = {}
    for record in evidence.records("fault"):
        if record.get("id") == fault_id:
            states.setdefault(str(record.get("state")), record)
    return states
