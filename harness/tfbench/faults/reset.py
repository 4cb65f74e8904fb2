"""Reset: connections of a link end with a TCP reset, through Toxiproxy, `after_ms` after their first byte.

Toxiproxy resets those that open while the fault lasts; those that were open before are closed at their next byte.
"""

from collections.abc import Mapping
from typing import ClassVar

from tfbench.faults.toxiproxy import ToxicFault


class Reset(ToxicFault):
    """What comes out of a connection is lost, and `after_ms` later so is the connection."""

    type: ClassVar[str] = "reset"

    def toxic(self, parameters: Mapping[str, float | str]) -> tuple[str, dict[str, float]]:
        return "reset_peer", {"timeout": round(float(parameters["after_ms"]))}
