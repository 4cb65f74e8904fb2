"""How sure a count makes us: of a ratio, of a percentile, of the worst of several runs; and how many a claim needs.

    lower_bound(n, bad) <= the true ratio of good ones <= upper_bound(n, bad), each with 95% confidence
    ordered values: v1 <= ... <= v_low <= ... <= v_high <= ... <= vn    the true percentile lies within low..high
                                              v_rank: `share` of all there will ever be do not exceed it

Exact for independent requests and runs (ratios: Clopper-Pearson; values: ranks from the binomial, so their
distribution does not matter). Failures that come in bursts (inside a fault) are not independent: fault windows are
counted, and what spans them is resampled in blocks of neighbouring seconds.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, binom

CONFIDENCE = 0.95
REPLICATES = 4_000
SEED = 20_161
RESAMPLES = 2000
# Fixed, so that judging the same run twice gives the same interval.
BOOTSTRAP_SEED = 20261124


def lower_bound(n: int, bad: float, confidence: float = CONFIDENCE) -> float:
    """The ratio of good ones is at least this, with the confidence given; 0 when nothing was seen."""
    if n == 0 or bad >= n:
        return 0.0
    return float(beta.ppf(1 - confidence, n - bad, bad + 1))


def upper_bound(n: int, bad: float, confidence: float = CONFIDENCE) -> float:
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


def percentile_ranks(n: int, percent: float, confidence: float = CONFIDENCE) -> tuple[int | None, int | None]:
    """Between which of `n` ordered values (ranks from 1) the true percentile lies; both ends together have the
    confidence. None: no value bounds it on that side."""
    if not n:
        return None, None
    tail = (1 - confidence) / 2
    low, high = int(binom.ppf(tail, n, percent / 100)), int(binom.ppf(1 - tail, n, percent / 100)) + 1
    return low or None, high if high <= n else None


def percentile_interval(
    values: NDArray[np.float64] | Sequence[float], percent: float, confidence: float = CONFIDENCE
) -> tuple[float | None, float | None]:
    """Observed values between which the true percentile lies; None where there are too few for an end."""
    ordered = np.sort(np.asarray(values, dtype=float))
    low, high = percentile_ranks(len(ordered), percent, confidence)
    return (None if low is None else float(ordered[low - 1]), None if high is None else float(ordered[high - 1]))


def tolerance_rank(n: int, share: float, confidence: float = CONFIDENCE) -> int | None:
    """Which of `n` ordered values (rank from 1) at least `share` of all future ones do not exceed, with the confidence
    given; None when not even the largest says so. 95% with 95% confidence: the largest of 59."""
    if not 0 < share < 1:
        raise ValueError(f"share is {share}: no number of values can show it; use one between 0 and 1")
    rank = int(binom.ppf(confidence, n, share)) + 1 if n else 1
    return rank if rank <= n else None


def tolerance_bound(values: Sequence[float], share: float, confidence: float = CONFIDENCE) -> float | None:
    """The smallest observed value that at least `share` of all future ones do not exceed, with the confidence given.

    A run that never recovered is infinity. None: too few values for this share.
    """
    rank = tolerance_rank(len(values), share, confidence)
    return None if rank is None else float(np.sort(np.asarray(values, dtype=float))[rank - 1])


def block_bounds(
    n: Sequence[int], bad: Sequence[int], block: int, confidence: float = CONFIDENCE, seed: int = BOOTSTRAP_SEED
) -> tuple[float, float] | None:
    """One-sided bounds of the good ratio of a stretch of time whose failures cluster: moving-block bootstrap.

    `n` and `bad` count the operations of each slice (1 s), in order; `block` is how many neighbouring slices are drawn
    together, at least as long as failures stick together. None when there was no operation. What no slice shows no
    resample can: without a bad operation both ends are 1, and `lower_bound` has the say.
    """
    counts = np.array([n, bad], dtype=np.int64)
    slices = counts.shape[1]
    if not counts[0].sum():
        return None
    block = min(max(block, 1), slices)
    sums = np.concatenate((np.zeros((2, 1), dtype=np.int64), counts.cumsum(axis=1)), axis=1)
    blocks = sums[:, block:] - sums[:, :-block]
    starts = np.random.default_rng(seed).integers(blocks.shape[1], size=(RESAMPLES, -(-slices // block)))
    drawn, drawn_bad = blocks[:, starts].sum(axis=2)
    ratios = 1 - drawn_bad[drawn > 0] / drawn[drawn > 0]
    lower, upper = np.percentile(ratios, [100 * (1 - confidence), 100 * confidence], method="inverted_cdf")
    return float(lower), float(upper)


def block_bootstrap(values: NDArray[np.float64], confidence: float = CONFIDENCE) -> tuple[float, float]:
    """One-sided lower and upper bounds of the mean of a series; the same series always gives the same bounds.

    Circular blocks, so that what clusters stays together, of about the cube root of the series' length: the order that
    is best for the variance of a mean (Hall, Horowitz and Jing, Biometrika 82, 1995).
    """
    n = len(values)
    block = max(1, round(n ** (1 / 3)))
    starts = np.random.default_rng(SEED).integers(0, n, size=(REPLICATES, -(-n // block)))
    means = np.empty(REPLICATES)
    for i, row in enumerate(starts):
        means[i] = values[((row[:, None] + np.arange(block)) % n).ravel()[:n]].mean()
    lower, upper = np.quantile(means, (1 - confidence, confidence))
    return float(lower), float(upper)
