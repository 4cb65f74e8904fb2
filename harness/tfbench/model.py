"""What a scenario asks for: frozen data, read once from YAML at the edge (see `scenario.py` and `slo/openslo.py`).

    scenarios/NAME.yaml -> Scenario(load, phases, faults, objectives, expectations, invariants)
    slo/*.yaml          -> Slo(objectives: Objective | RecoveryObjective | InvariantObjective)

Ratios are 0..1; times are seconds unless the name says otherwise.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

LANGUAGES = ("en", "es")


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence for a reader, in both languages."""

    en: str
    es: str


@dataclass(frozen=True, slots=True)
class Surge:
    """A rush on one event: for `length_s`, `factor` times the rate, and whoever wants seats wants those of `event`.

    `at_s` is counted from the start of the outage phase in a scenario, from the plan's start in a load process.
    """

    at_s: float
    length_s: float
    factor: float
    event: str


@dataclass(frozen=True, slots=True)
class Spike:
    """For `length_s` seconds from `at_s` on, `factor` times the rate. `at_s` is counted as a surge's is."""

    at_s: float
    length_s: float
    factor: float


@dataclass(frozen=True, slots=True)
class Locustfile:
    """Somebody's own locustfile as it was when the scenario was read: this text is what runs, and what is kept."""

    path: Path
    source: str


@dataclass(frozen=True, slots=True)
class LoadSpec:
    """An open-loop arrival plan: `mix` gives each kind of arrival its share (sums to 1).

    `ramp_s` and `spike` are there when `arrivals` names them: the rate rises for so long from the start of the warm-up,
    or jumps for a while. `locustfile` is there when the workload is one, and in no scenario read from a run folder:
    nothing is played from there.
    """

    workload: str
    rate_per_s: float
    arrivals: str
    mix: dict[str, float]
    surge: Surge | None = None
    ramp_s: float | None = None
    spike: Spike | None = None
    locustfile: Locustfile | None = None


@dataclass(frozen=True, slots=True)
class Phases:
    """How long each part of a run lasts, in seconds. Drain ends when every order is settled, or at its deadline."""

    warmup_s: float
    baseline_s: float
    outage_s: float
    recovery_s: float
    drain_deadline_s: float


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """One fault: `type` names a registered fault, `verify` the observations it must show.

    `target` is a role (`app2`, `postgres:primary`, `app3:one`) or a link (`middleware -> rabbitmq`). It begins `at_s`
    after the outage phase does and is healed `hold_s` later; None: when the phase ends. `parameters` are its type's
    (catalog.FAULT_TYPES), defaults filled in.
    """

    id: str
    type: str
    target: str
    verify: tuple[str, ...]
    at_s: float = 0
    hold_s: float | None = None
    parameters: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def ends_s(self) -> float:
        """When it is to be healed, in seconds of the outage phase; infinity: when the phase ends."""
        return math.inf if self.hold_s is None else self.at_s + self.hold_s


@dataclass(frozen=True, slots=True)
class AbortCondition:
    """The run ends itself when `figure` (catalog.ABORT_FIGURES) was above `above` at every look for `for_s`."""

    figure: str
    above: float
    for_s: float


@dataclass(frozen=True, slots=True)
class Selector:
    """Which records count: operations by name, outcome and latency, or issued tickets (`source`)."""

    source: str
    operations: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    latency_ms_below: float | None = None
    status_not: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Objective:
    """A ratio objective (OpenSLO Occurrences): good / total >= target, over a window of `window_s`."""

    id: str
    title: Text
    service: str
    target: float
    window_s: float
    good: Selector
    total: Selector


@dataclass(frozen=True, slots=True)
class RecoveryObjective:
    """A recovery-time objective: the service is back within `limit_s` of the fault, seen through `operations`.

    A slice of 1 s is good when at least `slice_target` of its operations are; recovery needs `hold_s` seconds of them.
    """

    id: str
    title: Text
    service: str
    limit_s: float
    operations: tuple[str, ...]
    latency_ms_below: float
    hold_s: float
    slice_target: float


@dataclass(frozen=True, slots=True)
class InvariantObjective:
    """A promise of 100%: names an invariant of `checks/`."""

    id: str
    title: Text
    service: str
    invariant: str


AnyObjective = Objective | RecoveryObjective | InvariantObjective


@dataclass(frozen=True, slots=True)
class Slo:
    """The SLA and SLO tables of one system, in file order."""

    path: Path
    objectives: tuple[AnyObjective, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One experiment, complete: what is loaded, what breaks, and which promises decide the verdict."""

    path: Path
    name: str
    title: Text
    purpose: Text
    system: str
    profile: str
    seed: int
    load: LoadSpec
    phases: Phases
    faults: tuple[FaultSpec, ...]
    slo: Slo
    required: tuple[str, ...]
    expectations: tuple[str, ...]
    invariants: tuple[str, ...]
    abort_when: tuple[AbortCondition, ...] = ()
