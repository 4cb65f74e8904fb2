"""The selftest's table: a row holds only when the instrument was right, and says so when it was not."""

from typing import Any

import pytest
from tfbench.model import FaultSpec
from tfbench.results import ObjectiveResult, RecoveryResult
from tfbench.selftest import failures, outages
from tfbench.selftest.failures import FULL, QUICK, Dose, Trial, trials, verdict_row
from tfbench.selftest.outages import Outage, error_row, errors_s
from tfbench.selftest.outages import verdict_row as recovery_row
from tfbench.selftest.pairs import differing
from tfbench.selftest.table import Row, show
from tfbench.verdict import Verdict

PASS, FAIL, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
TEXT = {"en": "x", "es": "x"}


def outage(name: str, true_s: float) -> Outage:
    return Outage(FaultSpec(name, "freeze", "selftest", ()), true_s)


def recovery(name: str, rto_s: float | None, verdict: Verdict = PASS) -> RecoveryResult:
    return RecoveryResult(
        "back", TEXT, "selftest", name, True, verdict, TEXT, 1.0, rto_s, rto_s, rto_s, 0.0, rto_s
    )  # fmt: skip


def objective(verdict: Verdict, lower: float | None, upper: float | None) -> ObjectiveResult:
    return ObjectiveResult("x", TEXT, "selftest", True, verdict, TEXT, 0.95, 0.95, 100, 5, lower, upper)


def test_errors_are_distances_and_a_time_not_measured_is_infinitely_wrong() -> None:
    known = [outage("a", 0.5), outage("b", 0.6), outage("c", 0.7), outage("d", 0.8)]
    said = [recovery("b", 0.61), recovery("a", 0.46), recovery("c", None)]
    assert errors_s(known, said) == pytest.approx([0.04, 0.01, float("inf"), float("inf")])


@pytest.mark.parametrize(("wrong", "holds"), [(2, True), (3, False)])
def test_one_error_in_twenty_may_be_large(wrong: int, holds: bool) -> None:
    known = [outage(str(number), 0.5) for number in range(50)]
    said = [recovery(str(number), 0.9 if number < wrong else 0.51) for number in range(50)]
    assert error_row(known, said).holds is holds


def test_no_outage_is_no_evidence() -> None:
    assert not error_row([], []).holds
    assert not recovery_row([], []).holds


def test_recovery_verdicts_must_be_right_on_both_sides_of_the_limit() -> None:
    known = [outage("short", 0.5), outage("long", 1.5)]
    right = [recovery("short", 0.5, PASS), recovery("long", 1.5, FAIL)]
    assert recovery_row(known, right).holds
    assert not recovery_row(known, [right[0], recovery("long", 1.5, PASS)]).holds


def test_lengths_of_outages_keep_away_from_the_limit() -> None:
    for low, high in outages.LENGTHS_S:
        assert low > outages.LIMIT_S + outages.ERROR_LIMIT_S or high < outages.LIMIT_S - outages.ERROR_LIMIT_S
        assert low > 2 * outages.LATENCY_MS / 1000, "an outage must be longer than a slow answer"


@pytest.mark.parametrize("doses", [FULL, QUICK])
def test_every_trial_has_its_own_kind_and_one_right_verdict(doses: tuple[Dose, ...]) -> None:
    wanted = trials(doses)
    assert len({trial.kind for trial in wanted}) == len(wanted) == sum(2 * dose.pairs for dose in doses)
    for dose in doses:
        rights = [trial.right for trial in wanted if trial.target == dose.target]
        assert rights.count(PASS) == rights.count(FAIL) == dose.pairs


GROUP = [Trial(f"probe-{number:02}", 0.95, 200, 0.01 if number < 10 else 0.15) for number in range(20)]
RIGHT = [PASS] * 10 + [FAIL] * 10


@pytest.mark.parametrize(
    ("said", "measured", "holds"),
    [
        (RIGHT, "20 right, 0 undecided, 0 false", True),
        ([FAIL, *RIGHT[1:]], "19 right, 0 undecided, 1 false", True),
        ([*RIGHT[:-2], PASS, PASS], "18 right, 0 undecided, 2 false", False),
        ([*[INCONCLUSIVE] * 5, *RIGHT[5:]], "15 right, 5 undecided, 0 false", False),
        ([Verdict.NO_DATA] * 20, "0 right, 20 undecided, 0 false", False),
    ],
)
def test_verdicts_are_right_undecided_or_false(said: list[Verdict], measured: str, holds: bool) -> None:
    row = verdict_row(0.95, GROUP, said)
    assert (row.measured, row.holds) == (measured, holds)
    assert failures.FALSE_LIMIT == 0.05


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ((PASS, 0.96, 0.98), (PASS, 0.97, 0.99), 0),
        ((PASS, 0.96, 0.97), (PASS, 0.98, 0.99), 1),
        ((PASS, 0.98, 0.99), (PASS, 0.96, 0.97), 1),
        ((PASS, 0.96, 0.98), (FAIL, 0.97, 0.99), 1),
        ((PASS, None, None), (PASS, None, None), 0),
    ],
)
def test_runs_differ_by_verdict_or_by_intervals_that_do_not_touch(one: Any, other: Any, count: int) -> None:
    assert differing([objective(*one)], [objective(*other)]) == count


def test_table_says_what_does_not_hold(capsys: pytest.CaptureFixture[str]) -> None:
    show([Row("this", "a", "b", "c", True), Row("that", "a", "b", "c", False)])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert any("this" in line and "holds" in line for line in lines)
    assert any("that" in line and "NOT" in line for line in lines)
