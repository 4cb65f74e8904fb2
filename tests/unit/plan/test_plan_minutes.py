"""`tfbench plan`: what can be proved in the time there is; a refusal says what would do."""

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tfbench.cli_plan import plan
from tfbench.model import Scenario
from tfbench.plan_minutes import refusal, refusal_lines
from tfbench.scenario import load_scenario
from tfbench.workspace import find_workspace

ROOT = Path(__file__).parents[3]
FEW = "app1-reservation-http-500"


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """About 171 s a run: 6 + 20 + 40 + 45 of load, and a minute around it."""
    return load_scenario(ROOT / "scenarios" / "caida-app2.yaml")


@pytest.fixture
def tfbench_plan(tmp_path: Path) -> Callable[..., Result]:
    """The command over a copy of the shipped scenarios, where `lenta` asks for more than its baseline can show."""
    for part in ("scenarios", "slo"):
        shutil.copytree(ROOT / part, tmp_path / part)
    for part in ("compose", "system_under_test"):
        (tmp_path / part).mkdir()
    shipped = (tmp_path / "scenarios" / "caida-app2.yaml").read_text(encoding="utf-8")
    slow = shipped.replace("name: caida-app2", "name: lenta").replace("- app2-rto\n", f"- app2-rto\n      - {FEW}\n")
    (tmp_path / "scenarios" / "lenta.yaml").write_text(slow, encoding="utf-8")
    workspace = find_workspace(tmp_path, tmp_path)
    return lambda *arguments: CliRunner().invoke(plan, list(arguments), obj=lambda: workspace)


def with_phase(scenario: Scenario, **lengths: float) -> Scenario:
    return dataclasses.replace(scenario, phases=dataclasses.replace(scenario.phases, **lengths))


@pytest.mark.parametrize(("minutes", "is_refused"), [(2.99, True), (3, False), (60, False)])
def test_a_scenario_that_proves_everything_needs_only_its_own_time(
    scenario: Scenario, minutes: float, is_refused: bool
) -> None:
    assert (refusal(scenario, minutes) is not None) is is_refused


def test_what_has_too_little_evidence_is_refused_however_long_there_is(scenario: Scenario) -> None:
    refused = refusal(dataclasses.replace(scenario, required=(FEW,)), 1000)
    assert refused is not None
    assert [one.objective.id for one in refused.unproved] == [FEW]
    assert refused.remedy is not None
    assert refused.remedy.baseline_s == 1199


def test_the_remedy_is_accepted_and_no_shorter_baseline_is(scenario: Scenario) -> None:
    asking = dataclasses.replace(scenario, required=(*scenario.required, FEW))
    refused = refusal(asking, 1000)
    assert refused is not None
    assert refused.remedy is not None
    remedied = with_phase(asking, baseline_s=refused.remedy.baseline_s)
    assert refusal(remedied, refused.remedy.run_s / 60) is None
    assert refusal(remedied, refused.remedy.run_s / 60 - 0.01) is not None
    assert refusal(with_phase(asking, baseline_s=refused.remedy.baseline_s - 1), 1000) is not None


def test_a_rate_that_does_it_in_the_minutes_given_does(scenario: Scenario) -> None:
    asking = dataclasses.replace(scenario, required=(FEW,))
    refused = refusal(asking, 5)
    assert refused is not None
    assert refused.remedy is not None
    rate = refused.remedy.rate_per_s
    assert rate is not None
    left_s = 5 * 60 - (15 + 40 + 45 + 60)
    faster = dataclasses.replace(asking, load=dataclasses.replace(asking.load, rate_per_s=rate))
    assert refusal(with_phase(faster, baseline_s=left_s), 5) is None
    assert f"or, in 5 minutes, rate_per_s: {rate}" in "\n".join(refusal_lines(refused))


def test_where_there_is_no_time_for_a_baseline_no_rate_would_do(scenario: Scenario) -> None:
    refused = refusal(scenario, 2.7)  # 162 s, and 160 without a baseline
    assert refused is not None
    assert refused.remedy is not None
    assert refused.remedy.rate_per_s is None


def test_a_long_scenario_may_be_shortened_to_what_it_needs(scenario: Scenario) -> None:
    refused = refusal(with_phase(scenario, baseline_s=600), 3)
    assert refused is not None
    assert refused.unproved == ()
    assert refused.remedy is not None
    assert (refused.remedy.baseline_s, refused.remedy.sure_baseline_s) == (12, 14)
    text = "\n".join(refusal_lines(refused))
    assert "takes about 12.7 minutes" in text
    assert "baseline_s: 12 (14 in 19 runs of 20), which takes at least 2.9 minutes" in text
    assert "rate_per_s" not in text


def test_no_length_gives_data_that_no_arrival_makes(scenario: Scenario) -> None:
    load = dataclasses.replace(scenario.load, mix={"catalogue": 1.0})
    refused = refusal(dataclasses.replace(scenario, load=load, required=(FEW,)), 1000)
    assert refused is not None
    assert refused.remedy is None
    assert "no length would do" in "\n".join(refusal_lines(refused))


def test_the_plan_tells_operations_rate_minutes_and_repetitions(tfbench_plan: Callable[..., Result]) -> None:
    told = tfbench_plan("caida-app2")
    assert told.exit_code == 0
    assert "99% needs 299 without a bad one, so 12 s at 25/s" in told.stdout
    assert "Time: about 3.0 minutes a run" in told.stdout
    assert "--repeat 59, about 177.0 minutes" in told.stdout
    assert told.stdout.count("at best PASS") == 5


def test_a_plan_without_a_recovery_time_speaks_of_no_repetition(tfbench_plan: Callable[..., Result]) -> None:
    assert "--repeat" not in tfbench_plan("sin-falla").stdout


def test_minutes_that_do_say_how_many_runs_they_hold(tfbench_plan: Callable[..., Result]) -> None:
    told = tfbench_plan("caida-app2", "--minutes", "30")
    assert told.exit_code == 0
    assert "In 30 minutes: 10 runs; if all pass, at least 74.1% of such runs do" in told.stdout


def test_what_cannot_be_proved_is_refused_with_exit_2_and_what_would_do(tfbench_plan: Callable[..., Result]) -> None:
    refused = tfbench_plan("lenta", "--minutes", "10")
    assert refused.exit_code == 2
    for words in (f"{FEW}: at best INCONCLUSIVE", "baseline_s: 1199", "Refused: 10 minutes", "at least 22.7 minutes"):
        assert words in refused.stdout
    assert tfbench_plan("lenta").exit_code == 0  # without a limit it only tells
