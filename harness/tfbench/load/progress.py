"""What the bench sees of a running load: counters, and latencies of the last seconds. Pure.

These numbers are for a person watching. Verdicts come from the rows on disk.
"""

import math
from array import array
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from tfbench.operations import Operation

WINDOW_S = 5.0
# Sorting every latency of the window would stop a load of thousands a second for longer than it may be late.
LATENCIES_KEPT = 2_000


def quantile(values: list[float], q: float) -> float | None:
    """The smallest observed value that at least a share `q` does not exceed; None of nothing (never 0)."""
    if not values:
        return None
    return sorted(values)[max(math.ceil(q * len(values)), 1) - 1]


@dataclass(slots=True)
class Progress:
    """Offered = delivered + dropped; an arrival is delivered when its first request is on its way."""

    delivered: int = 0
    dropped: int = 0
    in_flight: int = 0
    peak_in_flight: int = 0
    operations: int = 0
    errors: int = 0
    purchases_ok: int = 0
    broken_flows: int = 0
    outcomes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    start_delays_s: "array[float]" = field(default_factory=lambda: array("d"))
    _starts: deque[float] = field(default_factory=deque)
    _recent: dict[str, deque[tuple[float, float]]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=LATENCIES_KEPT))
    )

    @property
    def offered(self) -> int:
        return self.delivered + self.dropped

    def arrival_started(self, t_intended: float, t_start: float) -> None:
        self.delivered += 1
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)
        self.start_delays_s.append(t_start - t_intended)
        self._starts.append(t_start)

    def arrival_ended(self) -> None:
        self.in_flight -= 1

    def arrival_dropped(self) -> None:
        self.dropped += 1

    def operation_ended(self, operation: Operation) -> None:
        self.operations += 1
        self.errors += operation.outcome != "ok"
        self.purchases_ok += operation.op == "purchase" and operation.outcome == "ok"
        self.outcomes[operation.op][operation.outcome] += 1
        self._recent[operation.op].append((operation.t_end, operation.t_end - operation.t_intended))

    def live(self, t: float) -> dict[str, Any]:
        """One progress line: totals so far; `rate` (arrivals/s) and `p99_ms` over the last `WINDOW_S`.

        `p99_ms` is of the newest `LATENCIES_KEPT` operations of a name at most.
        """
        self._forget_before(t - WINDOW_S)
        latencies = {op: [latency_s for _, latency_s in recent] for op, recent in self._recent.items() if recent}
        return {
            "state": "running",
            "t": t,
            "offered": self.offered,
            "delivered": self.delivered,
            "dropped": self.dropped,
            "in_flight": self.in_flight,
            "errors": self.errors,
            "rate": round(len(self._starts) / WINDOW_S, 1),
            "p99_ms": {op: _ms(quantile(values, 0.99)) for op, values in sorted(latencies.items())},
            "purchases_ok": self.purchases_ok,
        }

    def totals(self, t: float) -> dict[str, Any]:
        """The last line. `start_delay_p99_ms` says whether the load itself was on time."""
        return {
            "state": "done",
            "t": t,
            "offered": self.offered,
            "delivered": self.delivered,
            "dropped": self.dropped,
            "in_flight": self.in_flight,
            "peak_in_flight": self.peak_in_flight,
            "operations": self.operations,
            "errors": self.errors,
            "purchases_ok": self.purchases_ok,
            "broken_flows": self.broken_flows,
            "outcomes": {op: dict(counts) for op, counts in sorted(self.outcomes.items())},
            "start_delay_p99_ms": _ms(quantile(self.start_delays_s.tolist(), 0.99)),
        }

    def _forget_before(self, t: float) -> None:
        while self._starts and self._starts[0] < t:
            self._starts.popleft()
        for recent in self._recent.values():
            while recent and recent[0][0] < t:
                recent.popleft()


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
