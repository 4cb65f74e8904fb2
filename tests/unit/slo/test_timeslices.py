"""Slices of time: cut, scored, and judged from a run folder; what was not measured is neither good nor bad."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from spoilable_run import BASELINE, ISSUED, KILL, LOAD_END, RECOVERED, RunFolder, healthy, ratio, scenario
from tfbench.model import Objective
from tfbench.results import ObjectiveResult
from tfbench.rundata import opened
from tfbench.slo.budget import spoilt_slices_s
from tfbench.slo.grid import Grid, score, slice_records
from tfbench.slo.objective import Method, SlicedObjective
from tfbench.slo.outages import charged
from tfbench.slo.ratios import judge_objective
from tfbench.slo.timeslices import score_bounds
from tfbench.verdict import Verdict

TIMESLICES, RATIOS = Method.TIMESLICES, Method.RATIO_TIMESLICES


def sliced(
    method: Method, target: float, slice_s: float, slice_target: float | None = None, of: Objective | None = None
) -> SlicedObjective:
    base = of or ratio("app2-boletas", target, ("boleta",), 300)
    base = dataclasses.replace(base, target=target)
    values = [getattr(base, field.name) for field in dataclasses.fields(base)]
    return SlicedObjective(*values, method, slice_s, slice_target)


def judged(run: RunFolder, folder: Path, objective: Objective) -> ObjectiveResult:
    with opened(run.write(folder), scenario().faults) as data:
        return judge_objective(data, objective, required=True)


def all_well(*, with_fault: bool = True) -> RunFolder:
    """70 s of boletas, 10 a second, all answered; the fault is from 20 s to 45 s."""
    run = healthy()
    for row in run.ops("boleta"):
        row.update(outcome="ok", status=200)
    if not with_fault:
        run.drop_records(kind="fault")
    return run


def spoil(run: RunFolder, since: float, until: float, every: int = 1) -> None:
    rows = [row for row in run.ops("boleta") if since <= row["t_intended"] < until]
    assert rows
    for row in rows[::every]:
        row.update(outcome="unknown")


def without(run: RunFolder, since: float, until: float) -> None:
    run.operations = [r for r in run.operations if not (r["op"] == "boleta" and since <= r["t_intended"] < until)]


def grid(t: list[float], good: list[bool], until: float, faults: tuple[tuple[float, float], ...] = ()) -> Grid:
    return slice_records(
        np.floor(t).astype(np.int64),
        np.ones(len(t), dtype=np.int64),
        np.array(good, dtype=np.int64),
        np.zeros(len(t), dtype=bool),
        since=0.0,
        until=until,
        slice_s=10.0,
        faults=faults,
    )


def test_records_fall_into_whole_slices_and_the_rest_is_left_out() -> None:
    cut = grid([-1, 0, 9.9, 10, 25, 30, 34], [True] * 7, until=34)
    assert (cut.n.tolist(), cut.tail_s) == ([2, 1, 1], 4.0)


@pytest.mark.parametrize(
    ("fault", "touched"),
    [((12, 14), [1]), ((9, 11), [0, 1]), ((10, 20), [1]), ((25, math.inf), [2]), ((31, 33), [])],
)
def test_a_slice_that_a_fault_touches_is_the_faults(fault: tuple[float, float], touched: list[int]) -> None:
    assert np.flatnonzero(grid([1.0], [True], 30, (fault,)).in_fault).tolist() == touched


def test_a_slice_scores_its_ratio_or_whether_it_reaches_the_target_and_an_empty_one_nothing() -> None:
    cut = grid([1, 2, 11, 12], [True, True, True, False], until=30)
    np.testing.assert_array_equal(score(cut, None), [1.0, 0.5, math.nan])
    np.testing.assert_array_equal(score(cut, 0.5), [1.0, 1.0, math.nan])
    np.testing.assert_array_equal(score(cut, 0.51), [1.0, 0.0, math.nan])


def test_nine_of_ten_reach_nine_tenths_in_floating_point_too() -> None:
    assert score(grid([1] * 10, [True] * 9 + [False], until=10), 0.9).tolist() == [1.0]


@pytest.mark.parametrize(
    ("slices", "bad", "target", "verdict"),
    [
        (35, 0, 0.9, Verdict.PASS),  # 29 are enough
        (14, 0, 0.9, Verdict.INCONCLUSIVE),
        (35, 12, 0.9, Verdict.FAIL),
        (35, 2, 0.9, Verdict.INCONCLUSIVE),
    ],
)
@pytest.mark.parametrize("method", [TIMESLICES, RATIOS])
def test_steady_slices_are_a_sample(
    slices: int, bad: int, target: float, verdict: Verdict, method: Method, tmp_path: Path
) -> None:
    slice_s = 70 / slices
    run = all_well(with_fault=False)
    for every_other in range(bad):
        spoil(run, BASELINE + 2 * every_other * slice_s, BASELINE + (2 * every_other + 1) * slice_s)
    result = judged(run, tmp_path, sliced(method, target, slice_s, 0.9 if method is TIMESLICES else None))
    assert (result.verdict, result.n, result.bad) == (verdict, slices, bad), result.reason["en"]
    assert ("more slices, all good" in result.reason["en"]) == (verdict is Verdict.INCONCLUSIVE)


@pytest.mark.parametrize("method", [TIMESLICES, RATIOS])
def test_one_burst_of_bad_slices_neither_keeps_nor_breaks_a_promise(method: Method, tmp_path: Path) -> None:
    """Apart, as many would break this one, and keep the other."""
    for target, apart in ((0.9, Verdict.FAIL), (0.65, Verdict.PASS)):
        objective = sliced(method, target, 1.0, 0.9 if method is TIMESLICES else None)
        burst, single = all_well(with_fault=False), all_well(with_fault=False)
        spoil(burst, BASELINE + 20, BASELINE + 34)
        for at in range(0, 70, 5):
            spoil(single, BASELINE + at, BASELINE + at + 1)
        together = judged(burst, tmp_path / f"{target}" / "burst", objective)
        alone = judged(single, tmp_path / f"{target}" / "single", objective)
        assert (together.n, together.bad, together.verdict) == (70, 14, Verdict.INCONCLUSIVE)
        assert (alone.n, alone.bad, alone.verdict) == (70, 14, apart)
        assert "Bad slices came in bursts" in together.reason["en"]
        assert "vinieron en ráfagas" in together.reason["es"]
        assert "bursts" not in alone.reason["en"]


def test_slices_of_a_fault_are_counted_exactly(tmp_path: Path) -> None:
    run = all_well()
    spoil(run, KILL + 1, KILL + 3)
    result = judged(run, tmp_path, sliced(TIMESLICES, 0.9, 1.0, 0.9))
    assert result.verdict is Verdict.PASS, result.reason["en"]
    assert "During the fault: 2 bad of " in result.reason["en"]
    assert "Durante la falla: 2 tramos malos" in result.reason["es"]


def test_an_outage_fails_the_faults_slices_though_steady_traffic_is_well(tmp_path: Path) -> None:
    run = all_well()
    spoil(run, KILL + 1, RECOVERED)
    for method in Method:
        result = judged(run, tmp_path / method, sliced(method, 0.5, 2.0, 0.9 if method is TIMESLICES else None))
        assert result.verdict is Verdict.FAIL
        assert "too few" in result.reason["en"]


def test_a_few_bad_operations_in_every_slice_cost_a_ratio_little_and_a_strict_slice_everything(tmp_path: Path) -> None:
    run = all_well(with_fault=False)
    spoil(run, BASELINE, LOAD_END, every=20)
    by_ratio = judged(run, tmp_path / "a", sliced(RATIOS, 0.8, 2.0))
    by_slice = judged(run, tmp_path / "b", sliced(TIMESLICES, 0.8, 2.0, 0.99))
    assert by_ratio.verdict is Verdict.PASS
    assert by_ratio.measured == pytest.approx(0.95, abs=0.001)
    assert (by_slice.verdict, by_slice.bad) == (Verdict.FAIL, 35)


@pytest.mark.parametrize("method", [TIMESLICES, RATIOS])
def test_unmeasured_slices_may_be_good_or_bad_so_they_settle_nothing(method: Method, tmp_path: Path) -> None:
    run = all_well(with_fault=False)
    without(run, BASELINE + 20, BASELINE + 40)
    result = judged(run, tmp_path, sliced(method, 0.9, 1.0, 0.9 if method is TIMESLICES else None))
    assert (result.verdict, result.n, result.bad, result.measured) == (Verdict.INCONCLUSIVE, 50, 0, 1.0)
    assert "20 slices held nothing" in result.reason["en"]


def test_what_fails_even_if_every_unmeasured_slice_was_good_fails(tmp_path: Path) -> None:
    run = all_well(with_fault=False)
    for at in range(0, 60, 2):
        spoil(run, BASELINE + at, BASELINE + at + 1)
    without(run, BASELINE + 60, BASELINE + 70)
    assert judged(run, tmp_path, sliced(TIMESLICES, 0.9, 1.0, 0.9)).verdict is Verdict.FAIL


def test_no_traffic_at_all_is_no_data(tmp_path: Path) -> None:
    run = all_well(with_fault=False)
    without(run, 0, math.inf)
    result = judged(run, tmp_path, sliced(TIMESLICES, 0.9, 1.0, 0.9))
    assert (result.verdict, result.n, result.measured, result.lower) == (Verdict.NO_DATA, 0, None, None)


def test_a_run_shorter_than_a_slice_is_no_data(tmp_path: Path) -> None:
    result = judged(all_well(), tmp_path, sliced(TIMESLICES, 0.9, 120.0, 0.9))
    assert result.verdict is Verdict.NO_DATA
    assert "no whole slice of 120 s" in result.reason["en"]


def test_the_end_that_is_no_whole_slice_is_left_out_and_said(tmp_path: Path) -> None:
    run = all_well(with_fault=False)
    spoil(run, BASELINE + 60, LOAD_END)
    result = judged(run, tmp_path, sliced(TIMESLICES, 0.5, 12.0, 0.9))
    assert (result.n, result.bad) == (5, 0)
    assert "The last 10 s are no whole slice" in result.reason["en"]


def test_orders_are_counted_by_slices_without_bounds(tmp_path: Path) -> None:
    result = judged(healthy(), tmp_path, sliced(TIMESLICES, 0.9, 10.0, 0.9, of=ISSUED))
    assert (result.verdict, result.n, result.bad, result.lower) == (Verdict.PASS, 7, 0, None), result.reason["en"]
    assert "Every order was counted" in result.reason["en"]


def test_orders_that_could_not_be_read_are_no_data(tmp_path: Path) -> None:
    run = healthy()
    del run.stores["tickets"]
    assert judged(run, tmp_path, sliced(TIMESLICES, 0.9, 10.0, 0.9, of=ISSUED)).verdict is Verdict.NO_DATA


@pytest.mark.parametrize("slice_s", [None, 2.0])
def test_a_window_shorter_than_the_run_is_said(slice_s: float | None, tmp_path: Path) -> None:
    objective = ratio("app2-boletas", 0.5, ("boleta",), 300) if slice_s is None else sliced(RATIOS, 0.5, slice_s)
    result = judged(all_well(), tmp_path, dataclasses.replace(objective, window_s=60))
    assert "window of 60 s is shorter than the 70 s observed" in result.reason["en"]


def test_the_bounds_of_slices_are_repeatable_and_wider_where_bad_ones_cluster() -> None:
    scattered = np.tile([1.0] * 9 + [0.0], 40)
    clustered = np.concatenate([np.zeros(40), np.ones(360)])
    assert score_bounds(clustered) == score_bounds(clustered)
    bounds = score_bounds(scattered)
    assert bounds.lower <= 0.9 <= bounds.upper
    assert score_bounds(clustered).lower < bounds.lower
    assert score_bounds(clustered).upper > bounds.upper


def test_perfect_slices_are_no_certainty() -> None:
    bounds = score_bounds(np.ones(298))
    assert (bounds.lower < 0.99, bounds.upper) == (True, 1.0)
    assert score_bounds(np.ones(299)).lower >= 0.99


@pytest.mark.parametrize(
    ("outage_s", "slice_s", "slice_target", "spoilt_s"),
    [
        (0.0, 60, 1.0, 0.0),
        (1.0, 60, 0.95, 0.0),  # 3 s of a slice may be bad
        (3.5, 60, 0.95, 60.0),
        (7.0, 60, 0.95, 120.0),  # 3.5 s at the end of one slice, 3.5 s at the start of the next
        (60.0, 60, 1.0, 120.0),
        (61.0, 60, 1.0, 180.0),
        (3600.0, 60, 1.0, 3660.0),
    ],
)
def test_an_outage_costs_the_slices_it_can_spoil(
    outage_s: float, slice_s: float, slice_target: float, spoilt_s: float
) -> None:
    assert spoilt_slices_s(outage_s, slice_s, slice_target) == spoilt_s
    assert charged(sliced(TIMESLICES, 0.9, slice_s, slice_target), outage_s) == spoilt_s
    assert charged(sliced(RATIOS, 0.9, slice_s), outage_s) == outage_s
