"""Several runs of one scenario: what they say together, and what they do not."""

import json
import math
from typing import Any

import pytest
from run_lines import budget, recovery, run
from tfbench.report.repeat_evidence import flake_rate, merged_verdict, repeat_evidence
from tfbench.verdict import Verdict


@pytest.mark.parametrize(
    ("why", "verdicts", "missing", "merged"),
    [
        ("all passed", ["PASS"] * 3, 0, "PASS"),
        ("any FAIL is FAIL", ["PASS", "FAIL", "PASS"], 0, "FAIL"),
        ("also of a repetition cut short", ["FAIL"], 5, "FAIL"),
        ("INVALID runs do not count", ["PASS", "INVALID", "PASS"], 0, "PASS"),
        ("but when none counts nothing is proved", ["INVALID", "INVALID"], 0, "INVALID"),
        ("an INVALID run hides no failure", ["INVALID", "FAIL"], 0, "FAIL"),
        ("too little evidence in one is too little in all", ["PASS", "INCONCLUSIVE"], 0, "INCONCLUSIVE"),
        ("a run that broke is no pass", ["PASS", "NO_DATA"], 0, "NO_DATA"),
        ("runs that were not made are no passes", ["PASS", "PASS"], 1, "INCONCLUSIVE"),
        ("nothing ran", [], 3, "INCONCLUSIVE"),
    ],
)
def test_one_verdict_of_all(why: str, verdicts: list[str], missing: int, merged: str) -> None:
    assert merged_verdict([run(verdict) for verdict in verdicts], missing) == merged, why


def test_59_passes_of_59_prove_95_percent_and_58_do_not() -> None:
    assert repeat_evidence([run()] * 59, 59)["proved"] >= 0.95
    assert repeat_evidence([run()] * 58, 58)["proved"] < 0.95
    assert repeat_evidence([run()] * 10, 10)["proved"] == pytest.approx(0.05**0.1)


def test_invalid_runs_are_told_and_prove_nothing() -> None:
    evidence = repeat_evidence([run(), run("INVALID"), run()], 3)
    assert (evidence["counted"], evidence["passed"], evidence["invalid"]) == (2, 2, 1)
    assert evidence["proved"] == pytest.approx(0.05**0.5)
    assert evidence["reason"]["en"].endswith("1 more were INVALID and do not count.")
    assert "1 más fueron INVÁLIDAS" in evidence["reason"]["es"]


@pytest.mark.parametrize(
    ("verdicts", "asked", "words"),
    [
        (["PASS"] * 5, 5, "All 5 runs that count passed: with 95% confidence, at least 54.9280% of such runs do."),
        (["PASS", "FAIL"], 2, "1 of 2 runs that count did not pass, and at least one broke a promise."),
        (["PASS", "NO_DATA"], 2, "No run broke a promise, but only 1 of 2 runs passed."),
        (["INVALID"], 1, "None of the 1 runs was what was asked"),
        (["PASS"], 3, "only 1 of 3 runs passed. 2 were not made."),
    ],
)
def test_the_verdict_says_why(verdicts: list[str], asked: int, words: str) -> None:
    reason = repeat_evidence([run(verdict) for verdict in verdicts], asked)["reason"]
    assert words.replace("54.9280%", "54.928%") in reason["en"]


@pytest.mark.parametrize(
    ("why", "verdicts", "common", "differing"),
    [
        ("all alike", "PPPP", "PASS", 0),
        ("one differs", "PPPF", "PASS", 1),
        ("the most common one may be a failure", "FFFP", "FAIL", 1),
        ("of two equally common ones the worse", "PPFF", "FAIL", 2),
        ("three kinds", "PPFI", "PASS", 2),
    ],
)
def test_the_flake_rate_counts_what_differs_from_the_most_common(
    why: str, verdicts: str, common: str, differing: int
) -> None:
    words = {"P": Verdict.PASS, "F": Verdict.FAIL, "I": Verdict.INCONCLUSIVE}
    flake = flake_rate([words[letter] for letter in verdicts])
    assert (flake["common"], flake["differing"], flake["n"]) == (common, differing, 4), why
    assert flake["lower"] <= flake["ratio"] <= flake["upper"]


def test_no_flake_in_20_runs_leaves_room_for_14_percent() -> None:
    flake = flake_rate([Verdict.PASS] * 20)
    assert (flake["lower"], flake["upper"]) == (0.0, pytest.approx(1 - 0.05 ** (1 / 20)))
    assert flake_rate([])["ratio"] is None


def one(runs: list[dict[str, Any]]) -> dict[str, Any]:
    [row] = repeat_evidence(runs, len(runs))["recovery"]
    assert isinstance(row, dict)
    return row


def test_59_recoveries_in_time_bound_95_percent_of_failures_by_their_longest() -> None:
    row = one([run("PASS", recovery(float(second))) for second in range(1, 60)])
    assert (row["n"], row["passed"], row["more"]) == (59, 59, 0)
    assert (row["bound_s"], row["bound_share"]) == (59.0, 0.95)
    assert row["proved"] == pytest.approx(0.05 ** (1 / 59))
    assert (row["median_s"], row["median_lower_s"], row["median_upper_s"]) == (30.0, 22.0, 38.0)


def test_fewer_say_what_share_their_longest_bounds_and_how_many_more_it_takes() -> None:
    row = one([run("PASS", recovery(float(second))) for second in range(1, 11)])
    assert (row["bound_s"], row["bound_share"]) == (10.0, pytest.approx(0.05**0.1))
    assert row["more"] == 49


def test_a_run_that_did_not_recover_is_infinitely_long() -> None:
    row = one([*(run("PASS", recovery(5.0)) for _ in range(9)), run("FAIL", recovery(None, "FAIL"))])
    assert (row["n"], row["passed"], row["verdict"]) == (10, 9, "FAIL")
    assert (row["bound_s"], row["longest_s"], row["median_s"]) == (None, None, 5.0)
    assert row["values"][-1] == {"run": 10, "rto_s": None, "upper_s": None, "verdict": "FAIL"}
    assert row["more"] == 93 - 10  # one failure needs 93 runs


def test_one_failure_among_93_still_bounds_95_percent() -> None:
    row = one([*(run("PASS", recovery(float(n))) for n in range(92)), run("FAIL", recovery(None, "FAIL"))])
    assert (row["bound_s"], row["bound_share"]) == (91.0, 0.95)


def test_what_was_not_measured_is_no_pass_and_what_was_invalid_is_not_there() -> None:
    row = one([run("PASS", recovery(5.0)), run("NO_DATA", recovery(None, "NO_DATA")), run("INVALID", recovery(1.0))])
    assert (row["n"], row["passed"]) == (2, 1)
    assert [value["run"] for value in row["values"]] == [1, 2]


def test_each_promise_has_a_row_for_each_fault() -> None:
    seen = run("PASS", recovery(5.0), recovery(7.0, fault="cut"), recovery(9.0, id_="rto-app1"))
    rows = repeat_evidence([seen, seen], 2)["recovery"]
    assert [(row["id"], row["fault"], row["n"]) for row in rows] == [
        ("rto-app2", "kill", 2), ("rto-app2", "cut", 2), ("rto-app1", "kill", 2),
    ]  # fmt: skip


def test_who_was_interrupted_by_a_person_is_no_evidence_and_who_ended_itself_is() -> None:
    person = run("INCONCLUSIVE", recovery(None, "INCONCLUSIVE"), interrupted=True, exit_code=130)
    itself = run("INCONCLUSIVE", recovery(None, "INCONCLUSIVE"), interrupted=True)
    evidence = repeat_evidence([run("PASS", recovery(5.0)), person, itself], 3)
    assert evidence["flake"]["n"] == 2
    assert [value["run"] for value in evidence["recovery"][0]["values"]] == [1, 3]
    assert evidence["verdict"] == "INCONCLUSIVE"


def test_a_budget_tells_the_median_and_the_worst_outage_and_how_many_a_month_bears() -> None:
    runs = [run(budget=[budget(outage), budget(1.0)]) for outage in (12.0, 60.0, 30.0)]
    [row] = repeat_evidence(runs, 3)["budget"]
    assert (row["median_s"], row["worst_s"]) == (30.0, 60.0)
    assert row["worst_spent"] == pytest.approx(60 / 2592)
    assert row["worst_bears"] == pytest.approx(43.2)
    assert row["median_bears"] == pytest.approx(86.4)


def test_an_outage_without_an_end_spends_nobody_knows_how_much() -> None:
    [row] = repeat_evidence([run(budget=[budget(12.0)]), run("FAIL", budget=[budget(None)])], 2)["budget"]
    assert (row["median_s"], row["worst_s"], row["worst_spent"], row["worst_bears"]) == (12.0, None, None, None)


def test_the_figures_are_json_without_infinity() -> None:
    evidence = repeat_evidence([run("FAIL", recovery(None, "FAIL"), budget=[budget(None)])], 1)
    assert not any(math.isinf(value) for value in numbers(json.loads(json.dumps(evidence, allow_nan=False))))


def numbers(data: Any) -> list[float]:
    if isinstance(data, dict):
        data = list(data.values())
    if isinstance(data, list):
        return [number for item in data for number in numbers(item)]
    return [data] if isinstance(data, float) else []
