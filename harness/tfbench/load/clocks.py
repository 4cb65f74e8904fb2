"""How far a worker's clock is from the master's: measured by round trips, corrected, and checked. Pure.

    master  sent ----------- received      offset = there - (sent + received) / 2
    worker         there                   it is right to within half of the round trip

The quickest of many round trips tells most. On one machine both read the same clock, and the offset is within what the
measurement leaves open: then nothing is corrected. Measured again at the end, it tells whether the clocks kept step.
"""

from collections.abc import Sequence
from dataclasses import dataclass

# As late as an arrival may start on a core that is not overloaded: a clock worse than this would hide it.
CLOCK_LIMIT_S = 0.005


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """When the master sent and received, by its clock; what the worker's showed in between. Seconds."""

    sent: float
    there: float
    received: float


@dataclass(frozen=True, slots=True)
class Reading:
    """The worker's clock is `offset_s` ahead of the master's, give or take `uncertainty_s`."""

    offset_s: float
    uncertainty_s: float


def reading(trips: Sequence[RoundTrip]) -> Reading:
    """What the quickest round trip says. At least one is needed."""
    best = min(trips, key=lambda trip: trip.received - trip.sent)
    return Reading(best.there - (best.sent + best.received) / 2, (best.received - best.sent) / 2)


def correction_s(begin: Reading) -> float:
    """What the worker adds to its clock to read the master's; nothing, where they may well be the same."""
    return 0.0 if abs(begin.offset_s) <= begin.uncertainty_s else -begin.offset_s


def clock_trouble(begin: Reading, end: Reading | None = None, limit_s: float = CLOCK_LIMIT_S) -> str | None:
    """Why this worker's times cannot be believed to within the limit; None where they can."""
    for one in (begin, end):
        if one is not None and one.uncertainty_s > limit_s:
            return f"its clock is known to {_ms(one.uncertainty_s)} only, and {_ms(limit_s)} is the most"
    if end is None:
        return None
    moved_s = abs(end.offset_s - begin.offset_s)
    if moved_s - begin.uncertainty_s - end.uncertainty_s > limit_s:
        return f"its clock moved by {_ms(moved_s)} while it played, and {_ms(limit_s)} is the most"
    return None


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
