"""Reads what an SLO asks for, so that it can be judged: the target, and the slices of time it is counted by."""

from dataclasses import dataclass
from decimal import Decimal

from tfbench.slo.dialect import Dialect
from tfbench.slo.durations import read_duration
from tfbench.slo.fields import check_text, given
from tfbench.slo.objective import Method
from tfbench.yamlio import Mapping, Node

METHODS = ("Occurrences", *Method)


@dataclass(frozen=True, slots=True)
class Slicing:
    """The slices of an objective that is not counted by events."""

    method: Method
    slice_s: float
    slice_target: float | None


def read_objective(spec: Mapping, dialect: Dialect) -> tuple[float, Slicing | None]:
    """The target ratio of the only objective, and its slices; None: it counts events (Occurrences)."""
    method = spec.require_choice("budgetingMethod", METHODS, "budgetingMethod")
    node = spec.require("objectives")
    items = node.as_list()
    if len(items) != 1:
        raise node.error(f"expected one objective, saw {len(items)}; give each target its own SLO, and so its own id")
    objective = items[0].as_mapping()
    check_text(objective, "displayName")
    for key in ("op", "value"):
        if extra := objective.optional(key):
            raise extra.error("belongs to thresholdMetric, which is not judged yet; remove it")
    for key in (dialect.indicator, f"{dialect.indicator}Ref", "compositeWeight"):
        if extra := objective.optional(key):
            raise extra.error("composite SLOs are OpenSLO, but not judged yet; give each indicator its own SLO")
    target = _read_target(objective)
    slicing = None if method == "Occurrences" else _read_slicing(objective, Method(method), dialect)
    for key in ("timeSliceTarget", "timeSliceWindow"):
        if slicing is None and (extra := objective.optional(key)):
            raise extra.error("belongs to Timeslices, and the budgetingMethod is Occurrences; remove it")
    objective.finish()
    return target, slicing


def _read_slicing(objective: Mapping, method: Method, dialect: Dialect) -> Slicing:
    # Both are asked for before either is missed, or the one would be taken for the other misspelt.
    node, _ = given(objective, "timeSliceTarget"), given(objective, "timeSliceWindow")
    slice_s = read_duration(objective.require("timeSliceWindow"), dialect.units, least=1).seconds
    if method is Method.RATIO_TIMESLICES:
        if node:
            raise node.error("belongs to Timeslices; RatioTimeslices takes each slice's ratio as it is: remove it")
        return Slicing(method, slice_s, None)
    return Slicing(method, slice_s, read_slice_target(objective.require("timeSliceTarget")))


def read_slice_target(node: Node) -> float:
    """The ratio from which a slice is good."""
    target = node.as_number()
    if not 0 < target <= 1:
        raise node.error(f"expected a number above 0 and up to 1, saw {node.text}")
    return target


def _read_target(objective: Mapping) -> float:
    ratio, percent = objective.optional("target"), objective.optional("targetPercent")
    if ratio and percent:
        raise percent.error("target and targetPercent exclude each other; keep one")
    if percent:
        # In decimal, so that 99.9% is the same number as 0.999.
        percent.as_number()
        return _open_interval(percent, Decimal(percent.text) / 100, "100")
    node = ratio or objective.require("target")
    node.as_number()
    return _open_interval(node, Decimal(node.text), "1")


def _open_interval(node: Node, target: Decimal, end: str) -> float:
    if not 0 < target < 1:
        advice = "a promise of 100% is a tfbench/v1 Invariant" if target == 1 else "0 promises nothing"
        raise node.error(f"expected a number above 0 and below {end}, saw {node.text}; {advice}")
    return float(target)
