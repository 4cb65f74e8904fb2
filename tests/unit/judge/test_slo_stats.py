"""The bounds and sample sizes, against tables computed with scipy beforehand (and, for k = 0, by hand)."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tfbench.slo.budget import allowed_s, failures_per_window, spent_ratio
from tfbench.slo.stats import (
    block_length,
    clusters,
    design_effect,
    further_requests,
    lower_bound,
    minimum_requests,
    percentile,
    percentile_interval,
    percentile_ranks,
    steady_bounds,
    tolerance_bound,
    tolerance_rank,
    upper_bound,
)

DAY = 86_400.0


@pytest.mark.parametrize(
    ("target", "bad", "needed"),
    [
        (0.9999, 0, 29_956),
        (0.9999, 1, 47_437),
        (0.9999, 2, 62_956),
        (0.9999, 3, 77_535),
        (0.9999, 5, 105_128),
        (0.9999, 10, 169_619),
        (0.999, 0, 2_995),
        (0.999, 1, 4_742),
        (0.999, 3, 7_752),
        (0.999, 10, 16_959),
        (0.995, 0, 598),
        (0.995, 1, 947),
        (0.99, 0, 299),
        (0.99, 1, 473),
        (0.99, 3, 773),
        (0.95, 0, 59),
        (0.95, 1, 93),
        (0.95, 3, 153),
    ],
)
def test_minimum_requests_are_the_published_ones(target: float, bad: int, needed: int) -> None:
    assert minimum_requests(target, bad) == needed
    assert lower_bound(needed, bad) >= target > lower_bound(needed - 1, bad)


@pytest.mark.parametrize("target", [0.9, 0.99, 0.9999])
def test_without_failures_the_minimum_is_the_success_run_formula(target: float) -> None:
    assert minimum_requests(target) == math.ceil(math.log(0.05) / math.log(target))


@pytest.mark.parametrize(
    ("error_ratio", "n", "passes_up_to", "fails_from"),
    [
        (1e-4, 100_000, 4, 16),
        (1e-4, 300_000, 20, 40),
        (1e-4, 1_000_000, 83, 118),
        (1e-3, 10_000, 4, 16),
        (1e-3, 100_000, 83, 118),
    ],
)
def test_between_pass_and_fail_there_is_a_band(error_ratio: float, n: int, passes_up_to: int, fails_from: int) -> None:
    target = 1 - error_ratio
    assert lower_bound(n, passes_up_to) >= target > lower_bound(n, passes_up_to + 1)
    assert upper_bound(n, fails_from) < target <= upper_bound(n, fails_from - 1)


def test_nothing_seen_bounds_nothing() -> None:
    assert (lower_bound(0, 0), upper_bound(0, 0)) == (0.0, 1.0)
    assert lower_bound(5, 5) == 0.0


@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_the_observed_ratio_lies_within_its_bounds(counts: tuple[int, int]) -> None:
    n, bad = counts
    assert 0 <= lower_bound(n, bad) <= (n - bad) / n <= upper_bound(n, bad) <= 1


def test_further_requests_reach_the_target_exactly() -> None:
    more = further_requests(10_000, 1, 0.9999)
    assert more == 47_437 - 10_000
    assert further_requests(50_000, 1, 0.9999) == 0


@pytest.mark.parametrize("target", [0.0, 1.0, 1.5])
def test_a_target_no_sample_can_show_is_refused(target: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        minimum_requests(target)


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (95, 100), (99, 100), (10, 0), (11, 20)])
def test_a_percentile_is_an_observed_value(percent: float, value: float) -> None:
    assert percentile([0, 20, 30, 40, 50, 60, 70, 80, 90, 100], percent) == value


def test_a_percentile_of_nothing_is_none() -> None:
    assert percentile([], 99) is None


@pytest.mark.parametrize(
    ("target", "days", "seconds"),
    [(0.999, 1 / 24, 3.6), (0.999, 1, 86.4), (0.999, 30, 2592), (0.999, 90, 7776), (0.995, 30, 12_960)],
)
def test_a_budget_is_the_published_number_of_seconds(target: float, days: float, seconds: float) -> None:
    assert allowed_s(target, days * DAY) == pytest.approx(seconds)


def test_a_month_at_three_nines_bears_43_failovers_of_a_minute() -> None:
    assert failures_per_window(60, 0.999, 30 * DAY) == pytest.approx(43.2)
    assert spent_ratio(60, 0.999, 30 * DAY) == pytest.approx(1 / 43.2)


def test_no_outage_spends_nothing_and_can_happen_any_number_of_times() -> None:
    assert spent_ratio(0, 0.999, 30 * DAY) == 0
    assert failures_per_window(0, 0.999, 30 * DAY) is None


@pytest.mark.parametrize(("n", "bad"), [(59, 0), (100, 3), (1000, 10), (5000, 1)])
def test_bounds_are_those_of_scipy_s_own_exact_interval(n: int, bad: int) -> None:
    """Two one-sided 95% bounds are the ends of a two-sided 90% interval."""
    exact = stats.binomtest(n - bad, n).proportion_ci(confidence_level=0.9, method="exact")
    assert lower_bound(n, bad) == pytest.approx(exact.low)
    if bad:
        assert upper_bound(n, bad) == pytest.approx(exact.high)


@pytest.mark.parametrize(("runs", "share"), [(3, 0.37), (5, 0.55), (10, 0.74), (30, 0.905), (59, 0.95)])
def test_runs_that_all_pass_prove_the_published_share(runs: int, share: float) -> None:
    assert lower_bound(runs, 0) == pytest.approx(0.05 ** (1 / runs))
    assert lower_bound(runs, 0) == pytest.approx(share, abs=0.006)


@pytest.mark.parametrize(
    ("why", "n", "percent", "ranks"),
    [
        ("the published ranks of p99", 10_000, 99, (9880, 9920)),
        ("five values do not bound a median at 95%", 5, 50, (None, None)),
        ("six do, with their ends", 6, 50, (1, 6)),
        ("too few for the upper end of p99", 300, 99, (293, None)),
        ("nothing bounds nothing", 0, 50, (None, None)),
    ],
)
def test_a_percentile_lies_between_two_ranks(
    why: str, n: int, percent: float, ranks: tuple[int | None, int | None]
) -> None:
    assert percentile_ranks(n, percent) == ranks, why


@pytest.mark.parametrize("n", [10, 59, 250])
def test_the_interval_of_a_median_is_scipy_s(n: int) -> None:
    """scipy inverts the exact quantile test by the same ranks."""
    values = np.random.default_rng(n).exponential(size=n)
    theirs = stats.quantile_test(values, q=0, p=0.5).confidence_interval(0.95)
    assert percentile_interval(values, 50) == (theirs.low, theirs.high)


def test_the_true_percentile_lies_in_its_interval_as_often_as_said() -> None:
    """2,000 samples of 200 from a known distribution; at least 95% but for 4 standard errors of the count."""
    samples = np.random.default_rng(1).exponential(size=(2000, 200))
    truth = -math.log(0.1)
    low, high = percentile_ranks(200, 90)
    assert low is not None
    assert high is not None
    ordered = np.sort(samples, axis=1)
    covered = np.mean((ordered[:, low - 1] <= truth) & (truth <= ordered[:, high - 1]))
    assert covered >= 0.95 - 4 * math.sqrt(0.95 * 0.05 / 2000)


@pytest.mark.parametrize(
    ("n", "share", "rank"), [(299, 0.99, 299), (298, 0.99, None), (59, 0.95, 59), (58, 0.95, None)]
)
def test_the_largest_value_bounds_a_share_from_a_known_number_on(n: int, share: float, rank: int | None) -> None:
    assert tolerance_rank(n, share) == rank


@pytest.mark.parametrize("bad", [0, 1, 2, 3, 5, 10])
@pytest.mark.parametrize("share", [0.95, 0.99])
def test_a_tolerance_bound_and_a_count_of_failures_say_the_same(share: float, bad: int) -> None:
    """Values over the bound are failures: with `bad` of them, both need the same number of values."""
    n = minimum_requests(share, bad)
    assert tolerance_rank(n, share) == n - bad
    assert tolerance_rank(n - 1, share) == (n - bad if bad else None)


def test_a_value_that_never_ended_bounds_nothing_below_it() -> None:
    times = [*map(float, range(1, 59)), math.inf]
    assert tolerance_bound(times, 0.95) == math.inf
    assert tolerance_bound([*map(float, range(1, 93)), math.inf], 0.95) == 92
    assert tolerance_bound([1.0, 2.0], 0.95) is None
    assert tolerance_bound([], 0.95) is None


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_share_no_number_of_values_can_show_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        tolerance_rank(100, share)


def test_blocks_of_one_slice_are_scipy_s_ordinary_bootstrap() -> None:
    """The design effect is the variance of resampled ratios over that of independent requests."""
    n, bad = np.full(400, 50), np.random.default_rng(5).binomial(50, np.random.default_rng(9).beta(2, 18, size=400))
    theirs = stats.bootstrap((bad / 50,), np.mean, n_resamples=4000, rng=np.random.default_rng(6)).standard_error
    ratio = bad.mean() / 50
    assert design_effect(n, bad, 1) == pytest.approx(theirs**2 / (ratio * (1 - ratio) / 20_000), rel=0.1)


@pytest.mark.parametrize("percent", [50, 90, 95, 99, 99.9])
@pytest.mark.parametrize("n", [1, 7, 59, 300, 2_995, 1_000_000])
def test_ranks_are_the_quantiles_of_scipy_s_binomial(n: int, percent: float) -> None:
    low, high = (int(stats.binom.ppf(tail, n, percent / 100)) for tail in (0.025, 0.975))
    assert percentile_ranks(n, percent) == (low or None, high + 1 if high < n else None)


def test_failures_cluster_where_scipy_s_test_of_homogeneity_says_so() -> None:
    """The index of dispersion is the chi-squared statistic of good and bad ones over the slices."""
    said = set()
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n = rng.integers(20, 60, size=50)
        bad = rng.binomial(n, rng.beta(8, 72 if seed % 2 else 20, size=50))
        theirs = stats.chi2_contingency(np.array([bad, n - bad]), correction=False)
        assert clusters(n, bad) == (theirs.pvalue < 0.05)
        said.add(clusters(n, bad))
    assert said == {True, False}


@pytest.mark.parametrize(("n", "bad"), [([10, 10], [0, 0]), ([10, 10], [10, 10]), ([10], [4])])
def test_where_there_is_nothing_to_compare_nothing_clusters(n: list[int], bad: list[int]) -> None:
    assert not clusters(np.array(n), np.array(bad))
    assert steady_bounds(np.array(n), np.array(bad)).effect == 1


def test_independent_failures_seldom_look_clustered() -> None:
    """500 histories of 600 s at 40/s with 5% bad; 1 in 20 may, and 4 standard errors of that count."""
    rng = np.random.default_rng(3)
    n = np.full(600, 40)
    found = sum(clusters(n, rng.binomial(n, 0.05)) for _ in range(500))
    assert found / 500 <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 500)


@pytest.mark.parametrize("size", [2, 10, 50])
def test_the_design_effect_of_whole_slices_is_their_size(size: int) -> None:
    """Of clusters that are all good or all bad it is 1 + (size - 1) x 1 (Kish, Survey Sampling, 1965)."""
    bad = np.where(np.random.default_rng(4).random(2000) < 0.2, size, 0)
    assert design_effect(np.full(2000, size), bad, 1) == pytest.approx(size, rel=0.15)


def test_the_design_effect_of_independent_requests_is_none() -> None:
    n = np.full(2000, 50)
    assert design_effect(n, np.random.default_rng(7).binomial(n, 0.1), 12) == pytest.approx(1, abs=0.25)


def test_blocks_grow_with_the_length_of_bursts() -> None:
    rng = np.random.default_rng(8)
    assert block_length(rng.random(1000)) == 10
    smooth = np.convolve(rng.random(1009), np.ones(10) / 10, mode="valid")
    assert 30 < block_length(smooth) <= 333
    assert block_length(np.array([0.5])) == block_length(np.ones(2)) == 1


def test_without_clusters_the_bounds_are_clopper_and_pearson_s() -> None:
    n, bad = np.full(100, 30), np.zeros(100, dtype=int)
    bad[::10] = 1
    bounds = steady_bounds(n, bad)
    assert (bounds.lower, bounds.upper, bounds.effect) == (lower_bound(3000, 10), upper_bound(3000, 10), 1)


def test_requests_whose_failures_cluster_weigh_as_fewer_independent_ones() -> None:
    n, bad = np.full(200, 30), np.zeros(200, dtype=int)
    bad[[20, 90, 91, 150]] = 30
    bounds = steady_bounds(n, bad)
    assert 30 < bounds.effect < 120
    few, many = stats.t.ppf(0.95, [200 / 6 - 1, 199])  # blocks of 6 slices: the cube root of their number
    assert bounds.effect == pytest.approx(design_effect(n, bad, 6) * (few / many) ** 2)
    exact = stats.beta.ppf(0.05, (6000 - 120) / bounds.effect, 120 / bounds.effect + 1)
    assert bounds.lower == pytest.approx(exact)
    assert bounds.lower < lower_bound(6000, 120)
    assert bounds.upper > upper_bound(6000, 120)
    more = further_requests(6000, 120, 0.97, bounds.effect)
    assert more > further_requests(6000, 120, 0.97)


def _clustered(rng: np.random.Generator) -> list[int]:
    """600 s at 10/s; in 60 bursts on average, of 5 s each, every operation is bad."""
    starts = rng.random(600) < 0.1
    return [10 if starts[max(0, at - 4) : at + 1].any() else 0 for at in range(600)]


def test_where_failures_cluster_the_bounds_cover_the_truth_and_independent_bounds_do_not() -> None:
    """A slice is good when none of the five last ones began a burst. 200 histories; 4 standard errors are left."""
    truth = 0.9**5
    by_worth = by_count = 0
    for seed in range(200):
        bad = _clustered(np.random.default_rng(seed))
        by_worth += steady_bounds(np.full(600, 10), np.array(bad)).lower <= truth
        by_count += lower_bound(6000, sum(bad)) <= truth
    assert by_worth / 200 >= 0.95 - 4 * math.sqrt(0.95 * 0.05 / 200)
    assert by_count / 200 < 0.9


def test_the_bounds_hold_for_rare_bursts_too() -> None:
    """6 bursts of 5 s in 600 s on average, so that blocks are few that hold one. 200 histories."""
    truth = 0.99**5
    covered = [0, 0]
    for seed in range(200):
        starts = np.random.default_rng(seed).random(604) < 0.01
        bad = np.array([10 if starts[at : at + 5].any() else 0 for at in range(600)])
        bounds = steady_bounds(np.full(600, 10), bad)
        covered[0] += bounds.lower <= truth
        covered[1] += bounds.upper >= truth
    assert min(covered) / 200 >= 0.95 - 4 * math.sqrt(0.95 * 0.05 / 200)


def test_thin_traffic_shows_its_bursts_from_one_slice_to_the_next() -> None:
    """With one request a slice no slice holds more than its share; twenty bad ones in a row do."""
    n, bad = np.ones(600), np.zeros(600)
    bad[100:120] = 1
    assert not clusters(n, bad)
    assert steady_bounds(n, bad).effect > 10


def test_a_bootstrap_is_the_same_twice() -> None:
    n, bad = np.full(60, 10), np.array([0] * 40 + [10] * 5 + [0] * 15)
    assert design_effect(n, bad, 5) == design_effect(n, bad, 5)
    assert steady_bounds(n, bad) == steady_bounds(n, bad)
