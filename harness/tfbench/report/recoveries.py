"""Recovery times as they are shown: fault by fault in a table, the worst of each promise in the key figures, and the
steps of each fault's recovery in one line."""

import dataclasses
from dataclasses import dataclass

from tfbench import texts
from tfbench.report.evidence import Record
from tfbench.results import WaterfallStep
from tfbench.slo.waterfall import in_order, operation_name
from tfbench.verdict import Verdict, merge

# Those that are told in a line; `texts.yaml` has a few words for each.
MILESTONES = (
    "stopped", "taken_out", "detected", "reads_moved", "broker_lost", "revoked", "promoted", "reconnected",
    "first_success", "met_again", "healing", "healthy", "broker_back", "issuing", "replica_caught_up", "synchronous",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RecoveryRow:
    """One line of the table. `fault` is None where the results name a fault that they do not describe."""

    anchor: str
    item: Record
    fault: Record | None
    fault_anchor: str


def rows_by_fault(results: Record) -> list[RecoveryRow]:
    """Every recovery time, in the order of the faults; its anchor is its place in the results, as in `lines.py`."""
    faults = {fault["id"]: number for number, fault in enumerate(results["faults"])}
    rows = [
        RecoveryRow(
            anchor=f"recovery-{number}",
            item=item,
            fault=results["faults"][faults[item["fault"]]] if item["fault"] in faults else None,
            fault_anchor=f"fault-{faults.get(item['fault'])}",
        )
        for number, item in enumerate(results["recovery"])
    ]
    return sorted(rows, key=lambda row: faults.get(row.item["fault"], len(faults)))


def worst_by_promise(results: Record) -> list[Record]:
    """One recovery time a promise: that of the fault it fared worst with."""
    by_promise: dict[str, list[Record]] = {}
    for item in results["recovery"]:
        by_promise.setdefault(item["id"], []).append(item)
    return [_worst(items) for items in by_promise.values()]


def _worst(items: list[Record]) -> Record:
    """Of the worst verdict, the longest; one that never ended is longer than any."""
    worst = merge(Verdict(item["verdict"]) for item in items)
    candidates = [item for item in items if item["verdict"] == worst] or items
    return max(candidates, key=lambda item: float("inf") if item["rto_s"] is None else item["rto_s"])


def figure_name(results: Record, item: Record) -> texts.Rendered:
    """What tells one key figure from the others: its service, and what of it was measured where it has several."""
    shared = {other["id"] for other in results["recovery"] if other["service"] == item["service"]}
    if len(shared) < 2:
        return texts.render("recovery.figure", service=item["service"])
    kinds = [operation_name(one["operation"]) for one in item.get("operations", [])]
    what = texts.joined(*kinds, separator=", ") if kinds else item["title"]
    return texts.render("recovery.figure_of", service=item["service"], what=what)


def steps_of(results: Record, fault: str) -> list[Record]:
    """The steps of a fault's recovery in order, of all that was timed from it: those of the fault itself once."""
    found: dict[tuple[str, str | None, str | None], WaterfallStep] = {}
    for item in results["recovery"]:
        for step in item.get("waterfall", []) if item["fault"] == fault else []:
            found.setdefault((step["step"], step["who"], step["operation"]), _known(step))
    return [dataclasses.asdict(step) for step in in_order(list(found.values()))]


def _known(step: Record) -> WaterfallStep:
    """What this version knows of a step; a later one may have written more."""
    return WaterfallStep(**{field.name: step[field.name] for field in dataclasses.fields(WaterfallStep)})


def told_in_a_line(results: Record) -> list[texts.Rendered]:
    """The milestones of each fault's recovery, in order."""
    lines = []
    for fault in results["faults"]:
        milestones = _milestones(steps_of(results, fault["id"]))
        if milestones:
            told = texts.joined(*(_told(step) for step in milestones), separator=", ")
            lines.append(texts.render("milestone.line", fault=fault["id"], steps=told))
    return lines


def _milestones(steps: list[Record]) -> list[Record]:
    """Of several steps of a kind the last, as all of them are then there; one that is missing comes before any."""
    last: dict[str, Record] = {}
    for step in steps:
        earlier = last.get(step["step"])
        if step["step"] in MILESTONES and (earlier is None or earlier["at_s"] is not None):
            last.pop(step["step"], None)
            last[step["step"]] = step
    return list(last.values())


def _told(step: Record) -> texts.Rendered:
    name = texts.render(f"milestone.{step['step']}")
    if step["at_s"] is None:
        return texts.render("milestone.not_seen", step=name)
    return texts.render("milestone.at", step=name, at=float(step["at_s"]))
