"""The rules for indicators: SLI, the inline indicator of an SLO, their metrics, and DataSource."""

from tfbench.slo.dialect import Dialect
from tfbench.slo.fields import (
    at_most_one,
    check_bool,
    check_description,
    check_text,
    exactly_one,
    given,
    given_text,
    required,
)
from tfbench.slo.metadata import read_metadata
from tfbench.yamlio import Mapping, Node

RAW_TYPES = ("success", "failure")


def check_sli(spec: Mapping, dialect: Dialect) -> str:
    """An SLI's spec; tells which metric it has, `thresholdMetric` or `ratioMetric`."""
    check_description(spec)
    kind, metric = exactly_one(spec, "thresholdMetric", "ratioMetric")
    if kind == "ratioMetric":
        _check_ratio(metric.as_mapping(), dialect)
    else:
        _check_metric(metric, dialect)
    spec.finish()
    return kind


def check_indicator(holder: Mapping, dialect: Dialect) -> str | None:
    """The indicator of an SLO or of an objective, inline or by name; tells the metric of one that is inline."""
    found = at_most_one(holder, dialect.indicator, f"{dialect.indicator}Ref")
    if found is None:
        return None
    key, node = found
    if key != dialect.indicator:
        node.as_name()
        return None
    inline = node.as_mapping()
    read_metadata(inline.mapping("metadata"), dialect)
    kind = check_sli(required(inline, "spec").as_mapping(), dialect)
    inline.finish()
    return kind


def check_data_source(spec: Mapping, dialect: Dialect) -> None:
    """A DataSource's spec, which v2alpha's metrics may also hold."""
    check_description(spec)
    required(spec, "type").as_str()
    spec.require("connectionDetails")  # anything, even null: it is the data source's own
    spec.finish()


def _check_ratio(metric: Mapping, dialect: Dialect) -> None:
    check_bool(metric, "counter")
    check_text(metric, "rawType")
    exactly_one(metric, "total", "raw")
    at_most_one(metric, "raw", "good", "bad")
    if given(metric, "raw"):
        required(metric, "rawType").as_choice(RAW_TYPES, "rawType")
    else:
        exactly_one(metric, "good", "bad")
    for key in ("good", "bad", "total", "raw"):
        if node := given(metric, key):
            _check_metric(node, dialect)
    metric.finish()


def _check_metric(node: Node, dialect: Dialect) -> None:
    metric = node.as_mapping()
    if dialect.has_metric_source:
        _check_metric_source(required(metric, "metricSource").as_mapping())
    else:
        key, source = exactly_one(metric, "dataSourceRef", "dataSourceSpec", by_value="dataSourceRef")
        if key == "dataSourceRef":
            source.as_name()
        else:
            check_data_source(source.as_mapping(), dialect)
        if query := given(metric, "spec"):
            query.as_mapping()
    metric.finish()


def _check_metric_source(source: Mapping) -> None:
    if ref := given_text(source, "metricSourceRef"):
        ref.as_name()
    check_text(source, "type")
    query = required(source, "spec")
    if not query.as_mapping().items():
        raise query.error("nothing in it; say what to measure")
    source.finish()
