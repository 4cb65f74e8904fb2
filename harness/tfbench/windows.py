"""When things happened in a run, read from its journal: phases, faults, and the windows that judging cuts by.

    journal ->  measured_from   |<- baseline ->|<------- fault window ------->|<- steady again ->| load_until
                                               |    |<---- outage ---->|      |
                                             begin verified        heal_begin recovered

A time that the journal does not tell is None, or infinity where a window has not ended; it is never guessed.
"""

import math
from dataclasses import dataclass
from typing import Any

from tfbench.journal import JournalContents
from tfbench.model import FaultSpec

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FaultTimes:
    """One fault's life. It struck within `begin..effect`; `verified` is when it was seen from outside.

    `services` are those whose containers it was aimed at, as its target was resolved then.
    """

    id: str
    type: str
    target: str
    begin: float | None
    effect: float | None
    verified: float | None
    heal_begin: float | None
    healed: float | None
    recovered: float | None
    residue: bool
    evidence: tuple[str, ...]
    services: tuple[str, ...]

    @property
    def window(self) -> tuple[float, float] | None:
        """From injection until the target had recovered: what happens in it is not steady traffic."""
        if self.begin is None:
            return None
        return self.begin, math.inf if self.recovered is None else self.recovered

    @property
    def outage(self) -> tuple[float, float] | None:
        """While the fault surely held: seen from outside, and nobody healing it yet."""
        if self.verified is None:
            return None
        return self.verified, math.inf if self.heal_begin is None else self.heal_begin


@dataclass(frozen=True, slots=True)
class RunWindows:
    """`load_until` ends the observation of clients; a run that was cut short is not `complete`.

    `waited_until`: how long what had not been issued was waited for at least, before the stores were read; infinity
    where nothing was left to wait for.
    """

    started_at: float
    finished_at: float
    measured_from: float
    load_until: float
    waited_until: float
    complete: bool
    faults: tuple[FaultTimes, ...]


def read_windows(journal: JournalContents, faults: tuple[FaultSpec, ...]) -> RunWindows:
    """The windows of a run whose journal has at least one record, for the faults its scenario asked for."""
    records = sorted(journal.records, key=lambda record: float(record["t"]))
    before_judging = [record for record in records if record.get("phase") != "judge"] or records
    phases = {(record["phase"], record["event"]): float(record["t"]) for record in journal.of_kind("phase")}
    started_at = float(records[0]["t"])
    finished_at = float(before_judging[-1]["t"])
    was_cut = journal.torn > 0 or any(journal.of_kind("interrupted"))
    has_drained = any(journal.of_kind("drain"))
    load_until = _load_until(journal, phases, finished_at)
    return RunWindows(
        started_at=started_at,
        finished_at=finished_at,
        measured_from=_measured_from(phases, started_at),
        load_until=load_until,
        waited_until=_waited_until(journal, phases, load_until),
        complete=has_drained and not was_cut,
        faults=tuple(_fault_times(spec, journal) for spec in faults),
    )


def _measured_from(phases: dict[tuple[str, str], float], started_at: float) -> float:
    """Warm-up is not measured; a run that never left it measured nothing."""
    for mark in (("baseline", "begin"), ("warmup", "end")):
        if mark in phases:
            return phases[mark]
    return math.inf if ("warmup", "begin") in phases else started_at


def _load_until(journal: JournalContents, phases: dict[tuple[str, str], float], finished_at: float) -> float:
    stops = [float(record["t"]) for record in journal.of_kind("load") if record.get("state") == "stopped"]
    marks = [phases[mark] for mark in (("recovery", "end"), ("drain", "begin")) if mark in phases]
    return min([*stops, *marks], default=finished_at)


def _waited_until(journal: JournalContents, phases: dict[tuple[str, str], float], load_until: float) -> float:
    if any(record.get("state") == "settled" for record in journal.of_kind("drain")):
        return math.inf
    return phases.get(("drain", "end"), load_until)


def _fault_times(spec: FaultSpec, journal: JournalContents) -> FaultTimes:
    states: dict[str, Record] = {}
    order: list[str] = []
    for record in journal.of_kind("fault"):
        if record.get("id") == spec.id:
            states[record["state"]] = record
            order.append(record["state"])
    injected = states.get("injected")
    seen = states.get("verified") or states.get("unverified") or {}
    return FaultTimes(
        id=spec.id,
        type=spec.type,
        target=spec.target,
        begin=_begin(injected),
        effect=_time(injected),
        verified=_time(states.get("verified")),
        heal_begin=_heal_begin(states),
        healed=_time(states.get("healed")),
        recovered=_time(states.get("recovered")),
        residue=_has_residue(order),
        evidence=tuple(str(line) for line in _detail(seen).get("evidence", ())),
        services=_services(states.get("armed", {})),
    )


def _services(armed: Record) -> tuple[str, ...]:
    containers = _detail(armed).get("containers")
    return tuple(sorted(containers)) if isinstance(containers, dict) else ()


def _has_residue(order: list[str]) -> bool:
    """Whether something stayed broken: a later heal, by hand for instance, takes it away."""
    marks = [state for state in order if state in ("residue", "healed", "recovered")]
    return bool(marks) and marks[-1] == "residue"


def _detail(record: Record) -> Record:
    detail = record.get("detail")
    return detail if isinstance(detail, dict) else {}


def _time(record: Record | None) -> float | None:
    return None if record is None else float(record["t"])


def _begin(record: Record | None) -> float | None:
    """When a call was made; when it returned, if the journal has only that."""
    begin = None if record is None else _detail(record).get("begin_t")
    return _time(record) if begin is None else float(begin)


def _heal_begin(states: dict[str, Record]) -> float | None:
    """When healing was ordered, by the earliest word of it."""
    words = [_begin(states.get("healed")), _time(states.get("healing"))]
    return min((t for t in words if t is not None), default=None)
