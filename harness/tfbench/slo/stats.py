"""How sure a count makes us: one-sided 95% Clopper-Pearson bounds of a ratio, and how many requests a claim
needs.

    lower_bound(n, bad) <= the true ratio of good ones <= upper_bound(n, bad), each with 95% confidence

Exact for independent requests; failures that come in bursts (inside a fault) are not, so fault windows are
counted.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

CONFIDENCE = 0.95


def lower_bound(n: int, bad: int, confidence: float = CONFIDENCE) -> float:
    """The ratio of good ones is at least this, with the confidence given; 0 when nothing was seen."""
    if n == 0 or bad >= n:
        return 0.0
    return float(beta.ppf(1 - confidence, n - bad, bad + 1))


def upper_bound(n: int, bad: int, confidence: float = CONFIDENCE) -> float:
    """The ratio of good ones is at most this, with the confidence given; 1 when nothing bad was seen."""
    if bad == 0:
        return 1.0
    return float(beta.ppf(confidence, n - bad + 1, bad)) if bad <= n else 0.0


def minimum_requests(target: float, bad: int = 0, confidence: float = CONFIDENCE) -> int:
    """The fewest requests that, with `bad` bad ones among them, show a ratio of `target` (0 < target < 1)."""
    if not 0 < target < 1:
        raise ValueError(f"target is {target}: no number of requests can show it; use one between 0 and 1")
    enough = bad + 1
    while lower_bound(enough, bad, confidence) < target:
        enough *= 2
    too_few = enough // 2
    while enough - too_few > 1:
        middle = (enough + too_few) // 2
        if lower_bound(middle, bad, confidence) < target:
            too_few = middle
        else:
            enough = middle
    return enough


def further_requests(n: int, bad: int, target: float) -> int:
    """How many more requests, all good, would show the target."""
    return max(0, minimum_requests(target, bad) - n)


def percentile(values: NDArray[np.float64] | Sequence[float], percent: float) -> float | None:
    """The smallest observed value that `percent` of them do not exceed (inverted CDF); None of nothing."""
    if len(values) == 0:
        return None
    return float(np.percentile(np.asarray(values, dtype=float), percent, method="inverted_cdf"))
