"""Reads SLA and SLO tables: a YAML stream of OpenSLO documents (v1 or v2alpha), and two kinds of our own.

    openslo/v1 Service                                  who promises
    openslo/v1 SLO [+ SLI]       -> Objective           good / total >= target, counted over a window
                                    SlicedObjective     the same, by slices of time (Timeslices, RatioTimeslices)
    tfbench/v1 RecoveryObjective -> RecoveryObjective   OpenSLO has no recovery time, nor durations in seconds
    tfbench/v1 Invariant         -> InvariantObjective  OpenSLO's targets end below 100%

Selectors live in `metricSource.spec`, which OpenSLO leaves to the implementation. `metadata.displayName` is
the English title, the annotation `tfbench/title-es` the Spanish one. What is legal but cannot be judged is
refused, not ignored: a promise nobody judges must not look kept. `validate.py` says what is legal at all. The rules
are those of the specification (github.com/OpenSLO/OpenSLO, README) and, where it is silent, of its validator
(github.com/OpenSLO/go-sdk).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from tfbench.catalog import OPERATIONS
from tfbench.errors import ConfigError
from tfbench.model import AnyObjective, Objective, Slo
from tfbench.slo import own
from tfbench.slo.dialect import DIALECTS, OWN, V1, Dialect
from tfbench.slo.durations import read_window
from tfbench.slo.fields import check_description
from tfbench.slo.metadata import Metadata, read_metadata
from tfbench.slo.objective import SlicedObjective
from tfbench.slo.selectors import Ratio, read_ratio
from tfbench.slo.targets import read_objective
from tfbench.yamlio import Mapping, Node, read_documents

_NOT_JUDGED_KINDS = ("DataSource", "AlertPolicy", "AlertCondition", "AlertNotificationTarget")
_KINDS = ("Service", "SLI", "SLO", *_NOT_JUDGED_KINDS, *own.KINDS)


@dataclass(frozen=True, slots=True)
class _Document:
    kind: str
    dialect: Dialect
    metadata: Metadata
    spec: Mapping


def load_slo(file: Path, operations: Collection[str] | None = tuple(OPERATIONS)) -> Slo:
    """The tables of one file, in file order. Raises ConfigError with the line of the first mistake.

    `operations` are those that objectives may count; None: any, where the load's own code names them.
    """
    documents = [_read_document(root) for root in read_documents(file)]
    _refuse_same_names(documents)
    services = {doc.metadata.name for doc in documents if doc.kind == "Service"}
    indicators = {
        doc.metadata.name: _read_indicator_spec(doc.spec, doc.dialect, operations)
        for doc in documents
        if doc.kind == "SLI"
    }
    readers: dict[str, Callable[[_Document], AnyObjective]] = {
        "SLO": lambda doc: _read_slo(doc, services, indicators, operations),
        "RecoveryObjective": lambda doc: own.read_recovery(doc.metadata, doc.spec, services, operations),
        "Invariant": lambda doc: own.read_invariant(doc.metadata, doc.spec, services),
    }
    for doc in documents:
        if doc.kind == "Service":
            _finish_with_description(doc.spec)
    objectives = tuple(readers[doc.kind](doc) for doc in documents if doc.kind in readers)
    if not objectives:
        raise ConfigError(file, 1, "no SLO, RecoveryObjective or Invariant; add what is promised")
    return Slo(path=file, objectives=objectives)


def _read_document(root: Mapping) -> _Document:
    kind = root.require_choice("kind", _KINDS, "kind")
    versions = (OWN,) if kind in own.KINDS else tuple(DIALECTS)
    version = root.require_choice("apiVersion", versions, f"apiVersion of kind {kind}")
    if kind in _NOT_JUDGED_KINDS:
        raise root.require("kind").error(f"{kind} is OpenSLO, but tfbench has no use for it; keep it in another file")
    dialect = DIALECTS.get(version, V1)
    metadata = read_metadata(root.mapping("metadata"), dialect)
    spec = root.mapping("spec")
    root.finish()
    return _Document(kind, dialect, metadata, spec)


def _refuse_same_names(documents: list[_Document]) -> None:
    """Objectives of all kinds share one name space: results and scenarios name them by id alone."""
    seen: dict[tuple[str, str], Node] = {}
    for doc in documents:
        space = doc.kind if doc.kind in {"Service", "SLI"} else "objective"
        node = doc.metadata.node
        first = seen.setdefault((space, doc.metadata.name), node)
        if first is not node:
            raise node.error(f'"{doc.metadata.name}" is already taken on line {first.line}; give it another name')


def _read_slo(
    doc: _Document, services: set[str], indicators: dict[str, Ratio], operations: Collection[str] | None
) -> Objective:
    spec, dialect = doc.spec, doc.dialect
    service = own.read_service(spec, dialect.service_keys, services)
    ratio = _read_indicator(spec, indicators, dialect, operations)
    window_s = read_window(spec, dialect.units, least=1)
    target, slicing = read_objective(spec, dialect)
    if alerts := spec.optional("alertPolicies"):
        raise alerts.error("alert policies are OpenSLO, but tfbench doesn't alert; keep them in another file")
    _finish_with_description(spec)
    common = (doc.metadata.name, doc.metadata.title(), service, target, window_s, ratio.good, ratio.total)
    if slicing is None:
        return Objective(*common)
    return SlicedObjective(*common, slicing.method, slicing.slice_s, slicing.slice_target)


def _read_indicator(
    spec: Mapping, indicators: dict[str, Ratio], dialect: Dialect, operations: Collection[str] | None
) -> Ratio:
    key, ref_key = dialect.indicator, f"{dialect.indicator}Ref"
    inline, ref = spec.optional(key), spec.optional(ref_key)
    if inline and ref:
        raise ref.error(f"{key} and {ref_key} exclude each other; keep one")
    if ref:
        return indicators[ref.as_choice(indicators, "SLI of this file")]
    if inline is None:
        raise spec.error(f"no indicator; add {key} or {ref_key} (composite SLOs are not judged yet)")
    indicator = inline.as_mapping()
    read_metadata(indicator.mapping("metadata"), dialect)
    ratio = _read_indicator_spec(indicator.mapping("spec"), dialect, operations)
    indicator.finish()
    return ratio


def _read_indicator_spec(spec: Mapping, dialect: Dialect, operations: Collection[str] | None) -> Ratio:
    if threshold := spec.optional("thresholdMetric"):
        raise threshold.error("a threshold of one number is not judged yet; use ratioMetric: count good and total")
    ratio = read_ratio(spec.mapping("ratioMetric"), dialect, operations)
    _finish_with_description(spec)
    return ratio


def _finish_with_description(spec: Mapping) -> None:
    check_description(spec)
    spec.finish()
