"""A suite: one scenario after another, whatever each comes to, and one answer for all."""

import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from judged_runs import scenario, write_judged
from rich.console import Console
from tfbench.console import suite_console_lines
from tfbench.errors import PlatformError, ResidueError, UsageError
from tfbench.model import Scenario
from tfbench.progress import Progress
from tfbench.suite import SuiteOutcome, progress_line, report_suite, run_suite

REPORTS = Path(__file__).parents[3] / "reports"
Play = Callable[..., SuiteOutcome]


def with_everything(folder: Path) -> None:
    report_suite(folder, REPORTS)


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def play(tmp_path: Path, said: io.StringIO) -> Play:
    """Run a suite whose scenarios end as told: `passed`, `failed`, `interrupted`, or in an exception."""

    def run(*endings: Any, report: Callable[[Path], None] = lambda folder: None) -> SuiteOutcome:
        by_name = {f"s{number}": ending for number, ending in enumerate(endings)}

        def run_one(given: Scenario, is_last: bool) -> object:
            ending = by_name[given.name]
            assert is_last == (given.name == list(by_name)[-1])
            if callable(ending):
                return ending()
            if isinstance(ending, BaseException):
                raise ending
            return write_judged(tmp_path / "out", given.name, ending)

        progress = Progress(Console(file=said, highlight=False, width=200))
        return run_suite([scenario(name) for name in by_name], tmp_path / "out", progress, run_one, report)

    return run


@pytest.mark.parametrize(
    ("why", "endings", "exit_code", "verdict", "ran", "not_run"),
    [
        ("all pass", ["passed", "passed"], 0, "PASS", 2, []),
        ("a failure stops nothing", ["failed", "passed"], 1, "FAIL", 2, []),
        ("what broke proves nothing, and the rest runs", [PlatformError("no space"), "passed"], 255, "NO_DATA", 2, []),
        ("a broken promise is worse than a broken bench", [PlatformError("no space"), "failed"], 1, "FAIL", 2, []),
        ("any error of one scenario is its own", [OSError("engine away"), "passed"], 255, "NO_DATA", 2, []),
        (
            "so is what one folder lacks",
            ["passed", UsageError("operations unreadable"), "passed"],
            254,
            "NO_DATA",
            3,
            [],
        ),
        ("Ctrl-C before anything ran", [KeyboardInterrupt(), "passed"], 130, "INCONCLUSIVE", 0, ["s0", "s1"]),
        ("residue stops the suite", [ResidueError("paused"), "passed"], 3, "INCONCLUSIVE", 1, ["s1"]),
        ("an interrupted run ends it", ["passed", "interrupted", "passed"], 130, "INCONCLUSIVE", 2, ["s2"]),
        ("Ctrl-C between two runs", ["passed", KeyboardInterrupt(), "passed"], 130, "INCONCLUSIVE", 1, ["s1", "s2"]),
    ],
)
def test_the_worst_ending_gives_the_answer(
    play: Play, why: str, endings: list[str], exit_code: int, verdict: str, ran: int, not_run: list[str]
) -> None:
    done = play(*endings)
    assert (done.exit_code, done.suite["verdict"]) == (exit_code, verdict), why
    assert (len(done.suite["runs"]), done.suite["not_run"]) == (ran, not_run)


@pytest.mark.usefixtures("undrawn")
def test_the_folder_holds_the_suite_its_page_and_junit_and_latest_leads_to_it(play: Play, tmp_path: Path) -> None:
    done = play("passed", "failed", report=with_everything)
    assert {path.name for path in done.folder.iterdir()} == {"suite.json", "report.html", "junit.xml"}
    latest = tmp_path / "out" / "suite" / "latest"
    assert latest.resolve() == done.folder.resolve()
    written = json.loads((latest / "suite.json").read_text())
    assert written["schema"] == "tfbench.suite/1"
    for run in written["runs"]:
        assert (done.folder / run["run"] / "results.json").is_file()


def test_a_run_s_line_carries_its_verdicts_and_counts(play: Play) -> None:
    [run] = play("failed").suite["runs"]
    assert (run["verdict"], run["lost"], run["doubled"]) == ("FAIL", 3, 2)
    assert run["acknowledged"] is None  # no operation is on record: that is no data, not zero
    assert run["dead_letters"] is None
    late = run["recovery"][0]
    assert (late["limit_s"], late["verdict"], late["rto_s"] > 60) == (60.0, "FAIL", True)
    assert {item["id"]: item["verdict"] for item in run["invariants"]} == {
        "no-seat-sold-twice": "FAIL",
        "no-acked-purchase-lost": "FAIL",
    }


def test_suite_json_is_written_after_every_run(play: Play, tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []

    def look_and_break() -> None:
        seen.append(json.loads((tmp_path / "out" / "suite" / "latest" / "suite.json").read_text()))
        raise PlatformError("no space")

    play("passed", look_and_break, "passed")
    [during] = seen
    assert [run["scenario"] for run in during["runs"]] == ["s0"]
    assert during["not_run"] == ["s1", "s2"]


def test_a_bench_that_may_not_run_leaves_no_suite(play: Play, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        play(UsageError("TicketFlow is running from `tfbench up`"))
    assert not (tmp_path / "out" / "suite").exists()


@pytest.mark.usefixtures("undrawn")
def test_junit_has_a_suite_a_scenario_and_what_did_not_run_is_an_error(play: Play) -> None:
    done = play("failed", PlatformError("no space"), KeyboardInterrupt(), report=with_everything)
    root = ET.parse(done.folder / "junit.xml").getroot()
    suites = {suite.get("name"): suite for suite in root.findall("testsuite")}
    assert set(suites) == {"s0", "s1", "s2"}
    assert suites["s0"].find("testcase/failure") is not None
    errors = [error.get("message", "") for error in root.iter("error")]
    assert any("PlatformError: no space" in message for message in errors)
    assert any("not run" in message for message in errors)
    for count in ("tests", "failures", "errors", "skipped"):
        assert int(root.get(count, "")) == sum(int(suite.get(count, "")) for suite in suites.values())


def test_progress_says_which_scenario_comes_and_about_how_long_the_rest_takes() -> None:
    """Two minutes of load and one around it, each."""
    three = [scenario(name) for name in "abc"]
    assert progress_line(three, 0) == "Scenario 1 of 3, about 9 minutes left"
    assert progress_line(three, 2) == "Scenario 3 of 3, about 3 minutes left"


def test_progress_and_the_end_are_told(play: Play, said: io.StringIO) -> None:
    done = play("passed", "failed", KeyboardInterrupt())
    assert "Scenario 2 of 3" in said.getvalue()
    assert "Interrupted" in said.getvalue()
    lines = [line.plain for line in suite_console_lines(done.suite)]
    assert "FAIL          suite: 1 of 3 scenarios passed" in lines
    assert "NO_DATA       s2: not run" in lines
