"""A whole run folder judged: what decides, what only shows, and how evidence that is not there never passes."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from in_memory import load_of, results_of
from spoilable_run import BASELINE, HEAL, HEALED, KILL, LOAD_END, RunFolder, healthy, ratio, rto, scenario
from tfbench.checks.validity import late_limit_ms
from tfbench.judge import judge
from tfbench.model import Selector, Slo
from tfbench.results import Results
from tfbench.results_shape import load_sound_results
from tfbench.verdict import Verdict

# For tests of what neither an expectation nor an invariant of the scenario has a say in.
ALONE: dict[str, Any] = {"expectations": (), "invariants": ()}


@pytest.fixture(scope="module")
def kept() -> Results:
    """The healthy run, judged."""
    return results_of(healthy())


def test_a_healthy_run_passes(kept: Results) -> None:
    assert kept.verdict is Verdict.PASS, kept.reason
    assert kept.reason["en"] == "All 22 promises that decide were kept."
    assert (kept.platform, kept.interrupted, kept.load.valid) == ("compose", False, True)
    assert kept.faults[0].verified
    assert kept.faults[0].healed_at == HEALED


def test_judging_again_gives_the_same_answer_and_it_is_plain_json(kept: Results, tmp_path: Path) -> None:
    folder = healthy().write(tmp_path)
    first, second = judge(folder, scenario()), judge(folder, scenario())
    assert first == second == kept
    first.write(folder)
    written = load_sound_results(folder)
    assert written["verdict"] == "PASS"
    json.dumps(written, allow_nan=False)


def test_the_recovery_of_the_target_and_of_its_neighbours_is_measured(kept: Results) -> None:
    app2, app1 = kept.recovery
    assert (app2.id, app2.fault, app2.required, app2.verdict) == ("app2-rto", "kill-app2", True, Verdict.PASS)
    assert app2.rto_s == pytest.approx(HEALED - KILL, abs=1e-6)
    assert app2.lower_s is not None
    assert app2.upper_s is not None
    assert app2.lower_s < HEALED - KILL <= app2.upper_s + 1e-6
    assert (app1.id, app1.required, app1.outage_s) == ("app1-rto", False, 0.0)


def test_the_outage_is_set_against_the_budget(kept: Results) -> None:
    (budget,) = kept.budget
    assert (budget.objective, budget.service) == ("app2-availability", "app2")
    assert budget.outage_s is not None
    assert budget.spent_ratio == pytest.approx(budget.outage_s / 25_920)
    assert budget.failures_per_window == pytest.approx(25_920 / budget.outage_s)


def test_only_availability_has_a_budget_of_time() -> None:
    no_500 = dataclasses.replace(
        ratio("app2-500", 0.999, ("boleta",)), good=Selector("operations", ("boleta",), status_not=(500,))
    )
    tables = (*scenario().slo.objectives, no_500, ratio("app2-fast", 0.99, ("boleta",), 300))
    results = results_of(healthy(), **ALONE, slo=Slo(Path("slo.yaml"), tables))
    assert [item.objective for item in results.budget] == ["app2-availability"]


def test_what_is_not_required_shows_and_does_not_decide(kept: Results) -> None:
    shown = next(item for item in kept.objectives if item.id == "app2-availability")
    assert (shown.required, shown.verdict) == (False, Verdict.FAIL)
    assert kept.verdict is Verdict.PASS


def test_the_same_objective_decides_once_it_is_required() -> None:
    required = (*scenario().required, "app2-availability")
    results = results_of(healthy(), **ALONE, required=required)
    assert results.verdict is Verdict.FAIL
    assert results.reason["en"].startswith("app2-availability: Steady traffic")


def test_a_tighter_limit_flips_the_recovery() -> None:
    tight = tuple(
        rto("app2-rto", 20, ("boleta",)) if item.id == "app2-rto" else item for item in scenario().slo.objectives
    )
    results = results_of(healthy(), **ALONE, slo=Slo(Path("slo.yaml"), tight))
    assert results.verdict is Verdict.FAIL
    assert "app2-rto: Back 22.0 s after the fault" in results.reason["en"]
    assert "app2-rto: Volvió 22,0 s después de la falla" in results.reason["es"]


def test_a_service_that_never_comes_back_is_censored() -> None:
    run = healthy()
    for row in run.ops("boleta"):
        if row["t_intended"] >= KILL:
            row.update(outcome="unknown", status=503)
    results = results_of(run, **ALONE)
    app2 = results.recovery[0]
    assert (app2.rto_s, app2.upper_s, app2.verdict) == (None, None, Verdict.INCONCLUSIVE)
    assert app2.lower_s == pytest.approx(LOAD_END - KILL - 0.5, abs=0.2)
    assert results.budget[0].spent_ratio is None
    assert results.verdict is Verdict.INCONCLUSIVE


def test_refusals_show_neither_up_nor_down() -> None:
    run = healthy()
    for row in run.ops("boleta"):
        if row["t_intended"] >= KILL:
            row.update(outcome="fail", status=404)
    assert results_of(run, **ALONE).recovery[0].verdict is Verdict.NO_DATA


def test_an_invariant_promised_by_the_tables_is_shown_under_its_own_name() -> None:
    run = healthy()
    run.stores["inbox"][7]["modo_entrega"] = 1
    results = results_of(run, **ALONE)
    (promised,) = results.invariants
    assert (promised.id, promised.required, promised.verdict) == ("event-on-disk", True, Verdict.FAIL)
    assert promised.title == {"en": "event", "es": "event"}
    assert results.verdict is Verdict.FAIL


def test_an_expectation_always_decides() -> None:
    run = healthy()
    run.bought_in_outage()[0].update(outcome="unknown")
    results = results_of(run, invariants=())
    assert results.verdict is Verdict.FAIL
    assert results.reason["en"].startswith("purchase-confirmed-during-outage: 75 of 76")


def test_the_first_reasons_are_told_and_the_others_named() -> None:
    run = healthy()
    run.stores["mails"].pop(7)
    run.stores["sales"][3]["asiento_id"] = 4
    run.stores["inbox"][7]["modo_entrega"] = 1
    reason = results_of(run).reason["en"]
    assert reason.count(": ") >= 3
    assert "Also: " in reason
    assert "seats-conserved" in reason


def test_missing_stores_make_no_data_of_a_pass() -> None:
    run = healthy()
    del run.stores["mails"]
    results = results_of(run)
    assert results.verdict is Verdict.NO_DATA
    assert "Could not be read: mails." in results.reason["en"]


def test_a_required_recovery_without_a_fault_is_no_data() -> None:
    run = healthy()
    run.drop_records(kind="fault")
    results = results_of(run, faults=(), **ALONE, required=("app2-rto",))
    assert results.verdict is Verdict.NO_DATA
    assert results.reason["en"].startswith("app2-rto: Required, but nothing")


def test_a_scenario_that_requires_nothing_has_no_verdict() -> None:
    results = results_of(healthy(), **ALONE, required=())
    assert results.verdict is Verdict.NO_DATA
    assert "Nothing in this scenario decides" in results.reason["en"]


def test_an_unverified_fault_makes_the_run_invalid() -> None:
    run = healthy()
    run.fault("verified")["state"] = "unverified"
    results = results_of(run, invariants=())
    assert results.verdict is Verdict.INVALID
    assert not results.faults[0].verified
    assert results.faults[0].evidence
    assert "kill-app2: Nobody but the injector saw the fault" in results.reason["en"]
    assert results.recovery[1].verdict is Verdict.INVALID


def test_a_fault_never_injected_makes_the_run_invalid() -> None:
    run = healthy()
    run.drop_records(kind="fault")
    results = results_of(run, invariants=())
    assert results.verdict is Verdict.INVALID
    assert results.faults[0].injected_at is None
    assert all(item.verdict is Verdict.NO_DATA for item in results.recovery)


def test_a_fault_that_could_not_be_healed_is_residue_and_never_a_pass() -> None:
    run = healthy()
    run.journal.append({"t": LOAD_END, "kind": "fault", "id": "kill-app2", "state": "residue"})
    results = results_of(run, invariants=())
    assert results.faults[0].residue
    assert results.verdict is Verdict.INVALID


def test_a_failure_outranks_an_invalid_load() -> None:
    run = healthy()
    stopped(run)["dropped"] = 1
    run.stores["sales"][3]["asiento_id"] = 4
    assert results_of(run, expectations=()).verdict is Verdict.FAIL


def stopped(run: RunFolder) -> dict[str, Any]:
    return next(row for row in run.journal if row["kind"] == "load" and row["state"] == "stopped")


def test_dropped_arrivals_make_the_run_invalid() -> None:
    run = healthy()
    stopped(run)["dropped"] = 3
    results = results_of(run, **ALONE)
    assert (results.verdict, results.load.valid, results.load.dropped) == (Verdict.INVALID, False, 3)
    assert results.reason["en"].startswith("load: ")


def test_dropped_rows_count_whatever_the_load_says_of_itself() -> None:
    run = healthy()
    run.ops("boleta")[10].update(outcome="unknown", status=0, error="dropped")
    assert load_of(run).dropped == 1


def test_arrivals_that_left_no_record_make_the_run_invalid() -> None:
    run = healthy()
    run.operations = [row for row in run.operations if row["op"] != "boleta" or row["flow"] % 2]
    load = load_of(run)
    assert not load.valid
    assert "only 675 are on disk" in load.reason["en"]


def test_a_load_that_was_never_said_to_end_is_invalid() -> None:
    run = healthy()
    run.drop_records(kind="load", state="stopped")
    assert not load_of(run).valid


def test_a_load_that_died_before_it_could_count_is_invalid() -> None:
    run = healthy()
    stopped(run).update(offered=None, delivered=None, dropped=None)
    load = load_of(run)
    assert (load.valid, load.offered) == (False, 1050)


def test_no_load_at_all_is_invalid() -> None:
    run = healthy()
    run.operations, run.stores = [], {}
    results = results_of(run)
    assert not results.load.valid
    assert results.load.start_delay_p99_ms is None
    assert results.verdict is Verdict.INVALID


@pytest.mark.parametrize(("delay_s", "valid"), [(0.029, True), (0.031, False)])
def test_arrivals_may_start_a_tenth_of_the_tightest_latency_late(delay_s: float, valid: bool) -> None:
    run = healthy()
    for row in run.operations:
        row["t_start"] = row["t_intended"] + delay_s
    load = load_of(run)
    assert load.start_delay_p99_ms == pytest.approx(delay_s * 1000, abs=0.01)
    assert load.start_delay_p99_lower_ms == pytest.approx(delay_s * 1000, abs=0.01)
    assert load.valid is valid


def test_only_first_operations_after_warm_up_can_start_late() -> None:
    run = healthy()
    for row in run.operations:
        if not row["first"] or row["t_intended"] < BASELINE:
            row["t_start"] = row["t_intended"] + 5
    assert load_of(run).valid


def test_the_tightest_latency_is_a_required_one() -> None:
    fast = rto("app1-fast-rto", 60, ("hold",))
    tables = scenario().slo.objectives
    loose = Slo(Path("slo.yaml"), (*tables, dataclasses.replace(fast, latency_ms_below=20)))
    assert late_limit_ms(scenario(slo=loose)) == 30
    assert late_limit_ms(scenario(slo=loose, required=("app1-fast-rto",))) == 2
    assert late_limit_ms(scenario(slo=loose, required=())) == 2
    assert late_limit_ms(scenario(slo=Slo(Path("slo.yaml"), ()))) is None


def test_an_interrupted_run_never_passes() -> None:
    run = healthy()
    run.journal.append({"t": HEAL, "kind": "interrupted"})
    results = results_of(run, invariants=())
    assert results.interrupted
    assert results.verdict is Verdict.INCONCLUSIVE
    assert results.reason["en"].startswith("run: The run was cut short")


def test_an_interrupted_run_still_fails_on_what_it_shows() -> None:
    run = healthy()
    run.journal.append({"t": HEAL, "kind": "interrupted"})
    run.stores["sales"][3]["asiento_id"] = 4
    assert results_of(run, expectations=()).verdict is Verdict.FAIL


def test_a_run_killed_in_the_middle_of_everything_is_judged_by_what_is_there(tmp_path: Path) -> None:
    run = healthy()
    run.journal = [row for row in run.journal if row["t"] < HEAL]
    run.operations = [row for row in run.operations if row["t_end"] < HEAL]
    run.stores, run.meta = {}, {}
    folder = run.write(tmp_path, segments=True)
    with (folder / "journal.jsonl").open("a") as journal:
        journal.write('{"t": 18000')
    with (folder / "operations" / "2.ndjson").open("a") as segment:
        segment.write('{"op": "bo')
    results = judge(folder, scenario())
    assert results.interrupted
    assert results.verdict is Verdict.INVALID  # the load never said that it ended
    assert all(item.verdict is not Verdict.PASS for item in results.recovery if item.required)
    assert results.expectations[0].verdict is Verdict.PASS
