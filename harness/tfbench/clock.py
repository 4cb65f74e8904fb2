"""One clock for a whole run: CLOCK_MONOTONIC plus one offset, fixed when the run starts.

The bench and the load process add the same offset, so times they write differ exactly by what passed between
them, even when the host's wall clock is stepped. It is as right as the wall clock was at the start, no
righter.
"""

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """`offset` is epoch minus monotonic, in seconds."""

    offset: float

    @classmethod
    def start(cls) -> "Clock":
        """A clock set from the host's wall clock, now."""
        return cls(time.time() - time.monotonic())

    def now(self) -> float:
        """Epoch seconds."""
        return time.monotonic() + self.offset
