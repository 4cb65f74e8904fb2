"""How sure a count makes us: of a ratio, of a percentile, of the worst of several runs; and how many a claim needs.

    lower_bound(n, bad) <= the true ratio of good ones <= upper_bound(n, bad), each with 95% confidence
    ordered values: v1 <= ... <= v_low <= ... <= v_high <= ... <= vn    the true percentile lies within low..high
                                              v_rank: `share` of all there will ever be do not exceed it

Exact for independent requests and runs (ratios: Clopper-Pearson; values: ranks from the binomial, so their
distribution does not matter). Failures that come in bursts are not independent: those of a fault's window are
counted, and those of steady traffic weigh as fewer independent ones (`steady_bounds`: blocks of neighbouring seconds
are resampled).

`scipy.special` has the same functions as `scipy.stats`, and takes a fraction of the time to import.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrik, betaincinv, chdtri, stdtrit

CONFIDENCE = 0.95
RESAMPLES = 2000
# Fixed, so that judging the same run twice gives the same interval.
BOOTSTRAP_SEED = 20261124

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def lower_bound(n: float, bad: float, confidence: float = CONFIDENCE) -> float:
    """The ratio of good ones is at least this, with the confidence given; 0 when nothing was seen."""
    if n == 0 or bad >= n:
        return 0.0
    return float(betaincinv(n - bad, bad + 1, 1 - confidence))


def upper_bound(n: float, bad: float, confidence: float = CONFIDENCE) -> float:
    """The ratio of good ones is at most this, with the confidence given; 1 when nothing bad was seen."""
    if bad == 0:
        return 1.0
    return float(betaincinv(n - bad + 1, bad, confidence)) if bad <= n else 0.0


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


def further_requests(n: int, bad: int, target: float, effect: float = 1.0) -> int:
    """How many more requests, all good, would show the target; `effect` of them weigh as one independent one."""
    return max(0, math.ceil(effect * minimum_requests(target, math.ceil(bad / effect))) - n)


def percentile(values: Floats | Sequence[float], percent: float) -> float | None:
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
    low, high = _binomial_quantile(tail, n, percent / 100), _binomial_quantile(1 - tail, n, percent / 100) + 1
    return low or None, high if high <= n else None


def percentile_interval(
    values: Floats | Sequence[float], percent: float, confidence: float = CONFIDENCE
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
    rank = _binomial_quantile(confidence, n, share) + 1 if n else 1
    return rank if rank <= n else None


def tolerance_bound(values: Sequence[float], share: float, confidence: float = CONFIDENCE) -> float | None:
    """The smallest observed value that at least `share` of all future ones do not exceed, with the confidence given.

    A run that never recovered is infinity. None: too few values for this share.
    """
    rank = tolerance_rank(len(values), share, confidence)
    return None if rank is None else float(np.sort(np.asarray(values, dtype=float))[rank - 1])


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of the true ratio of good ones, each with 95% confidence. `effect`: how many requests weigh as one independent
    one; above 1 their failures come in bursts."""

    lower: float
    upper: float
    effect: float = 1.0


def steady_bounds(n: Floats | Ints, bad: Floats | Ints) -> Bounds:
    """Of requests counted slice by slice (1 s), in order; at least one slice, and none empty.

    Where failures cluster, those of as many independent requests as these are worth: the bounds of Korn and Graubard
    (Survey Methodology 24, 1998) for clustered samples. A slice may itself be what is counted: `n` is 1, and `bad` how
    much of it was.
    """
    total, failed, effect = float(n.sum()), float(bad.sum()), _effect(n, bad)
    return Bounds(lower_bound(total / effect, failed / effect), upper_bound(total / effect, failed / effect), effect)


def _effect(n: Floats | Ints, bad: Floats | Ints) -> float:
    """The design effect where bad ones cluster, within slices or from one to the next; else 1.

    It is told from few blocks, so it is widened as much as Student's t is for their number (Korn and Graubard).
    """
    block = block_length(bad / n)
    if not (clusters(n, bad) or clusters(_together(n, block), _together(bad, block))):
        return 1.0
    effect = design_effect(n, bad, block)
    few, many = stdtrit([len(n) / block - 1, len(n) - 1], CONFIDENCE)
    return effect * float(few / many) ** 2 if effect > 1 else effect


def clusters(n: Floats | Ints, bad: Floats | Ints, confidence: float = CONFIDENCE) -> bool:
    """Whether bad ones stick together in some slices more than chance explains: the index of dispersion, which is
    chi-squared with a degree of freedom a slice but one when every operation fails on its own."""
    ratio = bad.sum() / n.sum() if n.sum() else 0.0
    if not 0 < ratio < 1:
        return False
    dispersion = np.sum((bad - n * ratio) ** 2 / (n * ratio * (1 - ratio)))
    return bool(dispersion > chdtri(len(n) - 1, 1 - confidence))


def _together(counts: Floats | Ints, block: int) -> Floats | Ints:
    """What each block of neighbouring slices holds; the last one may be shorter."""
    return np.add.reduceat(counts, np.arange(0, len(counts), block))


def block_length(ratios: Floats) -> int:
    """How many neighbouring slices to draw together, by how much one tells of the next (autocorrelation r).

    The cube root of their number is the best order for the variance of a mean (Hall, Horowitz and Jing, Biometrika 82,
    1995), and (sqrt(6) r / (1 - r^2))^(2/3) the factor for a series of first order (Carlstein, Annals of Statistics 14,
    1986), here 1 at least. Three blocks at least are left to draw from.
    """
    around = ratios - ratios.mean()
    spread = float(around @ around)
    r = min(max(float(around[1:] @ around[:-1]) / spread, 0.0), 0.99) if spread > 0 else 0.0
    factor = max(1.0, (6**0.5 * r / (1 - r**2)) ** (2 / 3))
    length: float = factor * len(ratios) ** (1 / 3)
    return max(1, min(round(length), len(ratios) // 3))


def design_effect(n: Floats | Ints, bad: Floats | Ints, block: int) -> float:
    """How much more the bad ratio varies, when blocks of slices are drawn anew, than that of as many independent
    requests would; 1 at least. Some must be bad, and some not."""
    ratio, blocks = bad.sum() / n.sum(), -(-len(n) // block)
    drawn = n.sum() * blocks * block / len(n)  # on average: whole blocks are a little more than there was
    return max(1.0, float(np.var(_resampled_ratios(n, bad, block)) / (ratio * (1 - ratio) / drawn)))


def _resampled_ratios(n: Floats | Ints, bad: Floats | Ints, block: int) -> Floats:
    """Bad ratios of the circular block bootstrap. The end is followed by the start, so that every slice is in as many
    blocks as any other."""
    counts = np.array([n, bad], dtype=np.float64)
    slices = counts.shape[1]
    block = min(max(block, 1), slices)
    sums = np.concatenate((np.zeros((2, 1)), counts, counts[:, : block - 1]), axis=1).cumsum(axis=1)
    blocks = sums[:, block:] - sums[:, :-block]
    starts = np.random.default_rng(BOOTSTRAP_SEED).integers(slices, size=(RESAMPLES, -(-slices // block)))
    drawn, drawn_bad = (one[starts].sum(axis=1) for one in blocks)  # 8 times as fast as both at once
    ratios: Floats = drawn_bad[drawn > 0] / drawn[drawn > 0]
    return ratios


def _binomial_quantile(probability: float, n: int, share: float) -> int:
    """The smallest count of `n` that is not exceeded with this probability."""
    count = max(math.ceil(bdtrik(probability, n, share)), 0)
    return count - 1 if count and bdtr(count - 1, n, share) >= probability else count
