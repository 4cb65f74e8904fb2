"""Reads SLA and SLO tables: a YAML stream of OpenSLO v1 documents, and two kinds of our own.

    openslo/v1 Service                                  who promises
    openslo/v1 SLO [+ SLI]       -> Objective           good / total >= target, counted over a rolling window
    tfbench/v1 RecoveryObjective -> RecoveryObjective   OpenSLO has no recovery time, nor durations in seconds
    tfbench/v1 Invariant         -> InvariantObjective  OpenSLO's targets end below 100%

Selectors live in `metricSource.spec`, which OpenSLO leaves to the implementation. `metadata.displayName` is
the English title, the annotation `tfbench/title-es` the Spanish one. What is legal but cannot be judged is
refused, not ignored: a promise nobody judges must not look kept. The rules are those of the specification
(github.com/OpenSLO/OpenSLO, README) and, where it is silent, of its validator (github.com/OpenSLO/go-sdk).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tfbench.catalog import INVARIANTS, OPERATIONS
from tfbench.errors import ConfigError
from tfbench.model import AnyObjective, InvariantObjective, Objective, RecoveryObjective, Slo
from tfbench.slo.metadata import Metadata, read_metadata
from tfbench.slo.selectors import Ratio, read_ratio
from tfbench.yamlio import Mapping, Node, read_documents

_OPENSLO, _OWN = "openslo/v1", "tfbench/v1"
_API_OF_KIND = {
    "Service": _OPENSLO,
    "SLI": _OPENSLO,
    "SLO": _OPENSLO,
    "DataSource": _OPENSLO,
    "AlertPolicy": _OPENSLO,
    "AlertCondition": _OPENSLO,
    "AlertNotificationTarget": _OPENSLO,
    "RecoveryObjective": _OWN,
    "Invariant": _OWN,
}
_NOT_JUDGED_KINDS = {"DataSource", "AlertPolicy", "AlertCondition", "AlertNotificationTarget"}

_MAX_DESCRIPTION = 1050

_DURATION = re.compile(r"([1-9][0-9]{0,5})([mhdwMQY])")
_DAY_S = 86_400
# OpenSLO leaves months, quarters and years to the implementation: these are its validator's.
_UNIT_S = {
    "m": 60,
    "h": 3600,
    "d": _DAY_S,
    "w": 7 * _DAY_S,
    "M": 30 * _DAY_S,
    "Q": 90 * _DAY_S,
    "Y": 365 * _DAY_S,
}


@dataclass(frozen=True, slots=True)
class _Document:
    kind: str
    metadata: Metadata
    spec: Mapping


def load_slo(file: Path) -> Slo:
    """The tables of one file, in file order. Raises ConfigError with the line of the first mistake."""
    documents = [_read_document(root) for root in read_documents(file)]
    _refuse_same_names(documents)
    services = {doc.metadata.name for doc in documents if doc.kind == "Service"}
    indicators = {doc.metadata.name: _read_indicator_spec(doc.spec) for doc in documents if doc.kind == "SLI"}
    readers: dict[str, Callable[[_Document], AnyObjective]] = {
        "SLO": lambda doc: _read_slo(doc, services, indicators),
        "RecoveryObjective": lambda doc: _read_recovery(doc, services),
        "Invariant": lambda doc: _read_invariant(doc, services),
    }
    for doc in documents:
        if doc.kind == "Service":
            _finish_with_description(doc.spec)
    objectives = tuple(readers[doc.kind](doc) for doc in documents if doc.kind in readers)
    if not objectives:
        raise ConfigError(file, 1, "no SLO, RecoveryObjective or Invariant; add what is promised")
    return Slo(path=file, objectives=objectives)


def _read_document(root: Mapping) -> _Document:
    kind = root.require_choice("kind", _API_OF_KIND, "kind")
    root.require_choice("apiVersion", (_API_OF_KIND[kind],), f"apiVersion of kind {kind}")
    if kind in _NOT_JUDGED_KINDS:
        raise root.require("kind").error(f"{kind} is OpenSLO, but tfbench has no use for it; keep it in another file")
    metadata = read_metadata(root.mapping("metadata"))
    spec = root.mapping("spec")
    root.finish()
    return _Document(kind, metadata, spec)


def _refuse_same_names(documents: list[_Document]) -> None:
    """Objectives of all kinds share one name space: results and scenarios name them by id alone."""
    seen: dict[tuple[str, str], Node] = {}
    for doc in documents:
        space = doc.kind if doc.kind in {"Service", "SLI"} else "objective"
        node = doc.metadata.node
        first = seen.setdefault((space, doc.metadata.name), node)
        if first is not node:
            raise node.error(f'"{doc.metadata.name}" is already taken on line {first.line}; give it another name')


def _read_slo(doc: _Document, services: set[str], indicators: dict[str, Ratio]) -> Objective:
    spec = doc.spec
    service = _read_service(spec, services)
    _refuse_unjudged_method(spec.require("budgetingMethod"))
    ratio = _read_indicator(spec, indicators)
    window_s = _read_window(spec)
    target = _read_objectives(spec)
    if alerts := spec.optional("alertPolicies"):
        raise alerts.error("alert policies are OpenSLO, but tfbench doesn't alert; keep them in another file")
    _finish_with_description(spec)
    return Objective(doc.metadata.name, doc.metadata.title(), service, target, window_s, ratio.good, ratio.total)


def _read_service(spec: Mapping, services: set[str]) -> str:
    return spec.require_choice("service", sorted(services), "service of this file")


def _refuse_unjudged_method(node: Node) -> None:
    method = node.as_choice(("Occurrences", "Timeslices", "RatioTimeslices"), "budgetingMethod")
    if method != "Occurrences":
        raise node.error(f"{method} is OpenSLO, but not judged yet; count events: Occurrences")


def _read_indicator(spec: Mapping, indicators: dict[str, Ratio]) -> Ratio:
    inline, ref = spec.optional("indicator"), spec.optional("indicatorRef")
    if inline and ref:
        raise ref.error("indicator and indicatorRef exclude each other; keep one")
    if ref:
        return indicators[ref.as_choice(indicators, "SLI of this file")]
    if inline is None:
        raise spec.error("no indicator; add indicator or indicatorRef (composite SLOs are not judged yet)")
    indicator = inline.as_mapping()
    read_metadata(indicator.mapping("metadata"))
    ratio = _read_indicator_spec(indicator.mapping("spec"))
    indicator.finish()
    return ratio


def _read_indicator_spec(spec: Mapping) -> Ratio:
    if threshold := spec.optional("thresholdMetric"):
        raise threshold.error("a threshold of one number is not judged yet; use ratioMetric: count good and total")
    ratio = read_ratio(spec.mapping("ratioMetric"))
    _finish_with_description(spec)
    return ratio


def _read_window(spec: Mapping) -> float:
    """Seconds. Optional in OpenSLO; required here: an error budget means nothing without its window."""
    node = spec.require("timeWindow")
    windows = node.as_list()
    if len(windows) != 1:
        raise node.error(f"expected one window, saw {len(windows)}")
    window = windows[0].as_mapping()
    duration_s = _read_duration(window.require("duration"))
    if calendar := window.optional("calendar"):
        raise calendar.error("calendar windows are OpenSLO, but not judged yet; use isRolling: true")
    rolling = window.require("isRolling")
    if not rolling.as_bool():
        raise rolling.error("calendar windows are OpenSLO, but not judged yet; use isRolling: true")
    window.finish()
    return duration_s


def _read_duration(node: Node) -> float:
    text = node.as_str()
    match = _DURATION.fullmatch(text)
    if not match:
        raise node.error(
            f'"{text}" is not a duration; a whole number and m, h, d, w, M, Q or Y (OpenSLO has no seconds)'
        )
    return int(match[1]) * _UNIT_S[match[2]]


def _read_objectives(spec: Mapping) -> float:
    """The target ratio of the only objective."""
    node = spec.require("objectives")
    items = node.as_list()
    if len(items) != 1:
        raise node.error(f"expected one objective, saw {len(items)}; give each target its own SLO, and so its own id")
    objective = items[0].as_mapping()
    if display := objective.optional("displayName"):
        display.as_str()
    for key in ("op", "value"):
        if extra := objective.optional(key):
            raise extra.error("belongs to thresholdMetric, which is not judged yet; remove it")
    for key in ("timeSliceTarget", "timeSliceWindow"):
        if extra := objective.optional(key):
            raise extra.error("belongs to Timeslices, which are not judged yet; remove it")
    for key in ("indicator", "indicatorRef", "compositeWeight"):
        if extra := objective.optional(key):
            raise extra.error("composite SLOs are OpenSLO, but not judged yet; give each indicator its own SLO")
    target = _read_target(objective)
    objective.finish()
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


def _read_recovery(doc: _Document, services: set[str]) -> RecoveryObjective:
    spec = doc.spec
    objective = RecoveryObjective(
        id=doc.metadata.name,
        title=doc.metadata.title(),
        service=_read_service(spec, services),
        limit_s=spec.require_number("limit_s", min=1, max=30 * _DAY_S),
        operations=spec.require("operations").as_choices(OPERATIONS, "operation", at_least=1),
        latency_ms_below=spec.require_number("latency_ms_below", min=1, max=3_600_000),
        hold_s=spec.require_number("hold_s", min=1, max=600),
        slice_target=spec.require_number("slice_target", min=0.01, max=1),
    )
    _finish_with_description(spec)
    return objective


def _read_invariant(doc: _Document, services: set[str]) -> InvariantObjective:
    spec = doc.spec
    objective = InvariantObjective(
        id=doc.metadata.name,
        title=doc.metadata.title(),
        service=_read_service(spec, services),
        invariant=spec.require_choice("invariant", INVARIANTS, "invariant"),
    )
    _finish_with_description(spec)
    return objective


def _finish_with_description(spec: Mapping) -> None:
    description = spec.optional("description")
    if description and len(description.as_str()) > _MAX_DESCRIPTION:
        raise description.error(f"longer than {_MAX_DESCRIPTION} characters; shorten it")
    spec.finish()
