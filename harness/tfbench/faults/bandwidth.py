"""Bandwidth: every connection of a link carries only so many kilobytes a second, each way, through Toxiproxy."""

from collections.abc import Mapping
from typing import ClassVar

from tfbench.faults.toxiproxy import ToxicFault

MEASURED_S = 1.0
SMALLEST_BYTES, LARGEST_BYTES = 2_000, 1_000_000


class Bandwidth(ToxicFault):
    """`rate_kb_per_s`; measured by bytes that take about a second at that rate."""

    type: ClassVar[str] = "bandwidth"

    def toxic(self, parameters: Mapping[str, float | str]) -> tuple[str, dict[str, float]]:
        return "bandwidth", {"rate": round(float(parameters["rate_kb_per_s"]))}

    def measurement(self, parameters: Mapping[str, float | str]) -> list[str]:
        wanted = float(parameters["rate_kb_per_s"]) * 1000 * MEASURED_S
        return ["bulk", "--bytes", str(round(min(max(wanted, SMALLEST_BYTES), LARGEST_BYTES)))]
