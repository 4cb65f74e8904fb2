"""The versions of OpenSLO that are read, and what sets them apart.

    openslo/v1           indicator, metricSource, displayName, durations up to years
    openslo.com/v2alpha  sli, dataSourceRef | dataSourceSpec, no displayName, durations up to weeks

Both are those of the OpenSLO validator (github.com/OpenSLO/go-sdk, pkg/openslo/v1 and pkg/openslo/v2alpha). Where
v2alpha's text and its validator disagree (`service`, `serviceRef`), either is read.
"""

from dataclasses import dataclass

OWN = "tfbench/v1"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one version writes things. `units` are those of its durations."""

    version: str
    indicator: str
    service_keys: tuple[str, ...]
    units: str
    has_display_name: bool
    has_metric_source: bool
    needs_alert_after: bool


V1 = Dialect(
    version="openslo/v1",
    indicator="indicator",
    service_keys=("service",),
    units="mhdwMQY",
    has_display_name=True,
    has_metric_source=True,
    needs_alert_after=False,
)
V2ALPHA = Dialect(
    version="openslo.com/v2alpha",
    indicator="sli",
    service_keys=("serviceRef", "service"),
    units="mhdw",
    has_display_name=False,
    has_metric_source=False,
    needs_alert_after=True,
)
DIALECTS = {dialect.version: dialect for dialect in (V1, V2ALPHA)}
