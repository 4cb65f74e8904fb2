"""The arrival plan: as many as asked, in the asked mix, the same each time."""

import itertools
import math
from collections import Counter

import pytest
from tfbench.load.arrivals import Arrival, plan

MIX = {"catalogue": 0.5, "purchase": 0.3, "boleta": 0.2}


def poisson(seed: int = 7, rate: float = 100, mix: dict[str, float] = MIX, duration: float = 100) -> list[Arrival]:
    return list(plan("poisson", rate, mix, seed, duration))


def test_poisson_count_is_within_five_deviations_of_rate_times_duration() -> None:
    for seed in range(20):
        assert abs(len(poisson(seed)) - 10_000) < 5 * math.sqrt(10_000)


def test_poisson_gaps_are_exponential_not_even() -> None:
    gaps = [b.at_s - a.at_s for a, b in itertools.pairwise(poisson())]
    share_over_the_mean = sum(gap > 0.01 for gap in gaps) / len(gaps)
    assert share_over_the_mean == pytest.approx(math.exp(-1), abs=0.02)


def test_kinds_follow_the_mix() -> None:
    arrivals = poisson()
    counts = Counter(arrival.kind for arrival in arrivals)
    for kind, share in MIX.items():
        assert counts[kind] / len(arrivals) == pytest.approx(share, abs=0.03)


def test_same_seed_is_the_same_plan_and_another_seed_is_not() -> None:
    assert poisson(seed=1) == poisson(seed=1)
    assert poisson(seed=1) != poisson(seed=2)


def test_another_mix_keeps_the_times() -> None:
    times = [arrival.at_s for arrival in poisson()]
    assert times == [arrival.at_s for arrival in poisson(mix={"catalogue": 1.0})]


def test_times_rise_and_stay_inside_the_duration() -> None:
    times = [arrival.at_s for arrival in poisson(duration=5)]
    assert times == sorted(times)
    assert 0 < times[0] < times[-1] < 5


def test_constant_arrivals_are_evenly_spaced() -> None:
    assert [a.at_s for a in plan("constant", 4, MIX, seed=7, duration_s=1)] == [0, 0.25, 0.5, 0.75]


def test_flows_are_numbered_from_the_first() -> None:
    assert [a.flow for a in plan("constant", 3, MIX, 7, 1, first_flow=50)] == [50, 51, 52]


def test_unknown_process_is_an_error() -> None:
    with pytest.raises(ValueError, match="not 'bursty'"):
        list(plan("bursty", 1, MIX, 7, 1))
