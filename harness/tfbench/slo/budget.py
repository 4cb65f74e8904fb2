"""What an outage spends of an error budget, at constant traffic.

an objective of T over a window of W seconds bears (1 - T) W seconds of full outage
an outage of R seconds spends R / ((1 - T) W) of it, and the window bears (1 - T) W / R of them
by Timeslices it spends whole slices: all that it leaves without their share of good seconds
"""

import math


def spent_ratio(outage_s: float, target: float, window_s: float) -> float:
    """The share of the window's budget that the outage spends; above 1 it is overspent."""
    return outage_s / allowed_s(target, window_s)


def failures_per_window(outage_s: float, target: float, window_s: float) -> float | None:
    """How many such outages the window bears; None when there was none to speak of."""
    return allowed_s(target, window_s) / outage_s if outage_s > 0 else None


def allowed_s(target: float, window_s: float) -> float:
    """Seconds of full outage that the window bears."""
    return (1 - target) * window_s


def spoilt_slices_s(outage_s: float, slice_s: float, slice_target: float) -> float:
    """Seconds of slices that are bad for a full outage, however badly it lies on their grid.

    A slice bears (1 - slice_target) of itself; of two or more bad ones, the outage only enters the first and the last.
    """
    bears_s = (1 - slice_target) * slice_s
    if outage_s <= bears_s:
        return 0.0
    return (math.ceil((outage_s - 2 * bears_s) / slice_s) + 1) * slice_s
