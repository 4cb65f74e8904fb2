"""From a run folder to its verdict. Reads only what is on disk, so judging again gives the same answer.

    run folder -> RunData -> objectives, recovery, expectations, invariants, faults, load
                          -> the lines that decide -> the worst of them -> Results

Required objectives and invariants decide, and so do all expectations; the rest is shown. A load or a fault
that was not what was asked makes the run INVALID, and a run that was cut short is INCONCLUSIVE at best.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from tfbench import texts
from tfbench.checks.registry import judge_expectation, judge_invariant
from tfbench.checks.validity import fault_result, fault_trouble, judge_load
from tfbench.model import InvariantObjective, Objective, RecoveryObjective, Scenario
from tfbench.results import (
    ExpectationResult,
    InvariantResult,
    LoadResult,
    ObjectiveResult,
    RecoveryResult,
    Results,
)
from tfbench.rundata import RunData, opened
from tfbench.slo.outages import budgets, judge_recovery
from tfbench.slo.ratios import judge_objectives
from tfbench.texts import Rendered
from tfbench.verdict import Verdict, merge

REASONS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One judgement that decides, by the name a reader knows it by."""

    name: str
    verdict: Verdict
    reason: Rendered


def judge(run_dir: Path, scenario: Scenario) -> Results:
    """Judge a run folder against the scenario it ran. Raises UsageError when the folder is no run's."""
    with opened(run_dir, scenario.faults) as run:
        objectives = _judge_objectives(run, scenario)
        recoveries = _judge_recoveries(run, scenario)
        expectations = [judge_expectation(run, name) for name in scenario.expectations]
        invariants = _judge_invariants(run, scenario)
        load = judge_load(run, scenario)
        lines = [
            *_deciding([*objectives, *recoveries, *expectations, *invariants]),
            *_missing(scenario, [*objectives, *recoveries, *invariants]),
            *_validity(run, load),
        ]
        verdict = merge(line.verdict for line in lines)
        return Results(
            scenario=scenario.name,
            title=dataclasses.asdict(scenario.title),
            purpose=dataclasses.asdict(scenario.purpose),
            system=scenario.system,
            platform=_platform(run, scenario),
            seed=scenario.seed,
            started_at=run.windows.started_at,
            finished_at=run.windows.finished_at,
            interrupted=not run.windows.complete,
            verdict=verdict,
            reason=_reason(verdict, lines),
            objectives=objectives,
            recovery=recoveries,
            expectations=expectations,
            invariants=invariants,
            faults=[fault_result(fault) for fault in run.windows.faults],
            load=load,
            budget=budgets(scenario.slo.objectives, recoveries),
        )


def _judge_objectives(run: RunData, scenario: Scenario) -> list[ObjectiveResult]:
    ratios = [objective for objective in scenario.slo.objectives if isinstance(objective, Objective)]
    return judge_objectives(run, ratios, scenario.required)


def _judge_recoveries(run: RunData, scenario: Scenario) -> list[RecoveryResult]:
    """Every service against every fault: those the fault should not touch show that it did not."""
    return [
        judge_recovery(run, objective, fault, objective.id in scenario.required)
        for objective in scenario.slo.objectives
        if isinstance(objective, RecoveryObjective)
        for fault in run.windows.faults
    ]


def _judge_invariants(run: RunData, scenario: Scenario) -> list[InvariantResult]:
    """The scenario's own by their names, and those that the tables promise by their objectives' names."""
    workload = scenario.load.workload
    own = {name: judge_invariant(run, name, True, workload) for name in scenario.invariants}
    promised = []
    for objective in scenario.slo.objectives:
        if isinstance(objective, InvariantObjective):
            judged = own.get(objective.invariant) or judge_invariant(run, objective.invariant, False, workload)
            promised.append(
                dataclasses.replace(
                    judged,
                    id=objective.id,
                    title=dataclasses.asdict(objective.title),
                    required=objective.id in scenario.required,
                )
            )
    return [*promised, *own.values()]


def _deciding(
    results: list[ObjectiveResult | RecoveryResult | ExpectationResult | InvariantResult],
) -> list[Line]:
    return [
        Line(result.id, result.verdict, result.reason)
        for result in results
        if isinstance(result, ExpectationResult) or result.required
    ]


def _missing(scenario: Scenario, results: list[ObjectiveResult | RecoveryResult | InvariantResult]) -> list[Line]:
    """A required objective that nothing judged (a recovery time without a fault) is not a promise kept."""
    judged = {result.id for result in results}
    return [
        Line(name, Verdict.NO_DATA, texts.render("run.not_judged")) for name in scenario.required if name not in judged
    ]


def _validity(run: RunData, load: LoadResult) -> list[Line]:
    lines = [] if load.valid else [Line("load", Verdict.INVALID, load.reason)]
    for fault in run.windows.faults:
        trouble = fault_trouble(fault)
        if trouble is not None:
            lines.append(Line(fault.id, Verdict.INVALID, trouble))
    if not run.windows.complete:
        lines.append(Line("run", Verdict.INCONCLUSIVE, texts.render("run.interrupted")))
    return lines


def _reason(verdict: Verdict, lines: list[Line]) -> Rendered:
    """The lines that made the verdict, by name; the first few in full."""
    worst = [line for line in lines if line.verdict is verdict]
    if verdict is Verdict.PASS or not worst:
        return texts.render("run.pass" if worst else "run.nothing_decides", count=len(worst))
    shown = [texts.render("run.line", name=line.name, reason=line.reason) for line in worst[:REASONS_SHOWN]]
    if len(worst) > REASONS_SHOWN:
        others = ", ".join(line.name for line in worst[REASONS_SHOWN:])
        shown.append(texts.render("run.others", others=others))
    return texts.joined(*shown)


def _platform(run: RunData, scenario: Scenario) -> str:
    """What the system ran on, as the run wrote it; else the profile that was asked for."""
    settings = run.environment.get("settings")
    named = settings.get("platform") if isinstance(settings, dict) else None
    return str(run.environment.get("platform") or named or scenario.profile)
