"""The rules for SLOs: window, budgeting method, objectives (composite ones too), alert policies."""

from tfbench.slo.dialect import Dialect
from tfbench.slo.durations import parse_duration, read_duration, read_window
from tfbench.slo.fields import (
    check_below,
    check_description,
    check_number,
    check_text,
    exactly_one,
    given,
    given_items,
    given_text,
    required,
)
from tfbench.slo.objective import Method
from tfbench.slo.targets import METHODS, read_slice_target
from tfbench.slo.validate_alerts import check_operator, check_policy_of_slo
from tfbench.slo.validate_sli import check_indicator
from tfbench.yamlio import Mapping


def check_slo(spec: Mapping, dialect: Dialect) -> None:
    """An SLO's spec. The validator asks for no objective at all, so none is asked for here."""
    check_description(spec)
    exactly_one(spec, *dialect.service_keys)[1].as_str()
    method = required(spec, "budgetingMethod").as_choice(METHODS, "budgetingMethod")
    read_window(spec, dialect.units)
    objectives = [item.as_mapping() for item in given_items(spec, "objectives")]
    is_composite = _check_where_indicators_are(spec, objectives, dialect)
    metric = check_indicator(spec, dialect)
    for objective in objectives:
        _check_objective(objective, dialect, method, metric, is_composite)
    for policy in given_items(spec, "alertPolicies"):
        check_policy_of_slo(policy, dialect)
    spec.finish()


def _check_where_indicators_are(spec: Mapping, objectives: list[Mapping], dialect: Dialect) -> bool:
    """Whether it is a composite: then its objectives have the indicators, else it has one itself; never both."""
    keys = (dialect.indicator, f"{dialect.indicator}Ref")
    is_composite = any(given(objective, key) for objective in objectives for key in keys)
    own = next((node for key in keys if (node := given(spec, key))), None)
    if is_composite and own:
        raise own.error("the objectives have indicators too; keep them here, or there")
    if not is_composite and own is None:
        raise spec.error(f"no indicator; add {keys[0]} or {keys[1]}, here or in the objectives")
    return is_composite


def _check_objective(objective: Mapping, dialect: Dialect, method: str, metric: str | None, is_composite: bool) -> None:
    check_text(objective, "displayName")
    _check_target(objective)
    _check_threshold(objective, metric)
    _check_slices(objective, dialect, method)
    weight = check_number(objective, "compositeWeight")
    if is_composite and weight is not None and weight <= 0:
        raise required(objective, "compositeWeight").error(f"expected a number above 0, saw {weight:g}")
    check_indicator(objective, dialect)
    objective.finish()


def _check_target(objective: Mapping) -> None:
    key, node = exactly_one(objective, "target", "targetPercent")
    check_below(node, 100 if key == "targetPercent" else 1)


def _check_threshold(objective: Mapping, metric: str | None) -> None:
    """`op` and `value` go with a threshold; of an indicator elsewhere nobody knows which it is."""
    check_text(objective, "op")
    check_number(objective, "value")
    if metric == "thresholdMetric":
        required(objective, "value")
        check_operator(objective)
    if metric == "ratioMetric":
        for extra in (given_text(objective, "op"), given(objective, "value")):
            if extra:
                raise extra.error("belongs to thresholdMetric, and the indicator is a ratioMetric; remove it")


def _check_slices(objective: Mapping, dialect: Dialect, method: str) -> None:
    """Slices are looked at only where the method has them, but a duration must always be one."""
    window = given_text(objective, "timeSliceWindow")
    check_number(objective, "timeSliceTarget")
    if window:
        parse_duration(window, dialect.units)
    if method in tuple(Method):
        read_duration(required(objective, "timeSliceWindow"), dialect.units)
    if method == Method.TIMESLICES:
        read_slice_target(required(objective, "timeSliceTarget"))
