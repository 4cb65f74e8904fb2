"""OpenSLO documents spoiled in one place, systematically: each key removed, renamed, doubled, or given another value.

    document -> (what was done, spoiled document), ...

Not all of them are illegal: that both validators say the same is what counts. What the two see differently on purpose
(differences.yaml) is left out.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from ruamel.yaml import YAML

Document = dict[str, Any]
Path = tuple[str | int, ...]
Change = Callable[[Any, str | int], None]

ONE_OF_EACH: tuple[Any, ...] = (None, "", True, 0, -1, 0.5, "x", [], {})
WRONG: tuple[Any, ...] = (
    *ONE_OF_EACH,
    *(False, 1, 2, 1.5, 99.9, 100),
    *("Bad Name", "-x", "a" * 64, "é" * 64, "a" * 1051, "a.b/c", "0.5", "true", "null"),
    *("4w", "0m", "-1h", "+1d", "1 d", "1M", "30s", "5", "w", "1d "),
    *("Timeslices", "RatioTimeslices", "Occurrences", "gte", "success", "AlertCondition", "SLO"),
    *("2026-01-01 12:00:00", "2026-01-01", "UTC", "Local", "America/Santiago"),
    *(["x"], [["x"]], [{}], [None], {"x": 1}, {"a.b/c": "x"}, {"Bad Key": "x"}, {"x": None}, {"x": ["y"]}),
)
# Keys of OpenSLO with a value that suits them somewhere: in another place, they are too much or exclude their like.
KEYS: dict[str, Any] = YAML(typ="safe").load("""
{description: x, displayName: x, service: x, serviceRef: x, type: x, target: 0.5, targetPercent: 5, value: 1, op: lt,
compositeWeight: 1, timeSliceTarget: 0.5, timeSliceWindow: 1m, rawType: failure, counter: true, kind: AlertPolicy,
good: &metric {metricSource: {spec: {query: x}}}, bad: *metric, raw: *metric, thresholdMetric: *metric,
total: &metric2 {dataSourceRef: x}, metricSourceRef: x, dataSourceRef: x, connectionDetails: {x: 1}, spec: {x: 1},
dataSourceSpec: {type: x, connectionDetails: {}}, ratioMetric: &ratio {good: *metric, total: *metric},
indicator: {metadata: {name: x}, spec: {ratioMetric: *ratio}}, indicatorRef: x, sliRef: x,
sli: {metadata: {name: x}, spec: {ratioMetric: {bad: *metric2, total: *metric2}}}, alertAfter: 1h, isRolling: true,
alertPolicyRef: x, conditionRef: x, targetRef: x, alertPolicies: [{alertPolicyRef: x}], annotations: {x: y},
labels: {x: y}, calendar: {startTime: "2026-01-01 12:00:00", timeZone: UTC}, ratioMetrics: {}, unheardOf: 1}
""")


def spoiled(document: Document, values: tuple[Any, ...] = WRONG) -> Iterator[tuple[str, Document]]:
    """The document with one change each, and what it was; `values` are those that are put everywhere."""
    for path, value in places(document):
        for what, change in changes(value, values):
            yield f"{'.'.join(map(str, path))}: {what}", changed(document, path, change)


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every place of a document but its root, and what is there."""
    if path:
        yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def changes(value: Any, values: tuple[Any, ...] = WRONG) -> Iterator[tuple[str, Change]]:
    """What can be done to the value at a place."""
    yield "removed", lambda holder, key: holder.pop(key)
    for wrong in values:
        yield f"is {_short(wrong)}", _set(wrong)
    if isinstance(value, list):
        yield "said twice", _set([*value, *value])
    if isinstance(value, dict):
        for name, added in KEYS.items() if values is WRONG else ():
            yield f"with {name}", _set({**value, name: added})


def changed(document: Document, path: Path, change: Change) -> Document:
    """A copy with the change at the path."""
    copied = copy.deepcopy(document)
    holder: Any = copied
    for key in path[:-1]:
        holder = holder[key]
    change(holder, path[-1])
    return copied


def _set(value: Any) -> Change:
    def put(holder: Any, key: str | int) -> None:
        holder[key] = copy.deepcopy(value)

    return put


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 40 else f"{text[:30]}... of {len(text)}"
