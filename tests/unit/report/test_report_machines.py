"""junit.xml and the job summary: what a CI system reads."""

import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from tfbench.report import junit, summary
from tfbench.report.junit import junit_xml


@pytest.fixture
def results(runs: dict[str, Path]) -> dict[str, object]:
    data: dict[str, object] = json.loads((runs["passed"] / "results.json").read_text())
    return data


def cases(run: Path) -> dict[str, ET.Element]:
    root = ET.parse(junit(run)).getroot()
    return {case.get("name", "").split(":")[0]: case for case in root.iter("testcase")}


def test_a_passed_run_fails_nothing_and_skips_what_is_not_required(runs: dict[str, Path]) -> None:
    found = cases(runs["passed"])
    assert not any(case.find("failure") is not None or case.find("error") is not None for case in found.values())
    skipped = found["few-errors"].find("skipped")
    assert skipped is not None
    assert (skipped.get("message") or "").startswith("INCONCLUSIVE: 29,956 requests")
    assert {
        "sale-goes-on",
        "sale-available",
        "rto-app2 kill-app2",
        "no-seat-sold-twice",
        "kill-app2",
    } <= found.keys()


@pytest.mark.parametrize(
    ("run", "case", "tag", "kind"),
    [
        ("failed", "no-seat-sold-twice", "failure", "FAIL"),
        ("failed", "rto-app2 kill-app2", "failure", "FAIL"),
        ("failed", "verdict", "failure", "FAIL"),
        ("invalid", "kill-app2", "error", "INVALID"),
        ("invalid", "load", "error", "INVALID"),
        ("interrupted", "sale-available", "error", "NO_DATA"),
        ("interrupted", "all-arrive", "error", "NO_DATA"),
    ],
)
def test_what_is_required_and_did_not_pass_is_told(
    runs: dict[str, Path], run: str, case: str, tag: str, kind: str
) -> None:
    told = cases(runs[run])[case].find(tag)
    assert told is not None
    assert told.get("type") == kind


@pytest.mark.parametrize("run", ["passed", "failed", "invalid", "interrupted"])
def test_the_counts_of_the_suite_are_those_of_its_cases(runs: dict[str, Path], run: str) -> None:
    suite = ET.parse(junit(runs[run])).getroot().find("testsuite")
    assert suite is not None
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(attribute, "")) == len(suite.findall(f"testcase/{tag}")), attribute
    assert int(suite.get("tests", "")) == len(suite.findall("testcase"))


def test_an_interrupted_run_is_never_green(results: dict[str, object]) -> None:
    root = ET.fromstring(junit_xml(results | {"interrupted": True}))
    assert root.get("errors") == "1"


def test_characters_that_xml_cannot_hold_are_replaced(results: dict[str, object]) -> None:
    reason = {"en": "bad \x00\x1b[31m <tag> & \ud800 \U0001f39f", "es": ""}
    root = ET.fromstring(junit_xml(results | {"verdict": "FAIL", "reason": reason, "scenario": "a\x07b"}))
    told = root.find(".//failure")
    assert told is not None
    assert told.text == "bad \ufffd\ufffd[31m <tag> & \ufffd \U0001f39f"


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (
            "passed",
            [
                "### ✅ PASS: Billing is killed",
                "10 of 10 deciding lines passed",
                "| 62.5 s |",
                "| no outage felt |",
            ],
        ),
        (
            "failed",
            ["### ❌ FAIL", "**FAIL** invariant: No seat is sold twice. 2 seats", "| not recovered |"],
        ),
        ("invalid", ["### ⚠️ INVALID", "**INVALID** fault: kill, app2", "**INVALID** load: 600 arrivals"]),
        ("interrupted", ["### ⚠️ NO_DATA", "**Interrupted", "| no data |"]),
    ],
)
def test_the_summary_says_the_verdict_and_what_decided_it(runs: dict[str, Path], run: str, words: list[str]) -> None:
    text = summary(runs[run]).replace("\u00a0", " ")
    assert [word for word in words if word not in text] == []


def test_a_title_cannot_break_out_of_the_summary(runs: dict[str, Path], tmp_path: Path) -> None:
    run = Path(shutil.copytree(runs["failed"], tmp_path / "run"))
    data = json.loads((run / "results.json").read_text())
    data["recovery"][0]["title"]["en"] = "a | b\n\n<img src=x> [c](http://evil.invalid)"
    (run / "results.json").write_text(json.dumps(data))
    assert "| a \\| b &lt;img src=x&gt; \\[c\\](http://evil.invalid) |" in summary(run)
