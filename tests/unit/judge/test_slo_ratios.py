"""Ratio objectives counted from a run folder: steady traffic bounded, the fault window and issuing counted."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from in_memory import in_memory
from spoilable_run import (
    BASELINE,
    ISSUED,
    KILL,
    LOAD_END,
    RECOVERED,
    WARMUP,
    RunFolder,
    healthy,
    ratio,
    scenario,
)
from tfbench.model import Objective, Selector
from tfbench.results import ObjectiveResult
from tfbench.slo.ratios import Counts, exact_verdict, judge_objective, judge_objectives, sampled_verdict
from tfbench.slo.stats import steady_bounds
from tfbench.verdict import Verdict

Row = dict[str, Any]


def judged(run: RunFolder, objective: Objective) -> ObjectiveResult:
    with in_memory(run, scenario().faults) as data:
        return judge_objective(data, objective, required=True)


def spoil(run: RunFolder, since: float, until: float, count: int, every: int = 1, **values: object) -> None:
    """Change the first `count` boleta operations intended in a window, or one of `every`."""
    rows = [row for row in run.ops("boleta") if since <= row["t_intended"] < until][::every]
    assert len(rows) >= count
    for row in rows[:count]:
        row.update(values)


def all_well() -> RunFolder:
    """A run whose boletas were all answered."""
    run = healthy()
    for row in run.ops("boleta"):
        row.update(outcome="ok", status=200)
    return run


BOLETAS = ratio("app2-boletas", 0.95, ("boleta",), 300)


@pytest.mark.parametrize(
    ("n", "bad", "target", "verdict"),
    [
        (0, 0, 0.99, Verdict.NO_DATA),
        (298, 0, 0.99, Verdict.INCONCLUSIVE),
        (299, 0, 0.99, Verdict.PASS),
        (472, 1, 0.99, Verdict.INCONCLUSIVE),
        (473, 1, 0.99, Verdict.PASS),
        (100_000, 15, 0.9999, Verdict.INCONCLUSIVE),
        (100_000, 16, 0.9999, Verdict.FAIL),
        (1, 1, 0.99, Verdict.FAIL),
    ],
)
def test_a_sample_decides_only_with_confidence(n: int, bad: int, target: float, verdict: Verdict) -> None:
    bounds = steady_bounds(np.array([n]), np.array([bad])) if n else None
    assert sampled_verdict(bounds, target) is verdict


@pytest.mark.parametrize(
    ("n", "bad", "target", "verdict"),
    [
        (0, 0, 0.9, Verdict.NO_DATA),
        (10, 1, 0.9, Verdict.PASS),
        (10, 2, 0.9, Verdict.FAIL),
        (1000, 1, 0.999, Verdict.PASS),
        (999, 1, 0.999, Verdict.FAIL),
    ],
)
def test_a_full_count_decides_exactly(n: int, bad: int, target: float, verdict: Verdict) -> None:
    assert exact_verdict(Counts(n, bad), target) is verdict


def test_both_windows_must_hold() -> None:
    result = judged(all_well(), BOLETAS)
    assert result.verdict is Verdict.PASS
    assert (result.n, result.bad, result.measured) == (700, 0, 1.0)
    assert result.lower is not None
    assert 0.99 < result.lower < 1


def test_a_bad_fault_window_fails_what_is_well_otherwise() -> None:
    run = all_well()
    spoil(run, KILL + 1, RECOVERED, 20, outcome="unknown")
    result = judged(run, BOLETAS)
    assert (result.verdict, result.bad) == (Verdict.FAIL, 20)
    assert "Steady traffic: 0 bad of 449" in result.reason["en"]
    assert "During the fault: 20 bad of 251" in result.reason["en"]
    assert "Durante la falla: 20 malas de 251" in result.reason["es"]


def test_a_fault_window_may_spend_what_the_target_allows() -> None:
    run = all_well()
    spoil(run, KILL + 1, RECOVERED, 12, outcome="unknown")
    assert judged(run, BOLETAS).verdict is Verdict.PASS


@pytest.mark.parametrize(("bad", "verdict"), [(22, Verdict.PASS), (30, Verdict.INCONCLUSIVE), (50, Verdict.FAIL)])
def test_steady_traffic_decides_by_its_bounds(bad: int, verdict: Verdict) -> None:
    run = all_well()
    run.drop_records(kind="fault")
    spoil(run, BASELINE, LOAD_END, bad, every=700 // bad, outcome="unknown")
    result = judged(run, BOLETAS)
    assert result.verdict is verdict, result.reason
    assert ("more requests, all good" in result.reason["en"]) == (verdict is Verdict.INCONCLUSIVE)
    assert "bursts" not in result.reason["en"]


def test_as_many_failures_in_one_burst_prove_less() -> None:
    """14 of 449 pass where they are scattered; the burst may as well have come twice, or not at all."""
    run = all_well()
    spoil(run, RECOVERED + 1, LOAD_END, 14, outcome="unknown")
    result = judged(run, BOLETAS)
    assert (result.verdict, result.bad) == (Verdict.INCONCLUSIVE, 14)
    assert "in bursts, so the bounds are those of " in result.reason["en"]
    assert "more requests, all good" in result.reason["en"]
    assert "ráfagas" in result.reason["es"]


def test_bursts_all_along_fail_a_promise_that_they_break_all_along() -> None:
    run = all_well()
    run.drop_records(kind="fault")
    for at in range(0, 70, 5):
        spoil(run, BASELINE + at, BASELINE + at + 1, 10, outcome="unknown")
    result = judged(run, BOLETAS)
    assert (result.verdict, result.bad) == (Verdict.FAIL, 140)
    assert "in bursts" in result.reason["en"]


def test_objectives_are_counted_together_as_they_are_alone() -> None:
    """Of several latency limits, each objective sees its own."""
    run = all_well()
    for number, row in enumerate(run.ops("boleta")):
        row["t_end"] = row["t_intended"] + (0.05, 0.3, 0.31, 9.0)[number % 4]
    limits = (50.0, 300.0, 300.5, 10_000.0, None)
    objectives = [
        dataclasses.replace(
            BOLETAS, id=f"under-{limit}", good=dataclasses.replace(BOLETAS.good, latency_ms_below=limit)
        )
        for limit in limits
    ]
    with in_memory(run, scenario().faults) as data:
        together = judge_objectives(data, objectives, {"under-300.0"})
        alone = [judge_objective(data, one, one.id == "under-300.0") for one in objectives]
    assert together == alone
    slow = [run.ops("boleta")[at]["t_end"] - run.ops("boleta")[at]["t_intended"] for at in range(700)]
    assert [one.bad for one in together[3:]] == [0, 0]
    assert together[2].bad == sum(1000 * seconds >= 300.5 for seconds in slow) == 350


def test_slow_is_bad() -> None:
    run = all_well()
    for row in run.ops("boleta"):
        row["t_end"] = row["t_intended"] + 0.4
    assert judged(run, BOLETAS).verdict is Verdict.FAIL


def test_latency_counts_from_the_intended_time() -> None:
    run = all_well()
    for row in run.ops("boleta"):
        row.update(t_start=row["t_intended"] + 0.38, t_end=row["t_intended"] + 0.4)
    assert judged(run, BOLETAS).bad == 700


def test_warm_up_does_not_count() -> None:
    run = all_well()
    spoil(run, WARMUP, BASELINE, 50, outcome="unknown")
    result = judged(run, BOLETAS)
    assert (result.n, result.bad) == (700, 0)


def test_what_was_in_flight_when_the_fault_struck_is_the_faults() -> None:
    run = all_well()
    spoil(run, KILL - 1, KILL - 0.5, 1, outcome="unknown", t_end=KILL + 4)
    assert "During the fault: 1 bad" in judged(run, BOLETAS).reason["en"]


def test_refusals_are_left_out_where_the_total_leaves_them_out() -> None:
    run = all_well()
    spoil(run, BASELINE, KILL, 100, outcome="fail", status=404)
    assert judged(run, BOLETAS).n == 600


def test_a_status_can_be_what_is_bad() -> None:
    run = all_well()
    spoil(run, KILL + 1, RECOVERED, 3, outcome="unknown", status=500)
    no_500 = dataclasses.replace(
        BOLETAS,
        good=Selector("operations", ("boleta",), status_not=(500,)),
        total=Selector("operations", ("boleta",)),
    )
    assert judged(run, no_500).bad == 3


def test_dropped_arrivals_are_bad() -> None:
    run = all_well()
    spoil(run, BASELINE, KILL, 40, outcome="unknown", status=0, error="dropped")
    assert judged(run, BOLETAS).bad == 40


def test_no_requests_in_the_fault_window_is_no_data() -> None:
    run = all_well()
    run.operations = [row for row in run.operations if not KILL - 1 <= row["t_intended"] < RECOVERED + 1]
    result = judged(run, BOLETAS)
    assert result.verdict is Verdict.NO_DATA
    assert "During the fault: no requests." in result.reason["en"]


def test_no_requests_at_all_is_no_data() -> None:
    result = judged(healthy(), ratio("app3-pages", 0.95, ("catalogue",)))
    assert (result.verdict, result.n, result.measured) == (Verdict.NO_DATA, 0, None)
    assert (result.lower, result.upper) == (None, None)


def test_without_a_fault_all_traffic_is_steady() -> None:
    run = all_well()
    run.drop_records(kind="fault")
    result = judged(run, BOLETAS)
    assert "Steady traffic: 0 bad of 700" in result.reason["en"]
    assert "fault" not in result.reason["en"]


def test_a_target_that_never_recovered_has_no_steady_traffic_after() -> None:
    run = all_well()
    run.drop_records(kind="fault", state="recovered")
    assert "Steady traffic: 0 bad of 200;" in judged(run, BOLETAS).reason["en"]


def _ticket(run: RunFolder, index: int) -> Row:
    return run.stores["tickets"][index]


@pytest.mark.parametrize(
    ("sentence", "change", "n", "bad"),
    [
        ("every order in time", lambda run: None, 280, 0),
        ("one late", lambda run: _ticket(run, 50).update(pdf_creado_en=LOAD_END + 100), 280, 1),
        ("one without a PDF", lambda run: _ticket(run, 50).update(pdf_creado_en=None), 280, 1),
        ("one without a ticket", lambda run: run.stores["tickets"].pop(50), 280, 1),
        ("one of warm-up", lambda run: _ticket(run, 3).update(pdf_creado_en=None), 280, 0),
        (
            "an order whose buyer got no answer",
            lambda run: (run.ops("purchase")[50].update(outcome="unknown"), run.stores["tickets"].pop(50)),
            280,
            1,
        ),
        ("an acked order that no store knows", lambda run: (
            run.stores["orders"].pop(50), run.stores["tickets"].pop(50)), 280, 1),
    ],
)  # fmt: skip
def test_every_order_is_counted_from_its_ack_to_its_pdf(
    sentence: str, change: Callable[[RunFolder], object], n: int, bad: int
) -> None:
    run = healthy()
    change(run)
    result = judged(run, ISSUED)
    assert (result.n, result.bad) == (n, bad), sentence
    assert result.verdict is Verdict.PASS
    assert (result.lower, result.upper) == (None, None)


def test_the_outage_shows_in_a_tighter_issuing_limit() -> None:
    tight = dataclasses.replace(ISSUED, good=Selector("issuance", latency_ms_below=10_000))
    result = judged(healthy(), tight)
    assert result.verdict is Verdict.FAIL
    assert 50 < result.bad < 90


def unissued(count: int, drain: dict[str, object]) -> RunFolder:
    """A run whose last orders have no PDF, and that waited for them as `drain` says."""
    run = healthy()
    del run.stores["tickets"][-count:]
    next(row for row in run.journal if row["kind"] == "drain").update(drain)
    return run


def test_orders_with_time_left_are_no_failure_yet() -> None:
    given_up = judged(unissued(30, {"state": "deadline", "pending": 30}), ISSUED)
    assert (given_up.verdict, given_up.bad) == (Verdict.INCONCLUSIVE, 30)
    assert "30 of them" in given_up.reason["en"]
    assert judged(unissued(30, {"state": "settled", "pending": 0}), ISSUED).verdict is Verdict.FAIL
    assert judged(unissued(3, {"state": "deadline", "pending": 3}), ISSUED).verdict is Verdict.PASS


def test_orders_whose_time_is_up_have_failed() -> None:
    tight = dataclasses.replace(ISSUED, good=Selector("issuance", latency_ms_below=1_000))
    assert judged(unissued(30, {"state": "deadline", "pending": 30}), tight).verdict is Verdict.FAIL


@pytest.mark.parametrize("store", ["orders", "tickets"])
def test_issuing_that_could_not_be_read_is_no_data(store: str) -> None:
    run = healthy()
    del run.stores[store]
    result = judged(run, ISSUED)
    assert result.verdict is Verdict.NO_DATA
    assert store in result.reason["en"]


def test_no_orders_is_no_data() -> None:
    run = healthy()
    run.operations, run.stores["orders"] = [], []
    assert judged(run, ISSUED).verdict is Verdict.NO_DATA
