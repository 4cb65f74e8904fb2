"""Reads a scenario, and refuses what cannot be run or judged, with file and line.

    scenarios/NAME.yaml --+
                          +-> Scenario      a run: load_scenario(file)
    slo/*.yaml -----------+                 judging it later, from its copies: load_run_scenario(run_dir)

Names are checked against `catalog.py`, objectives against the tables that the scenario points to.
"""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tfbench import catalog
from tfbench.abort import read_abort_when
from tfbench.errors import ConfigError
from tfbench.load.spec import check_rush, read_load
from tfbench.model import (
    AnyObjective,
    FaultSpec,
    InvariantObjective,
    LoadSpec,
    Objective,
    Phases,
    RecoveryObjective,
    Scenario,
    Slo,
    Text,
)
from tfbench.slo.openslo import load_slo
from tfbench.targets import Link, allowed_for, parse_target
from tfbench.workspace import Workspace
from tfbench.yamlio import Mapping, Node, read_document

API_VERSION, KIND = "tfbench/v1", "Scenario"

MIN_BASELINE_S = 10.0
_MAX_S = 86_400
_MAX_SEED = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ScenarioRow:
    """One line of `tfbench list`: a scenario, or why its file cannot be read."""

    name: str
    file: Path
    scenario: Scenario | None
    problem: ConfigError | None


def list_scenarios(workspace: Workspace) -> list[ScenarioRow]:
    """Every scenario of the workspace, by name; a broken one doesn't hide the others."""
    return [_row(file) for file in workspace.scenario_files()]


def _row(file: Path) -> ScenarioRow:
    try:
        return ScenarioRow(file.stem, file, load_scenario(file), None)
    except ConfigError as problem:
        return ScenarioRow(file.stem, file, None, problem)


def load_scenario(file: Path) -> Scenario:
    """The scenario of a file named after it, with the tables it points to. Raises ConfigError."""
    root = _open(file)
    name = root.mapping("metadata").require("name")
    if name.as_str() != file.stem:
        raise name.error(f'"{name.as_str()}" is not the file\'s name; call it "{file.stem}", or rename the file')
    source = root.mapping("spec").mapping("objectives").require("source")
    slo_file = Path(os.path.normpath(file.parent / source.as_str()))
    if not os.path.isfile(slo_file):  # unlike Path.is_file, False also for a name no file can have
        raise source.error(f'"{source.as_str()}" leads to no file; give a path from the scenario\'s folder')
    operations = _known_operations(root)
    return _read(file, root, load_slo(slo_file, operations), file.parent)


def load_run_scenario(run_dir: Path) -> Scenario:
    """The scenario of a run folder, from the byte copies kept there. Raises ConfigError."""
    file = run_dir / "scenario.yaml"
    root = _open(file)
    return _read(file, root, load_slo(run_dir / "slo.yaml", _known_operations(root)), None)


def _known_operations(root: Mapping) -> Collection[str] | None:
    """The operations that the scenario's objectives may count; None: any, since the load's own code names them."""
    workload = root.mapping("spec").mapping("load").require_choice("workload", catalog.WORKLOADS, "workload")
    return tuple(catalog.OPERATIONS) if workload == catalog.TICKETFLOW else None


def _open(file: Path) -> Mapping:
    root = read_document(file)
    root.require_choice("kind", (KIND,), "kind")
    root.require_choice("apiVersion", (API_VERSION,), "apiVersion")
    return root


def _read(file: Path, root: Mapping, slo: Slo, beside: Path | None) -> Scenario:
    """`beside`: the folder in which its paths begin; None in a run folder, whose paths are those of another place."""
    metadata, spec = root.mapping("metadata"), root.mapping("spec")
    objectives, invariants = spec.mapping("objectives"), spec.mapping("invariants")
    load = read_load(spec.mapping("load"), beside)
    scenario = Scenario(
        path=file,
        name=metadata.require("name").as_name(),
        title=_read_text(metadata.mapping("title")),
        purpose=_read_text(metadata.mapping("purpose")),
        system=spec.require_choice("system", catalog.SYSTEMS, "system"),
        profile=spec.require_choice("profile", catalog.PROFILES, "profile"),
        seed=spec.require_int("seed", min=0, max=_MAX_SEED),
        load=load,
        phases=_read_phases(spec.mapping("phases")),
        faults=_read_faults(spec.sequence("faults")),
        slo=slo,
        required=objectives.require("required").as_choices([o.id for o in slo.objectives], "objective", at_least=1),
        expectations=spec.require("expectations").as_choices(catalog.EXPECTATIONS, "expectation"),
        invariants=invariants.require("required").as_choices(catalog.INVARIANTS, "invariant"),
        abort_when=read_abort_when(spec, load.mix, load.workload),
    )
    objectives.require("source")
    for mapping in (objectives, invariants, metadata, spec, root):
        mapping.finish()
    _check_outage(spec, scenario)
    _check_required(spec, scenario)
    _check_workload(spec, scenario)
    return scenario


def _read_text(mapping: Mapping) -> Text:
    text = Text(en=mapping.require_str("en"), es=mapping.require_str("es"))
    mapping.finish()
    return text


def _read_phases(phases: Mapping) -> Phases:
    spec = Phases(
        warmup_s=phases.require_number("warmup_s", min=0, max=_MAX_S),
        baseline_s=phases.require_number("baseline_s", min=MIN_BASELINE_S, max=_MAX_S),
        outage_s=phases.require_number("outage_s", min=0, max=_MAX_S),
        recovery_s=phases.require_number("recovery_s", min=0, max=_MAX_S),
        drain_deadline_s=phases.require_number("drain_deadline_s", min=1, max=_MAX_S),
    )
    phases.finish()
    return spec


def _read_faults(nodes: list[Node]) -> tuple[FaultSpec, ...]:
    faults: list[FaultSpec] = []
    for node in nodes:
        mapping = node.as_mapping()
        fault = _read_fault(mapping)
        for other in faults:
            if other.id == fault.id:
                raise mapping.require("id").error(f'"{fault.id}" is already taken; give this fault another id')
            if other.target == fault.target and _overlap(other, fault):
                raise mapping.require("target").error(f"{fault.target} is still broken by {other.id}; keep one")
        faults.append(fault)
    return tuple(faults)


def _read_fault(mapping: Mapping) -> FaultSpec:
    kind = mapping.require_choice("type", catalog.FAULT_TYPES, "fault type")
    at_s, hold_s = mapping.optional("at_s"), mapping.optional("hold_s")
    fault = FaultSpec(
        id=mapping.require("id").as_name(),
        type=kind,
        target=_read_target(mapping.require("target"), catalog.FAULT_TYPES[kind]),
        verify=mapping.require("verify").as_choices(catalog.VERIFICATIONS, "verification", at_least=1),
        at_s=0 if at_s is None else at_s.as_number(min=0, max=_MAX_S),
        hold_s=None if hold_s is None else hold_s.as_number(min=0, max=_MAX_S),
        parameters=_read_parameters(mapping, catalog.FAULT_TYPES[kind]),
    )
    mapping.finish()
    return fault


def _read_target(node: Node, kind: catalog.FaultType) -> str:
    text = node.as_str()
    try:
        target = parse_target(text)
    except ValueError as error:
        raise node.error(str(error)) from error
    if reason := allowed_for(kind, target):
        raise node.error(f"{text}: this type of fault {reason}")
    return target.name if isinstance(target, Link) else text


def _read_parameters(mapping: Mapping, kind: catalog.FaultType) -> dict[str, float | str]:
    """The fault's own settings, with the defaults of those that are not written."""
    read: dict[str, float | str] = {name: parameter.default for name, parameter in kind.parameters.items()}
    if mapping.optional("parameters") is None:
        return read
    for key, name, value in mapping.mapping("parameters").items():
        parameter = kind.parameters[key.as_choice(kind.parameters, "parameter")]
        if parameter.choices:
            read[name] = value.as_choice(parameter.choices, name)
        else:
            read[name] = value.as_number(min=parameter.low, max=parameter.high)
    return read


def _overlap(one: FaultSpec, other: FaultSpec) -> bool:
    first, second = sorted((one, other), key=lambda fault: fault.at_s)
    return first.ends_s > second.at_s


def _check_outage(spec: Mapping, scenario: Scenario) -> None:
    """Faults and the outage belong together, and so do expectations, which all speak of an outage."""
    outage = spec.mapping("phases").require("outage_s")
    for node, fault in zip(spec.sequence("faults"), scenario.faults, strict=True):
        if fault.at_s + (fault.hold_s or 0) > scenario.phases.outage_s:
            raise node.error(
                f"{fault.id} ends after {fault.at_s + (fault.hold_s or 0):g} s, the outage phase after "
                f"{scenario.phases.outage_s:g} s; make that longer"
            )
    check_rush(spec.mapping("load"), scenario.load, scenario.phases)
    if scenario.faults and scenario.phases.outage_s == 0:
        raise outage.error("0, but there is a fault; give it some seconds, or remove the fault")
    if not scenario.faults and scenario.phases.outage_s > 0 and not (scenario.load.surge or scenario.load.spike):
        raise outage.error("an outage without a fault; add one to spec.faults, or make it 0")
    if not scenario.faults and set(scenario.expectations) - catalog.EXPECTATIONS_WITHOUT_FAULT:
        raise spec.require("expectations").error("they speak of an outage, but there is no fault; add one, or empty it")


def _check_required(spec: Mapping, scenario: Scenario) -> None:
    by_id = {objective.id: objective for objective in scenario.slo.objectives}
    for node in spec.mapping("objectives").sequence("required"):
        objective = by_id[node.as_str()]
        if isinstance(objective, RecoveryObjective):
            _check_recovery(spec, scenario, node, objective)
        _check_evidence(node, scenario.load, objective)


def _check_recovery(spec: Mapping, scenario: Scenario, node: Node, objective: RecoveryObjective) -> None:
    if not scenario.faults:
        raise node.error(f'"{objective.id}" is a recovery time, but there is no fault; add one, or remove it')
    recovery_s, hold_s = scenario.phases.recovery_s, objective.hold_s
    if recovery_s < hold_s:
        node = spec.mapping("phases").require("recovery_s")
        needed = f'"{objective.id}" believes a recovery after {hold_s:g} good seconds'
        raise node.error(f"{recovery_s:g} s, but {needed}; make it longer")


def _check_evidence(node: Node, load: LoadSpec, objective: AnyObjective) -> None:
    """A required objective must count something that this load does."""
    if isinstance(objective, InvariantObjective):
        _check_judgeable(node, load, objective.invariant)
        return
    done = catalog.operations_made(load.workload, load.mix)
    if done is None:
        return
    if isinstance(objective, Objective) and objective.total.source == "issuance":
        counted: tuple[str, ...] = ("purchase",)
    else:
        counted = objective.total.operations if isinstance(objective, Objective) else objective.operations
    if not done.intersection(counted):
        raise node.error(f'"{objective.id}" counts {", ".join(counted)}, which no arrival of the mix makes')


def _check_workload(spec: Mapping, scenario: Scenario) -> None:
    """Expectations and invariants must be judged by something that this workload leaves."""
    for node in (*spec.sequence("expectations"), *spec.mapping("invariants").sequence("required")):
        _check_judgeable(node, scenario.load, node.as_str())


def _check_judgeable(node: Node, load: LoadSpec, check: str) -> None:
    if not catalog.has_evidence(load.workload, check):
        raise node.error(
            f'"{check}" reads what TicketFlow\'s own buyers write down, and this is workload: {load.workload};'
            f" remove it, or use workload: {catalog.TICKETFLOW}"
        )
