"""Reads what an indicator counts: a ratioMetric of `good` and `total`, each a selector of records.

    metricSource:
      type: tfbench
      spec: {source: operations, operations: [hold], outcome: [ok], latency_ms_below: 300}
      or    {source: issuance, latency_ms_below: 300000}

v2alpha has no metricSource: `dataSourceSpec: {type: tfbench, connectionDetails: {}}` and `spec` stand in its place.

A filter left out lets every record pass. `good` must count only what `total` counts, or the ratio lies.
"""

from collections.abc import Collection
from dataclasses import dataclass

from tfbench.catalog import OUTCOMES, SOURCES
from tfbench.model import Selector
from tfbench.slo.dialect import Dialect
from tfbench.slo.fields import read_operations
from tfbench.yamlio import Mapping, Node


@dataclass(frozen=True, slots=True)
class Ratio:
    """What is good, out of what."""

    good: Selector
    total: Selector


def read_ratio(metric: Mapping, dialect: Dialect, operations: Collection[str] | None) -> Ratio:
    """The `good` and `total` of a ratioMetric; `bad` and `raw` are OpenSLO too, but not judged yet.

    `operations` are those it may name, None: any.
    """
    for key in ("bad", "raw", "rawType"):
        if other := metric.optional(key):
            raise other.error(f"{key} is OpenSLO, but not judged yet; count good and total")
    if counter := metric.optional("counter"):
        counter.as_bool()
    total = _read_selector(metric.mapping("total"), dialect, operations)
    node = metric.require("good")
    good = _read_selector(node.as_mapping(), dialect, operations)
    metric.finish()
    _check_part_of(node, good, total)
    return Ratio(good, total)


def _read_selector(metric: Mapping, dialect: Dialect, operations: Collection[str] | None) -> Selector:
    """The filters, wherever the version keeps them; nothing but tfbench's own records can be read."""
    holder = metric.mapping("metricSource") if dialect.has_metric_source else metric
    for key in ("metricSourceRef", "dataSourceRef"):
        if ref := holder.optional(key):
            raise ref.error("data sources are OpenSLO, but not read; use type: tfbench")
    source = holder if dialect.has_metric_source else metric.mapping("dataSourceSpec")
    source.require_choice("type", ("tfbench",), "metric source")
    if source is not holder:
        source.require("connectionDetails")  # there is nothing to connect to, but OpenSLO requires it
        source.finish()
    selector = _read_filters(holder.mapping("spec"), operations)
    holder.finish()
    metric.finish()
    return selector


def _read_filters(spec: Mapping, operations: Collection[str] | None) -> Selector:
    source = spec.require_choice("source", SOURCES, "source")
    latency = spec.optional("latency_ms_below")
    latency_ms_below = latency.as_number(min=1, max=86_400_000) if latency else None
    if source == "issuance":
        spec.finish()
        return Selector(source, latency_ms_below=latency_ms_below)
    outcome, status_not = spec.optional("outcome"), spec.optional("status_not")
    selector = Selector(
        source,
        operations=read_operations(spec.require("operations"), operations),
        outcome=outcome.as_choices(OUTCOMES, "outcome", at_least=1) if outcome else (),
        latency_ms_below=latency_ms_below,
        status_not=tuple(n.as_int(min=100, max=599) for n in status_not.as_list()) if status_not else (),
    )
    spec.finish()
    return selector


def _check_part_of(node: Node, good: Selector, total: Selector) -> None:
    if good.source != total.source:
        raise node.error(f'counts "{good.source}", but total counts "{total.source}"; use one source for both')
    if set(good.operations) != set(total.operations):
        raise node.error("counts other operations than total; name the same in both")
    if total.latency_ms_below is not None or total.status_not:
        raise node.error("total filters by latency or status, so slow or failed operations vanish; filter in good")
    if total.outcome and not set(good.outcome or OUTCOMES) <= set(total.outcome):
        raise node.error("counts outcomes that total leaves out; add them to total")
    if good == total:
        raise node.error("is the same as total, so it can never fail; add what makes an operation good")
