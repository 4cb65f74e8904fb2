"""Recovery times as the page shows them: fault by fault in a table, the worst of each service in the key figures."""

from dataclasses import dataclass

from tfbench.report.evidence import Record
from tfbench.verdict import Verdict, merge


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
