"""Arrivals whose rate changes: as many as were asked for in each piece of time, and Poisson in each."""

import itertools
import json
import math
from typing import Any

import pytest
from tfbench.load.arrivals import RAMP_S, Arrival, Shape, plan
from tfbench.load.config import LoadConfig, LoadConfigError
from tfbench.model import LoadSpec, Phases, Spike, Surge

MIX = {"catalogue": 1.0}
SPIKE = Spike(at_s=20, length_s=10, factor=8)


def times(process: str, **changes: Any) -> list[float]:
    arrivals: list[Arrival] = list(plan(process, 100, MIX, seed=7, duration_s=60, **changes))
    assert [arrival.flow for arrival in arrivals] == list(range(len(arrivals)))
    found = [arrival.at_s for arrival in arrivals]
    assert found == sorted(found)
    return found


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [(0, 10, 125), (10, 30, 1000), (30, 40, 875), (40, 60, 2000)],
)
def test_ramp_has_the_area_under_its_line(begin: float, end: float, expected: float) -> None:
    """Of 100 arrivals/s after 40 s: after t seconds 100 t^2 / 80 are due."""
    count = sum(begin <= t < end for t in times("ramp", ramp_s=40))
    assert abs(count - expected) < 5 * math.sqrt(expected)


@pytest.mark.parametrize(("begin", "end", "rate"), [(0, 20, 100), (20, 30, 800), (30, 60, 100)])
def test_spike_is_denser_only_while_it_lasts(begin: float, end: float, rate: float) -> None:
    expected = rate * (end - begin)
    count = sum(begin <= t < end for t in times("spike", spike=SPIKE))
    assert abs(count - expected) < 5 * math.sqrt(expected)


def test_gaps_in_a_spike_are_exponential() -> None:
    inside = [t for t in times("spike", spike=SPIKE) if 20 <= t < 30]
    gaps = [b - a for a, b in itertools.pairwise(inside)]
    assert sum(gap > 1 / 800 for gap in gaps) / len(gaps) == pytest.approx(math.exp(-1), abs=0.02)


def test_before_a_spike_and_after_a_ramp_arrivals_are_those_of_poisson() -> None:
    calm = times("poisson")
    assert [t for t in times("spike", spike=SPIKE) if t < 20] == [t for t in calm if t < 20]
    late = [t - 10 for t in times("ramp", ramp_s=20) if t > 21]
    assert late == pytest.approx([t for t in calm if 11 < t < 50])


CONFIG: dict[str, Any] = {
    "base_url": "http://127.0.0.1:1",
    "rate_per_s": 50,
    "mix": MIX,
    "seed": 7,
    "duration_s": 60,
    "clock_offset": 0.0,
    "run_dir": "run",
}


def test_shapes_make_the_round_trip() -> None:
    config = LoadConfig.from_json(json.dumps(CONFIG | {"arrivals": "spike", "spike": vars_of(SPIKE), "ramp_s": 5}))
    assert (config.spike, config.ramp_s) == (SPIKE, 5)
    assert LoadConfig.from_json(config.to_json()) == config
    assert LoadConfig.from_json(json.dumps(CONFIG)).ramp_s == RAMP_S


def vars_of(spike: Spike) -> dict[str, float]:
    return {"at_s": spike.at_s, "length_s": spike.length_s, "factor": spike.factor}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ramp_s": 0}, "ramp_s must be above 0, not 0"),
        ({"spike": vars_of(SPIKE) | {"factor": 0}}, "spike.factor must be above 0, not 0"),
        ({"spike": {"at_s": 1}}, "spike: missing keys: factor, length_s"),
        ({"spike": vars_of(SPIKE) | {"event": "x"}}, "spike: unknown keys: event"),
        ({"arrivals": "saw"}, "not 'saw'"),
    ],
)
def test_shapes_that_cannot_be_played_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(LoadConfigError, match=message):
        LoadConfig.from_json(json.dumps(CONFIG | changes))


SHAPES = {
    "even": Shape(),
    "ramp": Shape(ramp_s=20),
    "spike": Shape(spike=SPIKE),
    "surge": Shape(surge=Surge(20, 10, 8, "EV001")),
    "ramp, then surge": Shape(ramp_s=15, surge=Surge(20, 10, 8, "EV001")),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_bending_the_clock_is_undone_by_its_inverse(shape: Shape) -> None:
    bent = [shape.comes_at(tenth / 10) for tenth in range(2000)]
    assert bent == sorted(bent)
    assert [shape.even_by(t) for t in bent] == pytest.approx([tenth / 10 for tenth in range(2000)])


@pytest.mark.parametrize(("begin", "end"), [(0, 5), (5, 20), (20, 30), (25, 60), (0, 60)])
@pytest.mark.parametrize(
    ("process", "changes"), [("poisson", {}), ("ramp", {"ramp_s": 12}), ("spike", {"spike": SPIKE})]
)
def test_as_many_come_as_are_expected(process: str, changes: dict[str, Any], begin: float, end: float) -> None:
    shape = Shape(**changes)
    expected = 100 * (shape.even_by(end) - shape.even_by(begin))
    count = sum(begin <= t < end for t in times(process, **changes))
    assert abs(count - expected) < 5 * math.sqrt(expected)


def test_a_scenario_s_rush_is_moved_to_the_clock_of_its_plan_and_its_ramp_is_not() -> None:
    load = LoadSpec("ticketflow", 50, "ramp", MIX, surge=Surge(5, 10, 2, "EV001"), ramp_s=7)
    shape = Shape.of(load, Phases(warmup_s=6, baseline_s=20, outage_s=30, recovery_s=30, drain_deadline_s=60))
    assert shape == Shape(ramp_s=7, surge=Surge(31, 10, 2, "EV001"))
