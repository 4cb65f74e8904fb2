"""A series is a scenario like any other: it must load, and hold the faults it is asked for."""

from pathlib import Path

import pytest
from tfbench.bench.series import SERIES, Series, write_scenario
from tfbench.scenario import load_scenario

SCENARIOS = Path(__file__).parents[3] / "scenarios"


@pytest.mark.parametrize("series", SERIES.values(), ids=list(SERIES))
def test_a_series_is_a_scenario_with_so_many_faults(series: Series, tmp_path: Path) -> None:
    scenario = load_scenario(write_scenario(series, 20, SCENARIOS, tmp_path))
    assert [fault.at_s for fault in scenario.faults] == [n * (series.hold_s + series.quiet_s) for n in range(20)]
    assert {(fault.type, fault.target) for fault in scenario.faults} == {(series.fault, series.target)}
    assert scenario.required == (series.objective,)
    assert scenario.expectations == ()
    assert scenario.invariants


@pytest.mark.parametrize("series", SERIES.values(), ids=list(SERIES))
def test_a_recovery_has_time_to_be_believed(series: Series) -> None:
    believed_after_s = 10
    assert series.quiet_s > believed_after_s
