"""Bad slices that come in bursts: they weigh as fewer independent ones, and the bounds keep their 95%."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from tfbench.slo.stats import lower_bound, upper_bound
from tfbench.slo.timeslices import score_bounds

Scores = NDArray[np.float64]
HISTORIES = 400


def outages(rng: np.random.Generator, slices: int, chance: float, lasts: int) -> NDArray[np.bool_]:
    """Whether each slice is in an outage: one begins with this chance at any slice, and lasts so many."""
    starts = rng.random(slices + lasts - 1) < chance
    return np.convolve(starts, np.ones(lasts), mode="valid") > 0


def yes_or_no(slices: int, chance: float, lasts: int) -> Callable[[np.random.Generator], Scores]:
    return lambda rng: 1.0 - outages(rng, slices, chance, lasts)


def ratios(slices: int, chance: float, lasts: int) -> Callable[[np.random.Generator], Scores]:
    """Ten requests a slice; in an outage each is bad with a chance of one half."""
    return lambda rng: 1.0 - rng.binomial(10, np.where(outages(rng, slices, chance, lasts), 0.5, 0.0)) / 10


@pytest.mark.parametrize(
    ("draw", "truth"),
    [
        pytest.param(yes_or_no(600, 0.01, 5), 0.99**5, id="six outages of 5 slices"),
        pytest.param(yes_or_no(600, 0.1, 5), 0.9**5, id="sixty outages of 5 slices"),
        pytest.param(yes_or_no(1200, 0.005, 20), 0.995**20, id="six outages of 20 slices"),
        pytest.param(yes_or_no(600, 0.02, 3), 0.98**3, id="twelve outages of 3 slices"),
        pytest.param(ratios(1200, 0.005, 20), 1 - (1 - 0.995**20) / 2, id="six outages of 20 slices of ratios"),
    ],
)
def test_the_bounds_hold_the_truth_where_bad_slices_come_in_bursts(
    draw: Callable[[np.random.Generator], Scores], truth: float
) -> None:
    """93% at least of 400 histories on either side; the bounds for independent slices hold it far less often."""
    ours, independent = np.zeros(2), np.zeros(2)
    for seed in range(HISTORIES):
        scores = draw(np.random.default_rng(seed))
        n, bad, bounds = len(scores), float(np.sum(1 - scores)), score_bounds(scores)
        ours += [bounds.lower <= truth, bounds.upper >= truth]
        independent += [lower_bound(n, bad) <= truth, upper_bound(n, bad) >= truth]
    assert min(ours) / HISTORIES >= 0.93
    assert max(independent) / HISTORIES < 0.9


def test_bad_slices_on_their_own_are_independent_ones() -> None:
    """400 histories of 600 slices, 1 in 20 bad: bursts are seen in few, and the bounds hold as often as they should."""
    held, effects = np.zeros(2), []
    for seed in range(HISTORIES):
        bounds = score_bounds(yes_or_no(600, 0.05, 1)(np.random.default_rng(seed)))
        held += [bounds.lower <= 0.95, bounds.upper >= 0.95]
        effects.append(bounds.effect)
    assert min(held) / HISTORIES >= 0.93
    assert np.mean(np.array(effects) > 1) <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / HISTORIES)


def test_an_outage_of_twenty_slices_is_not_twenty_failures() -> None:
    scores = np.ones(600)
    scores[300:320] = 0
    bounds = score_bounds(scores)
    assert bounds.effect > 10
    assert bounds.lower == pytest.approx(stats.beta.ppf(0.05, 580 / bounds.effect, 20 / bounds.effect + 1))
    assert bounds.upper == pytest.approx(stats.beta.ppf(0.95, 580 / bounds.effect + 1, 20 / bounds.effect))
    assert bounds.lower < lower_bound(600, 20) < upper_bound(600, 20) < bounds.upper


def test_as_many_bad_slices_apart_are() -> None:
    scores = np.ones(600)
    scores[::30] = 0
    bounds = score_bounds(scores)
    assert (bounds.lower, bounds.upper, bounds.effect) == (lower_bound(600, 20), upper_bound(600, 20), 1)
