"""What each required objective will have as evidence, and what it lacks."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from tfbench.model import LoadSpec, Objective, RecoveryObjective, Scenario, Spike
from tfbench.plan_evidence import (
    Evidence,
    expected_arrivals,
    operations_per_s,
    planned_s,
    required_evidence,
    runs_for_share,
    sure_seconds,
)
from tfbench.scenario import load_scenario
from tfbench.slo.stats import lower_bound, minimum_requests
from tfbench.verdict import Verdict

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """50 arrivals a second, 20 s of baseline: 25 holds and purchases a second, 4 boletas."""
    return load_scenario(ROOT / "scenarios" / "caida-app2.yaml")


def requiring(scenario: Scenario, *names: str, rate: float | None = None) -> Scenario:
    load = scenario.load if rate is None else dataclasses.replace(scenario.load, rate_per_s=rate)
    return dataclasses.replace(scenario, load=load, required=names)


def only(scenario: Scenario, name: str, rate: float | None = None) -> Evidence:
    [evidence] = required_evidence(requiring(scenario, name, rate=rate))
    return evidence


def test_enough_operations_can_pass_and_say_how_many_may_be_bad(scenario: Scenario) -> None:
    evidence = only(scenario, "app1-reservation-under-300ms")
    assert (evidence.best, evidence.steady, evidence.needed, evidence.tolerated) == (Verdict.PASS, 500, 299, 1)
    assert evidence.baseline_s == 12  # 299 at 25/s take 11.96 s


def test_too_few_cannot_pass_and_the_baseline_that_would_do_does(scenario: Scenario) -> None:
    few = requiring(scenario, "app1-reservation-http-500")
    [evidence] = required_evidence(few)
    assert (evidence.best, evidence.tolerated, evidence.baseline_s) == (Verdict.INCONCLUSIVE, None, 1199)
    for baseline_s, best in ((1199.0, Verdict.PASS), (1198.0, Verdict.INCONCLUSIVE)):
        longer = dataclasses.replace(few, phases=dataclasses.replace(few.phases, baseline_s=baseline_s))
        assert required_evidence(longer)[0].best is best


@pytest.mark.parametrize(
    ("why", "name", "rate"),
    [
        ("one recovery in time is the promise kept, this once", "app2-rto", 4),
        ("issued orders are counted, nothing is inferred", "app2-pdf-under-5min", 10),
        ("an invariant holds or not", "order-event-on-disk", None),
    ],
)
def test_what_needs_no_number_of_operations(scenario: Scenario, why: str, name: str, rate: float | None) -> None:
    evidence = only(scenario, name)
    assert (evidence.best, evidence.rate_per_s, evidence.needed) == (Verdict.PASS, rate, None), why


def test_what_no_arrival_surely_makes_ends_without_data(scenario: Scenario) -> None:
    [rto] = [o for o in scenario.slo.objectives if o.id == "app2-rto" and isinstance(o, RecoveryObjective)]
    on_pdf = dataclasses.replace(scenario.slo, objectives=(dataclasses.replace(rto, operations=("ticket_pdf",)),))
    evidence = only(dataclasses.replace(scenario, slo=on_pdf), "app2-rto")
    assert (evidence.best, evidence.rate_per_s) == (Verdict.NO_DATA, 0)


def test_evidence_comes_in_the_scenario_s_order_one_an_objective(scenario: Scenario) -> None:
    assert [evidence.objective.id for evidence in required_evidence(scenario)] == list(scenario.required)


def test_every_shipped_scenario_can_pass_as_it_is() -> None:
    for file in sorted((ROOT / "scenarios").glob("*.yaml")):
        unproved = [e.objective.id for e in required_evidence(load_scenario(file)) if e.best is not Verdict.PASS]
        assert unproved == [], file.stem


def test_59_runs_prove_95_percent(scenario: Scenario) -> None:
    assert runs_for_share() == 59
    assert lower_bound(59, 0) >= 0.95 > lower_bound(58, 0)


def test_a_run_takes_its_load_and_about_a_minute(scenario: Scenario) -> None:
    assert planned_s(scenario) == 15 + 20 + 40 + 45 + 60


def holds_and_purchases(load: LoadSpec, seconds: float, seed: int) -> int:
    """How many one simulated run makes: who holds makes one, who buys makes both."""
    rng = np.random.default_rng(seed)
    holds, purchases = (rng.poisson(load.rate_per_s * load.mix[kind] * seconds) for kind in ("hold", "purchase"))
    return int(holds + 2 * purchases)


def test_sure_seconds_bring_enough_in_19_runs_of_20_and_the_mean_in_about_half(scenario: Scenario) -> None:
    operations, needed = ("hold", "purchase"), minimum_requests(0.99)

    def share_with_enough(seconds: float) -> float:
        made = [holds_and_purchases(scenario.load, seconds, seed) for seed in range(2000)]
        return float(np.mean([count >= needed for count in made]))

    assert share_with_enough(sure_seconds(scenario.load, operations, needed)) == pytest.approx(0.95, abs=0.02)
    assert share_with_enough(needed / operations_per_s(scenario, operations)) == pytest.approx(0.5, abs=0.05)


def test_evidence_scales_with_the_rate(scenario: Scenario) -> None:
    objective = only(scenario, "app1-reservation-under-300ms", rate=5).objective
    assert isinstance(objective, Objective)
    assert only(scenario, objective.id, rate=5).baseline_s == 120  # 2.5 a second


def shaped(scenario: Scenario, **load: object) -> Scenario:
    return dataclasses.replace(scenario, load=dataclasses.replace(scenario.load, **load))  # type: ignore[arg-type]


def test_arrivals_of_a_ramp_are_the_area_under_it(scenario: Scenario) -> None:
    ramp = shaped(scenario, arrivals="ramp", ramp_s=20.0)
    assert expected_arrivals(ramp, 0, 20) == pytest.approx(500)
    assert expected_arrivals(ramp, 10, 20) == pytest.approx(375)
    assert expected_arrivals(ramp, 0, 111) == pytest.approx(50 * (111 - 10))
    assert expected_arrivals(scenario, 0, 111) == pytest.approx(50 * 111)


def test_arrivals_of_a_spike_come_on_top_in_its_seconds_alone(scenario: Scenario) -> None:
    """The outage begins at 35 s."""
    spike = shaped(scenario, arrivals="spike", spike=Spike(at_s=4, length_s=5, factor=10))
    assert expected_arrivals(spike, 0, 39) == pytest.approx(50 * 39)
    assert expected_arrivals(spike, 39, 44) == pytest.approx(500 * 5)
    assert expected_arrivals(spike, 0, 120) == pytest.approx(50 * (120 + 45))


def test_a_baseline_under_a_ramp_has_less_evidence_and_the_one_that_would_do_is_longer(scenario: Scenario) -> None:
    """Holds and purchases come at 25/s, 299 are needed; the ramp goes on for 35 s, the warm-up lasts 15."""
    ramp = shaped(requiring(scenario, "app1-reservation-under-300ms"), arrivals="ramp", ramp_s=35.0)
    [evidence] = required_evidence(ramp)
    assert evidence.steady == round(25 * (35**2 - 15**2) / 70)
    assert evidence.baseline_s == math.ceil(math.sqrt(70 * (299 / 25 + 225 / 70)) - 15) == 18
    assert (evidence.best, evidence.tolerated) == (Verdict.PASS, 0)
    shorter = dataclasses.replace(ramp, phases=dataclasses.replace(ramp.phases, baseline_s=17.0))
    assert required_evidence(shorter)[0].best is Verdict.INCONCLUSIVE
