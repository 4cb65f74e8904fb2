"""The tables held against themselves: outages against budgets and limits, targets against a day's evidence."""

import dataclasses
from pathlib import Path

import pytest
from click.testing import CliRunner
from spoilable_run import ISSUED, ratio, rto
from tfbench.cli_slo import slo
from tfbench.model import AnyObjective, Selector, Slo
from tfbench.slo.lint import Finding, lint
from tfbench.slo.objective import Method, SlicedObjective

TABLES = Path(__file__).parents[3] / "slo" / "ticketflow.yaml"
AVAILABLE = ratio("app1-up", 0.999, ("hold",))
APP1_RTO = rto("app1-rto", 60, ("hold",))
PDF = dataclasses.replace(ISSUED, good=Selector("issuance", latency_ms_below=300_000))


def found(*objectives: AnyObjective, failures: float = 4, rate: float = 1) -> list[Finding]:
    return lint(Slo(Path("x.yaml"), objectives), failures, rate)


def by_slices(target: float, slice_s: float, slice_target: float) -> SlicedObjective:
    values = [getattr(AVAILABLE, field.name) for field in dataclasses.fields(AVAILABLE)]
    made = SlicedObjective(*values, Method.TIMESLICES, slice_s, slice_target)
    return dataclasses.replace(made, target=target)


@pytest.mark.parametrize(("failures", "is_contradiction"), [(43, False), (44, True)])
def test_43_failovers_of_a_minute_exhaust_three_nines_in_30_days(failures: float, is_contradiction: bool) -> None:
    (finding,) = found(AVAILABLE, APP1_RTO, failures=failures)
    assert finding.is_contradiction is is_contradiction
    assert "43.2 such failures" in finding.text["en"]
    assert "43,2 fallas" in finding.text["es"]
    assert "2,592 s" in finding.text["en"]


@pytest.mark.parametrize(("failures", "is_contradiction"), [(39, False), (40, True)])
def test_an_hour_down_makes_55_minutes_of_pdfs_late(failures: float, is_contradiction: bool) -> None:
    (finding,) = found(PDF, rto("app2-rto", 3600, ("boleta",)), failures=failures)
    assert finding.is_contradiction is is_contradiction
    assert "first 3,300 s later than 300 s" in finding.text["en"]
    assert "39.3 such failures" in finding.text["en"]
    assert "18.3 h" in finding.text["en"]


def test_an_outage_shorter_than_the_limit_delays_nothing_beyond_it() -> None:
    assert found(PDF, rto("app2-rto", 300, ("boleta",))) == []


def test_objectives_of_other_services_are_not_held_against_it() -> None:
    assert found(AVAILABLE, rto("app2-rto", 3600, ("boleta",))) == []


def test_timeslices_are_charged_whole_slices_or_nothing() -> None:
    (whole,) = found(by_slices(0.9, 600, 0.99), APP1_RTO)
    assert "216.0 such failures" in whole.text["en"]  # 0.1 x 30 d / 2 slices of 600 s
    (nothing,) = found(by_slices(0.9, 600, 0.8), APP1_RTO)
    assert "spoils no slice of 600 s" in nothing.text["en"]


@pytest.mark.parametrize(
    ("objective", "rate", "provable"),
    [
        (ratio("app1-up", 0.9999, ("hold",)), 0.34, False),  # 29,376 of the 29,956 requests it takes
        (ratio("app1-up", 0.9999, ("hold",)), 0.35, True),
        (by_slices(0.999, 60, 0.9), 1000, False),  # 1,440 of 2,995 slices, whatever the traffic
        (by_slices(0.99, 60, 0.9), 0.1, True),
        (dataclasses.replace(PDF, target=0.9999), 0.001, True),  # every order is counted
    ],
)
def test_a_target_must_be_provable_in_a_day(objective: AnyObjective, rate: float, provable: bool) -> None:
    findings = found(objective, rate=rate)
    assert bool(findings) is not provable
    assert all(finding.is_contradiction for finding in findings)


def test_contradictions_fail_only_when_asked_to() -> None:
    runner = CliRunner()
    lax = runner.invoke(slo, ["lint", str(TABLES), "--failures", "50"])
    strict = runner.invoke(slo, ["lint", str(TABLES), "--failures", "50", "--strict", "--lang", "es"])
    assert (lax.exit_code, strict.exit_code) == (0, 1)
    assert "CONTRADICTION  app1-availability: 50 outages" in lax.stdout
    assert "50 caídas" in strict.stdout


def test_the_shipped_tables_do_not_contradict_themselves() -> None:
    result = CliRunner().invoke(slo, ["lint", str(TABLES), "--strict"])
    assert result.exit_code == 0
    assert "app2-rto" in result.stdout
