"""Says in PromQL what an objective counts, over the metrics that TicketFlow exposes (metrics.yaml).

    Selector(operations, outcome, latency, status) -> sum(rate(http_peticion_segundos_count{...}[5m]))
    Objective                                      -> 1 - good / total

A threshold must be a bucket of the histogram: between two buckets the count is not known.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tfbench.model import Objective, Selector
from tfbench.slo.objective import SlicedObjective


class NotSayable(Exception):
    """The metrics cannot tell what the objective counts; the message says why."""


@dataclass(frozen=True, slots=True)
class BadRatio:
    """The ratio of bad records of an objective, over any range."""

    good: tuple[str, ...]
    total: tuple[str, ...]

    def over(self, window: str) -> str:
        """Without one good record there is no series of them: that is a ratio of 1, not of nothing."""
        good, total = _sum(self.good, window), _sum(self.total, window)
        return f"1 - ({good} or vector(0)) / {total}"


def bad_ratio(objective: Objective) -> BadRatio:
    """What to ask Prometheus. Raises NotSayable."""
    if isinstance(objective, SlicedObjective):
        raise NotSayable(f"{objective.method} counts slices of time, and these rules count events")
    return BadRatio(_series(objective.good), _series(objective.total))


@cache
def metrics() -> dict[str, Any]:
    """What TicketFlow exposes."""
    return read_data("metrics.yaml")


def read_data(name: str) -> dict[str, Any]:
    """A data file of this package."""
    data: dict[str, Any] = YAML(typ="safe").load(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    return data


def _series(selector: Selector) -> tuple[str, ...]:
    """The series to add up: one a method and route, since one matcher for both would also match other pairs."""
    histogram = metrics()["histograms"][selector.source]
    fixed = [f'{name}="{value}"' for name, value in histogram.get("labels", {}).items()]
    suffix, bucket = _bucket(histogram, selector.latency_ms_below)
    places = [metrics()["operations"][name] for name in selector.operations] or [{}]
    return tuple(
        f"{histogram['name']}_{suffix}{{{', '.join([*_labels(place), *fixed, *_statuses(selector), *bucket])}}}"
        for place in places
    )


def _labels(place: dict[str, str]) -> list[str]:
    return [f'{name}="{value}"' for name, value in place.items()]


def _statuses(selector: Selector) -> list[str]:
    known = metrics()["outcomes"]
    matchers = [f'estado!="{status}"' for status in selector.status_not]
    if selector.outcome and set(selector.outcome) != set(known):
        matchers.append(f'estado=~"{"|".join(known[name] for name in selector.outcome)}"')
    return matchers


def _bucket(histogram: dict[str, Any], latency_ms: float | None) -> tuple[str, list[str]]:
    if latency_ms is None:
        return "count", []
    limit_s, buckets = latency_ms / 1000, histogram["buckets_s"]
    if limit_s not in buckets:
        near = min(buckets, key=lambda bucket: abs(bucket - limit_s))
        raise NotSayable(f"{histogram['name']} has no bucket at {limit_s:g} s, the nearest is at {near:g} s")
    # Go writes le="1", Python le="1.0".
    shown = f"{limit_s:g}"
    return "bucket", [f'le="{shown}"' if "." in shown else f'le=~"{shown}|{shown}[.]0"']


def _sum(series: tuple[str, ...], window: str) -> str:
    return f"sum({' or '.join(f'rate({one}[{window}])' for one in series)})"
