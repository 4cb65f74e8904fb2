"""The rules for alerts: AlertPolicy, AlertCondition, AlertNotificationTarget, each on its own or inside another."""

from collections.abc import Callable

from tfbench.slo.dialect import Dialect
from tfbench.slo.durations import read_duration
from tfbench.slo.fields import check_bool, check_description, given, given_items, required
from tfbench.slo.metadata import read_metadata
from tfbench.yamlio import Mapping, Node

OPERATORS = ("gt", "lt", "gte", "lte")
_INLINE_KEYS = ("kind", "metadata", "spec")


def check_operator(mapping: Mapping) -> None:
    """A comparison, which must be there."""
    required(mapping, "op").as_choice(OPERATORS, "operator")


def check_policy_of_slo(node: Node, dialect: Dialect) -> None:
    """One of an SLO's alert policies."""
    _check_named_or_inline(node, "alertPolicyRef", "AlertPolicy", check_alert_policy, dialect)


def check_alert_policy(spec: Mapping, dialect: Dialect) -> None:
    """An AlertPolicy's spec: exactly one condition, at least one target."""
    check_description(spec)
    for key in ("alertWhenNoData", "alertWhenBreaching", "alertWhenResolved"):
        check_bool(spec, key)
    conditions = given_items(spec, "conditions")
    if len(conditions) != 1:
        raise spec.error(f"conditions: expected exactly one, saw {len(conditions)}")
    _check_named_or_inline(conditions[0], "conditionRef", "AlertCondition", check_alert_condition, dialect)
    targets = given_items(spec, "notificationTargets")
    if not targets:
        raise spec.error("notificationTargets: expected at least one, saw none")
    for target in targets:
        _check_named_or_inline(target, "targetRef", "AlertNotificationTarget", check_alert_target, dialect)
    spec.finish()


def check_alert_condition(spec: Mapping, dialect: Dialect) -> None:
    """An AlertCondition's spec; burn rates are the only kind there is."""
    check_description(spec)
    required(spec, "severity").as_str()
    condition = required(spec, "condition").as_mapping()
    required(condition, "kind").as_choice(("burnrate",), "kind of condition")
    check_operator(condition)
    required(condition, "threshold").as_number()
    read_duration(required(condition, "lookbackWindow"), dialect.units)
    after = required(condition, "alertAfter") if dialect.needs_alert_after else given(condition, "alertAfter")
    if after:
        read_duration(after, dialect.units)
    condition.finish()
    spec.finish()


def check_alert_target(spec: Mapping, dialect: Dialect) -> None:
    """An AlertNotificationTarget's spec."""
    check_description(spec)
    required(spec, "target").as_str()
    spec.finish()


def _check_named_or_inline(
    node: Node, ref_key: str, kind: str, check_spec: Callable[[Mapping, Dialect], None], dialect: Dialect
) -> None:
    """An object named by `ref_key`, or written out with its kind, metadata and spec; not both."""
    item = node.as_mapping()
    ref, inline = item.optional(ref_key), [part for key in _INLINE_KEYS if (part := item.optional(key))]
    if ref and inline:
        raise ref.error(f"{ref_key} and an inline {kind} exclude each other; keep one")
    if not inline:
        required(item, ref_key).as_name()
    else:
        required(item, "kind").as_choice((kind,), "kind here")
        read_metadata(item.mapping("metadata"), dialect)
        check_spec(required(item, "spec").as_mapping(), dialect)
    item.finish()
