"""What the command line takes: one scenario or several, all of them, another profile."""

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from judged_runs import scenario, write_judged
from tfbench.cli import cli
from tfbench.errors import UsageError
from tfbench.model import FaultSpec, Surge
from tfbench.plan import describe_plan
from tfbench.slo.openslo import load_slo

ROOT = Path(__file__).parents[3]
SCENARIO = """
apiVersion: tfbench/v1
kind: Scenario
metadata: {name: NAME, title: {en: About NAME, es: Sobre NAME}, purpose: {en: why, es: por qué}}
spec:
  system: ticketflow
  profile: default
  seed: 1
  load: {workload: ticketflow, rate_per_s: 50, arrivals: poisson, mix: {purchase: 1.0}}
  phases: {warmup_s: 5, baseline_s: 20, outage_s: 0, recovery_s: 0, drain_deadline_s: 60}
  faults: []
  objectives: {source: ../slo/ticketflow.yaml, required: [app1-reservation-under-300ms]}
  expectations: []
  invariants: {required: [no-seat-sold-twice]}
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two small scenarios, whose tables are parsed once: that takes longer than all else here."""
    root = tmp_path_factory.mktemp("workspace")
    for part in ("compose", "system_under_test", "scenarios"):
        (root / part).mkdir()
    for part in ("slo", "reports"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("out"))
    for name in ("una", "otra"):
        (root / "scenarios" / f"{name}.yaml").write_text(SCENARIO.replace("NAME", name), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tfbench.scenario.load_slo", cache(load_slo))
        yield root


@pytest.fixture(scope="module")
def tfbench(workspace: Path) -> Callable[..., Result]:
    """The command line over that workspace."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--workspace", str(workspace), *arguments])

    return run


def test_a_dry_run_of_several_prints_each_plan(tfbench: Callable[..., Result]) -> None:
    named, everything = tfbench("run", "una", "otra", "--dry-run"), tfbench("run", "--all", "--dry-run")
    assert (named.exit_code, everything.exit_code) == (0, 0)
    assert named.stdout.index("una: About una") < named.stdout.index("otra: About otra")
    assert everything.stdout.index("otra: About otra") < everything.stdout.index("una: About una")


def test_a_profile_overrides_the_scenario_s(tfbench: Callable[..., Result]) -> None:
    assert "profile default" in tfbench("run", "una", "--dry-run").stdout
    assert "profile ha" in tfbench("run", "una", "--dry-run", "--profile", "ha").stdout


@pytest.mark.parametrize("arguments", [["run"], ["run", "--all", "una"], ["run", "una", "--profile", "other"]])
def test_what_is_to_be_run_must_be_said_once(tfbench: Callable[..., Result], arguments: list[str]) -> None:
    assert tfbench(*arguments).exit_code == 2  # click's own; main() ends the process with 254


def test_every_scenario_is_read_before_any_runs(tfbench: Callable[..., Result]) -> None:
    outcome = tfbench("run", "una", "nadie")
    assert isinstance(outcome.exception, UsageError)
    assert 'no scenario "nadie"' in str(outcome.exception)


@pytest.mark.usefixtures("undrawn")
def test_a_report_is_written_anew_as_it_was_judged(tfbench: Callable[..., Result], tmp_path: Path) -> None:
    run = write_judged(tmp_path / "out", "failed", "failed").run_dir
    before = (run / "results.json").read_bytes()
    outcome = tfbench("report", str(run))
    assert outcome.stdout.strip() == str(run / "report.html")
    assert "2 invariants and a recovery time were broken." in (run / "report.html").read_text(encoding="utf-8")
    assert (run / "results.json").read_bytes() == before


def test_a_folder_that_was_never_judged_has_no_report(tfbench: Callable[..., Result], tmp_path: Path) -> None:
    outcome = tfbench("report", str(tmp_path))
    assert isinstance(outcome.exception, UsageError)
    assert "tfbench check" in str(outcome.exception)


def test_a_plan_tells_when_each_fault_holds_with_its_settings_and_the_surge() -> None:
    """The outage begins 40 s into the load, and lasts 40 s."""
    plain = scenario("planned")
    cut = FaultSpec("cut", "partition", "middleware -> rabbitmq", ("link-cut",), 5, 12, {"mode": "reject"})
    slow = FaultSpec("slow", "latency", "app2 -> correo", ("link-slow",), 10, None, {"latency_ms": 250.0})
    load = dataclasses.replace(plain.load, surge=Surge(at_s=20, length_s=30, factor=5, event="EV001"))
    plan = describe_plan(dataclasses.replace(plain, faults=(cut, slow), load=load))
    assert "cut: partition middleware -> rabbitmq, at 45 s for 12 s, then healed" in plan
    assert "with mode reject" in plan
    assert "slow: latency app2 -> correo, at 50 s for 30 s, until the outage phase ends" in plan
    assert "with latency_ms 250" in plan
    assert "surge on EV001: 5 times the rate (50/s), at 60 s for 30 s" in plan
    # 120 s at 10/s, and 40/s more for 30 s
    assert "about 2,400 in all" in plan
