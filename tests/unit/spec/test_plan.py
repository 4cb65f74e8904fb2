"""A plan says what will happen, and whether the evidence can prove what is required."""

import dataclasses
import math
import subprocess
import sys
from pathlib import Path

import pytest
from tfbench.model import RecoveryObjective, Scenario, Spike
from tfbench.plan import describe_plan, operations_per_s, tolerated_bad
from tfbench.scenario import load_scenario
from tfbench.slo.stats import minimum_requests

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario(ROOT / "scenarios" / "caida-app2.yaml")


def test_the_plan_names_everything_the_scenario_asks_for(scenario: Scenario) -> None:
    plan = describe_plan(scenario)
    asked = (*scenario.required, *scenario.expectations, *scenario.invariants, *scenario.load.mix)
    for name in (scenario.name, scenario.title.en, "kill-app2", "containers-exited", "queue-growing", *asked):
        assert name in plan


def test_phases_follow_one_another(scenario: Scenario) -> None:
    lines = describe_plan(scenario).splitlines()
    times = [
        line.split()[:4] for line in lines if line.lstrip().startswith(("warmup", "baseline", "outage", "recovery"))
    ]
    assert times == [
        ["warmup", "0", "-", "15"],
        ["baseline", "15", "-", "35"],
        ["outage", "35", "-", "75"],
        ["recovery", "75", "-", "120"],
    ]


@pytest.mark.parametrize(
    ("why", "operations", "rate"),
    [
        ("one arrival, one operation", ("catalogue",), 15),
        ("holds and purchases both hold; purchases also buy", ("hold", "purchase"), 25),
        ("maps are looked at before each hold, too", ("seat_map",), 25),
        ("not every hold is released, so none is counted on", ("release",), 0),
    ],
)
def test_expected_operations(scenario: Scenario, why: str, operations: tuple[str, ...], rate: float) -> None:
    assert operations_per_s(scenario, operations) == pytest.approx(rate)


@pytest.mark.parametrize("target", [0.95, 0.99, 0.999])
def test_zero_failures_need_the_closed_form(target: float) -> None:
    needed = math.ceil(math.log(0.05) / math.log(target))
    assert minimum_requests(target) == needed
    assert tolerated_bad(needed - 1, target) is None
    assert tolerated_bad(needed, target) == 0


@pytest.mark.parametrize("n", [299, 472, 473, 500, 5000])
def test_tolerated_bad_is_the_most_that_still_proves_the_target(n: int) -> None:
    bad = tolerated_bad(n, 0.99)
    assert bad is not None
    assert minimum_requests(0.99, bad) <= n < minimum_requests(0.99, bad + 1)


def test_enough_evidence_is_told_with_what_it_tolerates(scenario: Scenario) -> None:
    plan = describe_plan(scenario)
    assert "steady: about 500 operations; 99% needs 299 without a bad one" in plan
    assert "enough: proves it with up to 1 bad" in plan


def test_too_little_evidence_is_told_with_the_baseline_that_would_do(scenario: Scenario) -> None:
    slow = dataclasses.replace(scenario, load=dataclasses.replace(scenario.load, rate_per_s=10))
    # 5 holds and purchases a second for 20 s are 100; 299 take 60 s.
    assert "TOO FEW: at best INCONCLUSIVE; a baseline of 60 s would do" in describe_plan(slow)


def test_what_no_arrival_surely_makes_is_told(scenario: Scenario) -> None:
    (rto,) = (o for o in scenario.slo.objectives if o.id == "app2-rto" and isinstance(o, RecoveryObjective))
    on_pdf = dataclasses.replace(rto, operations=("ticket_pdf",))
    slo = dataclasses.replace(scenario.slo, objectives=(on_pdf,))
    plan = describe_plan(dataclasses.replace(scenario, slo=slo, required=("app2-rto",)))
    assert "no arrival surely makes what it counts" in plan


def test_changes_of_the_rate_are_told_and_counted(scenario: Scenario) -> None:
    """120 s at 50/s, of which the outage begins at 35 s."""
    ramp = dataclasses.replace(scenario.load, arrivals="ramp", ramp_s=20.0)
    spike = dataclasses.replace(scenario.load, arrivals="spike", spike=Spike(at_s=4, length_s=5, factor=10))
    told = describe_plan(dataclasses.replace(scenario, load=ramp))
    assert "ramp arrivals at 50/s; about 5,500 in all" in told
    assert "ramp: from none to 50/s within the first 20 s" in told
    told = describe_plan(dataclasses.replace(scenario, load=spike))
    assert "spike arrivals at 50/s; about 8,250 in all" in told
    assert "spike: 10 times the rate (500/s), at 39 s for 5 s" in told


def test_planning_needs_no_docker() -> None:
    code = "import sys, tfbench.plan, tfbench.scenario; print('docker' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT / "harness", check=True)
    assert ran.stdout.strip() == "False"
