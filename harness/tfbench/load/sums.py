"""What several workers say, as one load would say it: counts add up, of times the worst one counts. Pure.

p99 cannot be had from p99s; the largest of them is never below it, so it blames no system, and hides no delay.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Line = Mapping[str, Any]

_COUNTS = (
    "offered", "delivered", "dropped", "in_flight", "peak_in_flight", "operations", "errors", "purchases_ok",
    "broken_flows", "rate", "cpu_s", "playing_cpu_s",
)  # fmt: skip


def summed(lines: Sequence[Line]) -> dict[str, Any]:
    """One progress line, or the totals, of several workers; what none of them says is not in it. Empty of nothing."""
    if not lines:
        return {}
    said = {name for line in lines for name in line}
    line: dict[str, Any] = {"t": _worst(line.get("t") for line in lines)}
    line |= {name: round(sum(line.get(name, 0) for line in lines), 2) for name in _COUNTS if name in said}
    if "p99_ms" in said:
        line["p99_ms"] = _worst_of_each(line.get("p99_ms", {}) for line in lines)
    if "start_delay_p99_ms" in said:
        line["start_delay_p99_ms"] = _worst(line.get("start_delay_p99_ms") for line in lines)
    if "outcomes" in said:
        line["outcomes"] = _added(line.get("outcomes", {}) for line in lines)
    if "was_short_of_cpu" in said:
        line["was_short_of_cpu"] = any(line.get("was_short_of_cpu") for line in lines)
    return line


def _worst(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _worst_of_each(parts: Iterable[Mapping[str, float | None]]) -> dict[str, float | None]:
    known = list(parts)
    return {op: _worst(part.get(op) for part in known) for op in sorted({op for part in known for op in part})}


def _added(parts: Iterable[Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for part in parts:
        for op, outcomes in part.items():
            counts.setdefault(op, Counter()).update(outcomes)
    return {op: dict(outcomes) for op, outcomes in sorted(counts.items())}
