"""What a scenario will do, and whether it can prove what it requires, before anything runs (`run --dry-run`).

    Scenario -> text: phases, load, faults, each required objective with the evidence it will have

Counts are expectations: rate x share x seconds, of the operations that an arrival surely makes.
"""

from collections.abc import Iterator

from tfbench import catalog
from tfbench.model import FaultSpec, Objective, Phases, RecoveryObjective, Scenario
from tfbench.slo.stats import minimum_requests

_NOTHING_SURE = "    TOO FEW: no arrival surely makes what it counts; may end in NO_DATA"


def describe_plan(scenario: Scenario) -> str:
    """The plan of a scenario, for a terminal; in English, like the command line."""
    sections = (
        _head(scenario),
        _phases(scenario),
        _load(scenario),
        _faults(scenario),
        _required(scenario),
        _named("Expectations", scenario.expectations, catalog.EXPECTATIONS),
        _named("Invariants", scenario.invariants, catalog.INVARIANTS),
    )
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def load_s(phases: Phases) -> float:
    """How long the load is planned to be on."""
    return sum(length for _, length in _loaded(phases))


def operations_per_s(scenario: Scenario, operations: tuple[str, ...]) -> float:
    """Expected rate of these operations, counting only those that their arrivals surely make."""
    certain = set(operations).difference(catalog.UNCERTAIN_OPERATIONS)
    per_arrival = sum(
        share * sum(op in certain for op in catalog.OPERATIONS_OF_ARRIVAL[kind])
        for kind, share in scenario.load.mix.items()
    )
    return scenario.load.rate_per_s * per_arrival


def tolerated_bad(n: int, target: float) -> int | None:
    """How many of `n` operations may be bad with the target still proved; None when `n` is too few."""
    if n < minimum_requests(target):
        return None
    low, high = 0, n
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if minimum_requests(target, middle) <= n else (low, middle)
    return low


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
    seconds = load_s(scenario.phases)
    extra_s = (load.surge.factor - 1) * load.surge.length_s if load.surge else 0
    yield (
        f"Load: {load.workload}, open loop, {load.arrivals} arrivals at {load.rate_per_s:g}/s;"
        f" about {load.rate_per_s * (seconds + extra_s):,.0f} in all"
    )
    for kind, share in load.mix.items():
        yield f"  {kind:<12}{share:>6.1%}  {load.rate_per_s * share:>6.4g}/s  {catalog.ARRIVAL_KINDS[kind]}"
    if load.surge:
        begins_s = scenario.phases.warmup_s + scenario.phases.baseline_s + load.surge.at_s
        yield (
            f"  surge on {load.surge.event}: {load.surge.factor:g} times the rate"
            f" ({load.surge.factor * load.rate_per_s:g}/s), at {begins_s:g} s for {load.surge.length_s:g} s"
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


def _setting(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _required(scenario: Scenario) -> Iterator[str]:
    yield f"Required objectives ({scenario.slo.path.name}), and their evidence"
    by_id = {objective.id: objective for objective in scenario.slo.objectives}
    for identifier in scenario.required:
        objective = by_id[identifier]
        yield f"  {identifier}: {objective.title.en}"
        if isinstance(objective, Objective):
            yield from _ratio_evidence(scenario, objective)
        elif isinstance(objective, RecoveryObjective):
            yield from _recovery_evidence(scenario, objective)
        else:
            yield f"    100%: {catalog.INVARIANTS[objective.invariant]}"
    others = [objective.id for objective in scenario.slo.objectives if objective.id not in scenario.required]
    if others:
        yield f"  Shown too, without deciding: {', '.join(others)}"


def _ratio_evidence(scenario: Scenario, objective: Objective) -> Iterator[str]:
    phases = scenario.phases
    fault_s = phases.outage_s + phases.recovery_s
    if objective.total.source == "issuance":
        orders = operations_per_s(scenario, ("purchase",)) * (phases.baseline_s + fault_s)
        yield f"    {_percent(objective)} of all orders, about {orders:,.0f}: counted, nothing is inferred"
        return
    rate = operations_per_s(scenario, objective.total.operations)
    if rate == 0:
        yield _NOTHING_SURE
        return
    steady = round(rate * phases.baseline_s)
    bad = tolerated_bad(steady, objective.target)
    needed = minimum_requests(objective.target)
    yield f"    steady: about {steady:,} operations; {_percent(objective)} needs {needed:,} without a bad one"
    if bad is None:
        yield f"    TOO FEW: at best INCONCLUSIVE; a baseline of {needed / rate:,.0f} s would do"
    else:
        yield f"    enough: proves it with up to {bad:,} bad"
    if scenario.faults:
        yield f"    during the fault: about {rate * fault_s:,.0f} operations, counted"


def _recovery_evidence(scenario: Scenario, objective: RecoveryObjective) -> Iterator[str]:
    rate = operations_per_s(scenario, objective.operations)
    if rate == 0:
        yield _NOTHING_SURE
        return
    seen = ", ".join(objective.operations)
    limit = f"limit {objective.limit_s:g} s, and {objective.latency_ms_below:g} ms an answer"
    yield f"    {limit}; seen through {seen} ({rate:.4g}/s, so about {1 / rate:.2g} s blurred)"
    yield f"    back when {objective.slice_target:.0%} of them are good for {objective.hold_s:g} s"


def _percent(objective: Objective) -> str:
    return f"{objective.target * 100:.6g}%"


def _named(title: str, names: tuple[str, ...], lines: dict[str, str]) -> Iterator[str]:
    yield title if names else f"{title}: none"
    for name in names:
        yield f"  {name}: {lines[name]}"
