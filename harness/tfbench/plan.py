"""What a scenario will do, and whether it can prove what it requires, before anything runs (`run --dry-run`, `plan`).

Scenario -> text: phases, load, faults, each required objective with the evidence it will have, the time it takes
"""

import math
from collections.abc import Iterator

from tfbench import catalog
from tfbench.model import FaultSpec, LoadSpec, Objective, Phases, RecoveryObjective, Scenario
from tfbench.plan_evidence import (
    Evidence,
    expected_arrivals,
    expected_operations,
    load_s,
    operations_per_s,
    planned_s,
    required_evidence,
    tolerated_bad,
)
from tfbench.plan_minutes import time_lines
from tfbench.slo.objective import SlicedObjective
from tfbench.verdict import Verdict

__all__ = ["describe_evidence", "describe_plan", "load_s", "operations_per_s", "planned_s", "tolerated_bad"]

_NOTHING_SURE = "    TOO FEW: no arrival surely makes what it counts; may end in NO_DATA"


def describe_plan(scenario: Scenario) -> str:
    """The plan of a scenario, for a terminal; in English, like the command line."""
    sections = (
        _head(scenario),
        _phases(scenario),
        _load(scenario),
        _faults(scenario),
        _aborts(scenario),
        _required(scenario),
        time_lines(scenario),
        _named("Expectations", scenario.expectations, catalog.EXPECTATIONS),
        _named("Invariants", scenario.invariants, catalog.INVARIANTS),
    )
    return _text(*sections)


def describe_evidence(scenario: Scenario) -> str:
    """Only what it takes to prove the required objectives, what there will be of it, and what would cut it short."""
    return _text(_head(scenario), _required(scenario), time_lines(scenario), _aborts(scenario))


def _text(*sections: Iterator[str]) -> str:
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _head(scenario: Scenario) -> Iterator[str]:
    yield f"{scenario.name}: {scenario.title.en}"
    yield f"  {scenario.purpose.en}"
    yield f"  system {scenario.system}, profile {scenario.profile}, seed {scenario.seed}"


def _phases(scenario: Scenario) -> Iterator[str]:
    yield "Phases (seconds of load)"
    start = 0.0
    for name, length in _loaded(scenario.phases):
        yield f"  {name:<10}{start:>7g} - {start + length:<7g}{length:g} s"
        start += length
    deadline = f"until every order is settled, {scenario.phases.drain_deadline_s:g} s at most"
    yield f"  {'drain':<10}{start:>7g} - {'':<7}{deadline}"


def _loaded(phases: Phases) -> tuple[tuple[str, float], ...]:
    return (
        ("warmup", phases.warmup_s),
        ("baseline", phases.baseline_s),
        ("outage", phases.outage_s),
        ("recovery", phases.recovery_s),
    )


def _load(scenario: Scenario) -> Iterator[str]:
    load = scenario.load
    yield (
        f"Load: {load.workload}, open loop, {load.arrivals} arrivals at {load.rate_per_s:g}/s;"
        f" about {expected_arrivals(scenario, 0, load_s(scenario.phases)):,.0f} in all"
    )
    for kind, share in load.mix.items():
        yield f"  {kind:<12}{share:>6.1%}  {load.rate_per_s * share:>6.4g}/s  {_arrival(load, kind)}"
    yield from _changes_of_rate(load, scenario.phases)


def _arrival(load: LoadSpec, kind: str) -> str:
    return f"one {kind} of your locustfile" if load.workload == catalog.LOCUSTFILE else catalog.ARRIVAL_KINDS[kind]


def _changes_of_rate(load: LoadSpec, phases: Phases) -> Iterator[str]:
    if load.ramp_s is not None:
        yield f"  ramp: from none to {load.rate_per_s:g}/s within the first {load.ramp_s:g} s"
    rushes = (("spike", load.spike), (f"surge on {load.surge.event}" if load.surge else "", load.surge))
    for name, rush in rushes:
        if rush is not None:
            begins_s = phases.warmup_s + phases.baseline_s + rush.at_s
            yield (
                f"  {name}: {rush.factor:g} times the rate ({rush.factor * load.rate_per_s:g}/s),"
                f" at {begins_s:g} s for {rush.length_s:g} s"
            )


def _faults(scenario: Scenario) -> Iterator[str]:
    if not scenario.faults:
        yield "Faults: none"
        return
    yield "Faults"
    for fault in scenario.faults:
        yield f"  {fault.id}: {fault.type} {fault.target}, {_held(fault, scenario.phases)}"
        yield f"    {catalog.FAULT_TYPES[fault.type].line}"
        if fault.parameters:
            yield "    with " + ", ".join(f"{name} {_setting(value)}" for name, value in fault.parameters.items())
        for name in fault.verify:
            yield f"    seen by {name}: {catalog.VERIFICATIONS[name]}"


def _held(fault: FaultSpec, phases: Phases) -> str:
    """When it begins, on the axis of the phases above, and how long it holds."""
    begins_s = phases.warmup_s + phases.baseline_s + fault.at_s
    held_s = phases.outage_s - fault.at_s if fault.hold_s is None else fault.hold_s
    until = "until the outage phase ends" if fault.hold_s is None else "then healed"
    return f"at {begins_s:g} s for {held_s:g} s, {until}"


def _aborts(scenario: Scenario) -> Iterator[str]:
    yield "Ends early when" if scenario.abort_when else "Ends early: never by itself"
    for condition in scenario.abort_when:
        figure, _, operation = condition.figure.partition(":")
        of = f" of {operation}" if operation else ""
        looks = f"at every look for {condition.for_s:g} s" if condition.for_s else "at one look"
        yield f"  {figure}{of} was above {condition.above:g} {looks}"
        yield f"    {catalog.ABORT_FIGURES[figure].line}"


def _setting(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _required(scenario: Scenario) -> Iterator[str]:
    yield f"Required objectives ({scenario.slo.path.name}), and their evidence"
    for evidence in required_evidence(scenario):
        objective = evidence.objective
        yield f"  {objective.id}: {objective.title.en}"
        yield from _evidence(scenario, evidence)
        yield f"    at best {evidence.best}"
    others = [objective.id for objective in scenario.slo.objectives if objective.id not in scenario.required]
    if others:
        yield f"  Shown too, without deciding: {', '.join(others)}"


def _evidence(scenario: Scenario, evidence: Evidence) -> Iterator[str]:
    objective = evidence.objective
    if evidence.best is Verdict.NO_DATA:
        yield _NOTHING_SURE
    elif isinstance(objective, RecoveryObjective):
        yield from _recovery_evidence(objective, evidence)
    elif not isinstance(objective, Objective):
        yield f"    100%: {catalog.INVARIANTS[objective.invariant]}"
    elif evidence.needed is None:
        yield _issuance_evidence(scenario, objective, evidence)
    elif isinstance(objective, SlicedObjective):
        yield from _slice_evidence(scenario, objective, evidence)
    elif evidence.steady is None:
        needed = f"{_percent(objective)} needs {evidence.needed:,} without a bad one"
        yield f"    {needed}; only the run tells how many there are"
    else:
        yield from _ratio_evidence(scenario, objective, evidence)


def _issuance_evidence(scenario: Scenario, objective: Objective, evidence: Evidence) -> str:
    phases = scenario.phases
    if evidence.rate_per_s is None and not isinstance(objective, SlicedObjective):
        return f"    {_percent(objective)} of all orders: counted, nothing is inferred"
    orders = expected_operations(scenario, evidence.rate_per_s or 0, phases.warmup_s, load_s(phases))
    if isinstance(objective, SlicedObjective):
        slices = (load_s(phases) - phases.warmup_s) // objective.slice_s
        return f"    {_percent(objective)} of {slices:,.0f} slices of {objective.slice_s:g} s: all orders are counted"
    return f"    {_percent(objective)} of all orders, about {orders:,.0f}: counted, nothing is inferred"


def _slice_evidence(scenario: Scenario, objective: SlicedObjective, evidence: Evidence) -> Iterator[str]:
    needed = f"{_percent(objective)} needs {evidence.needed:,} without a bad one, so {evidence.baseline_s:,.0f} s"
    yield f"    steady: {evidence.steady:,} slices of {objective.slice_s:g} s; {needed}"
    if evidence.tolerated is None:
        yield f"    TOO FEW: at best INCONCLUSIVE; a baseline of {evidence.baseline_s:,.0f} s would do"
    else:
        yield f"    enough: proves it with up to {evidence.tolerated:,} bad"
    if scenario.faults:
        phases = scenario.phases
        touched = math.ceil((phases.outage_s + phases.recovery_s) / objective.slice_s)
        yield f"    during the fault: up to about {touched:,} slices, counted"


def _ratio_evidence(scenario: Scenario, objective: Objective, evidence: Evidence) -> Iterator[str]:
    rate, needed = evidence.rate_per_s or 0, f"{_percent(objective)} needs {evidence.needed:,} without a bad one"
    yield f"    steady: about {evidence.steady:,} operations; {needed}, so {evidence.baseline_s:,.0f} s at {rate:.4g}/s"
    if evidence.tolerated is None:
        yield (
            f"    TOO FEW: at best INCONCLUSIVE; a baseline of {evidence.baseline_s:,.0f} s would do"
            f" ({evidence.sure_baseline_s:,.0f} s in 19 runs of 20)"
        )
    else:
        yield f"    enough: proves it with up to {evidence.tolerated:,} bad"
    if scenario.faults:
        begins_s, ends_s = scenario.phases.warmup_s + scenario.phases.baseline_s, load_s(scenario.phases)
        seen = expected_operations(scenario, rate, begins_s, ends_s)
        yield f"    during the fault: about {seen:,.0f} operations, counted"


def _recovery_evidence(objective: RecoveryObjective, evidence: Evidence) -> Iterator[str]:
    rate, seen = evidence.rate_per_s, ", ".join(objective.operations)
    limit = f"limit {objective.limit_s:g} s, and {objective.latency_ms_below:g} ms an answer"
    blur = f" ({rate:.4g}/s, so about {1 / rate:.2g} s blurred)" if rate else ""
    yield f"    {limit}; seen through {seen}{blur}"
    yield f"    back when {objective.slice_target:.0%} of them are good for {objective.hold_s:g} s"


def _percent(objective: Objective) -> str:
    return f"{objective.target * 100:.6g}%"


def _named(title: str, names: tuple[str, ...], lines: dict[str, str]) -> Iterator[str]:
    yield title if names else f"{title}: none"
    for name in names:
        yield f"  {name}: {lines[name]}"
