"""The arrival plan: as many as asked, in the asked mix, the same each time."""

import itertools
import math
from collections import Counter
from functools import cache

import pytest
from tfbench.load.arrivals import CHOOSING_KINDS, Arrival, plan
from tfbench.model import Surge

MIX = {"catalogue": 0.5, "purchase": 0.3, "boleta": 0.2}


def poisson(seed: int = 7, rate: float = 100, mix: dict[str, float] = MIX, duration: float = 100) -> list[Arrival]:
    return list(plan("poisson", rate, mix, seed, duration))


def test_poisson_count_is_within_five_deviations_of_rate_times_duration() -> None:
    for seed in range(20):
        assert abs(len(poisson(seed, duration=25)) - 2_500) < 5 * math.sqrt(2_500)


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


FIRST_OF_20261124 = [
    (0, 0.025679350183474673, "catalogue"),
    (1, 0.027615452412197927, "purchase"),
    (2, 0.03503931116546442, "catalogue"),
    (3, 0.07779984633510281, "purchase"),
]
SURGE = Surge(at_s=30, length_s=20, factor=10, event="EV001")
SHOPPERS = {"catalogue": 0.2, "seat_map": 0.2, "hold": 0.2, "purchase": 0.2, "my_tickets": 0.1, "boleta": 0.1}


@cache
def with_surge(process: str = "poisson", rate: float = 100) -> list[Arrival]:
    return list(plan(process, rate, SHOPPERS, seed=7, duration_s=100, surge=SURGE))


def test_plan_is_the_one_it_always_was() -> None:
    """Numbers written down once: another plan for an old seed would break every comparison between runs."""
    first = list(itertools.islice(plan("poisson", 50, {"catalogue": 0.75, "purchase": 0.25}, 20261124, 60), 4))
    assert [(a.flow, a.kind) for a in first] == [(flow, kind) for flow, _, kind in FIRST_OF_20261124]
    assert [a.at_s for a in first] == pytest.approx([at_s for _, at_s, _ in FIRST_OF_20261124], rel=1e-12)
    assert {a.event for a in first} == {None}


def test_nothing_changes_before_a_surge() -> None:
    calm = [a for a in plan("poisson", 100, SHOPPERS, 7, 100) if a.at_s < SURGE.at_s]
    assert with_surge()[: len(calm)] == calm


@pytest.mark.parametrize(("begin", "end", "rate"), [(0, 30, 100), (30, 50, 1000), (50, 100, 100)])
def test_poisson_count_of_each_piece_is_within_five_deviations(begin: float, end: float, rate: float) -> None:
    expected = rate * (end - begin)
    count = sum(begin <= a.at_s < end for a in with_surge())
    assert abs(count - expected) < 5 * math.sqrt(expected)


def test_gaps_in_a_surge_are_exponential_of_the_higher_rate() -> None:
    times = [a.at_s for a in with_surge() if 30 <= a.at_s < 50]
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert sum(gaps) / len(gaps) == pytest.approx(0.001, rel=0.05)
    assert sum(gap > 0.001 for gap in gaps) / len(gaps) == pytest.approx(math.exp(-1), abs=0.02)


def test_constant_arrivals_come_closer_in_a_surge_and_then_as_before() -> None:
    surge = Surge(at_s=1, length_s=0.5, factor=4, event="E")
    times = [a.at_s for a in plan("constant", 4, SHOPPERS, seed=7, duration_s=2.25, surge=surge)]
    dense = [1 + n / 16 for n in range(8)]
    assert times == pytest.approx([0, 0.25, 0.5, 0.75, *dense, 1.5, 1.75, 2.0])


def test_those_who_choose_an_event_all_want_the_surges_while_it_lasts() -> None:
    for arrival in with_surge():
        is_in_it = SURGE.at_s <= arrival.at_s < SURGE.at_s + SURGE.length_s
        assert (arrival.event == "EV001") is (is_in_it and arrival.kind in CHOOSING_KINDS)
        assert arrival.event in (None, "EV001")


def test_kinds_follow_the_mix_in_a_surge_too() -> None:
    kinds = Counter(a.kind for a in with_surge() if 30 <= a.at_s < 50)
    for kind, share in SHOPPERS.items():
        assert kinds[kind] / kinds.total() == pytest.approx(share, abs=0.02)


def test_times_rise_through_a_surge_without_a_gap_in_the_numbers() -> None:
    arrivals = with_surge()
    assert [a.at_s for a in arrivals] == sorted(a.at_s for a in arrivals)
    assert [a.flow for a in arrivals] == list(range(len(arrivals)))
