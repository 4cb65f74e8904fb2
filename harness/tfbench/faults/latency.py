"""Latency: what a link carries arrives later, each way, through Toxiproxy."""

from collections.abc import Mapping
from typing import ClassVar

from tfbench.faults.toxiproxy import ToxicFault


class Latency(ToxicFault):
    """`latency_ms` more, each way, give or take `jitter_ms`."""

    type: ClassVar[str] = "latency"

    def toxic(self, parameters: Mapping[str, float | str]) -> tuple[str, dict[str, float]]:
        # Toxiproxy reads whole milliseconds.
        latency_ms, jitter_ms = (round(float(parameters[name])) for name in ("latency_ms", "jitter_ms"))
        return "latency", {"latency": latency_ms, "jitter": jitter_ms}
