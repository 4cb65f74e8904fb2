"""The bounds and sample sizes, against tables computed with scipy beforehand (and, for k = 0, by hand)."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tfbench.slo.budget import allowed_s, failures_per_window, spent_ratio
from tfbench.slo.stats import further_requests, lower_bound, minimum_requests, percentile, upper_bound

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
