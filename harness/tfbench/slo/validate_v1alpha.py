"""The rules of openslo/v1alpha: services and SLOs, whose indicators are queries in place.

Nothing here is judged: v1alpha has only one number against another, and no place for a selector of records.
"""

import re

from tfbench.slo.durations import read_start
from tfbench.slo.fields import (
    MAX_DESCRIPTION,
    check_below,
    check_bool,
    check_description,
    check_length,
    check_number,
    given,
    given_items,
    given_text,
    required,
)
from tfbench.slo.metadata import read_display_name
from tfbench.slo.validate_alerts import check_operator
from tfbench.yamlio import Mapping, Node

VERSION = "openslo/v1alpha"
KINDS = ("Service", "SLO")
METHODS = ("Occurrences", "Timeslices")
UNITS = ("Second", "Day", "Week", "Month", "Quarter")
_MAX_COUNT = 999_999_999
_LETTERS = re.compile("[a-zA-Z]+")


def check_metadata(metadata: Mapping) -> None:
    """A name and a title: labels and annotations came later."""
    metadata.require("name").as_name()
    read_display_name(metadata)
    metadata.finish()


def check_slo(spec: Mapping) -> None:
    """An SLO's spec; its indicator is a threshold here, or a ratio in the objectives."""
    check_description(spec)
    required(spec, "service").as_str()
    method = required(spec, "budgetingMethod").as_choice(METHODS, "budgetingMethod")
    _check_window(spec)
    objectives = [item.as_mapping() for item in given_items(spec, "objectives")]
    _check_indicator(spec, objectives)
    for objective in objectives:
        _check_objective(objective, method)
    spec.finish()


def _check_window(spec: Mapping) -> None:
    node = required(spec, "timeWindows")
    windows = node.as_list()
    if len(windows) != 1:
        raise node.error(f"expected one window, saw {len(windows)}")
    window = windows[0].as_mapping()
    required(window, "unit").as_choice(UNITS, "unit")
    required(window, "count").as_int(min=1, max=_MAX_COUNT)
    read_start(window)
    window.finish()


def _check_indicator(spec: Mapping, objectives: list[Mapping]) -> None:
    indicator = given(spec, "indicator")
    has_ratio = any(given(objective, "ratioMetrics") for objective in objectives)
    if indicator and has_ratio:
        raise indicator.error("the objectives have ratioMetrics; keep them, or the indicator")
    if not indicator and not has_ratio:
        raise spec.error("no indicator; add indicator here, or ratioMetrics in the objectives")
    if indicator:
        holder = indicator.as_mapping()
        _check_query(required(holder, "thresholdMetric"))
        holder.finish()


def _check_objective(objective: Mapping, method: str) -> None:
    check_length(objective, "displayName", MAX_DESCRIPTION)
    required(objective, "value").as_number()
    check_below(required(objective, "target"), 1)
    check_number(objective, "timeSliceTarget")
    if method == "Timeslices":
        required(objective, "timeSliceTarget").as_number(min=0, max=1)
    _check_ratio(objective)
    objective.finish()


def _check_ratio(objective: Mapping) -> None:
    """`op` compares with a threshold: a ratio has none."""
    ratio, op = given(objective, "ratioMetrics"), given_text(objective, "op")
    if not ratio:
        check_operator(objective)
        return
    if op:
        raise op.error("belongs to a threshold, and this objective has ratioMetrics; remove it")
    metrics = ratio.as_mapping()
    check_bool(metrics, "incremental")
    for key in ("good", "total"):
        _check_query(required(metrics, key))
    metrics.finish()


def _check_query(node: Node) -> None:
    metric = node.as_mapping()
    for key in ("source", "queryType"):
        word = required(metric, key)
        if not _LETTERS.fullmatch(word.as_str()):
            raise word.error(f'"{word.text}" is not one word of the letters a to z')
    required(metric, "query").as_str()
    metric.finish()
