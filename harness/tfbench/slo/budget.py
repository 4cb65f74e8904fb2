"""What an outage spends of an error budget, at constant traffic.

an objective of T over a window of W seconds bears (1 - T) W seconds of full outage
an outage of R seconds spends R / ((1 - T) W) of it, and the window bears (1 - T) W / R of them
"""


def spent_ratio(outage_s: float, target: float, window_s: float) -> float:
    """The share of the window's budget that the outage spends; above 1 it is overspent."""
    return outage_s / allowed_s(target, window_s)


def failures_per_window(outage_s: float, target: float, window_s: float) -> float | None:
    """How many such outages the window bears; None when there was none to speak of."""
    return allowed_s(target, window_s) / outage_s if outage_s > 0 else None


def allowed_s(target: float, window_s: float) -> float:
    """Seconds of full outage that the window bears."""
    return (1 - target) * window_s
