"""One scenario several times: whatever each run comes to, one folder and one answer."""

import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from judged_runs import Ran, scenario, write_judged
from rich.console import Console
from tfbench.errors import PlatformError, ResidueError, UsageError
from tfbench.model import Scenario
from tfbench.progress import Progress
from tfbench.repeat import progress_line, report_repeated, run_repeated
from tfbench.report.repeat_console import repeat_console_lines
from tfbench.suite import SuiteOutcome

REPORTS = Path(__file__).parents[3] / "reports"
Play = Callable[..., SuiteOutcome]
# What is drawn is asked of the page, in its own tests.
pytestmark = pytest.mark.usefixtures("undrawn")


def with_everything(folder: Path) -> None:
    report_repeated(folder, REPORTS)


def write_invalid(root: Path, name: str, exit_code: int = 2) -> Ran:
    """A run that passed, but for a load that was not the one asked for."""
    ran = write_judged(root, name, "passed")
    results = json.loads((ran.run_dir / "results.json").read_text())
    (ran.run_dir / "results.json").write_text(json.dumps(results | {"verdict": "INVALID"}))
    return replace(ran, exit_code=exit_code)


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def play(tmp_path: Path, said: io.StringIO) -> Play:
    """Repeat a scenario whose runs end as told: `passed`, `failed`, `interrupted`, `invalid`, or in an exception."""

    def repeat(*endings: Any, report: Callable[[Path], None] = lambda folder: None) -> SuiteOutcome:
        left = list(enumerate(endings))

        def run_one(given: Scenario, is_last: bool) -> object:
            number, ending = left.pop(0)
            assert is_last is (not left)
            root = tmp_path / "out" / str(number)
            if callable(ending):
                return ending(root, given.name)
            if isinstance(ending, BaseException):
                raise ending
            return write_judged(root, given.name, ending)

        progress = Progress(Console(file=said, highlight=False, width=200))
        return run_repeated(scenario("caida"), len(endings), tmp_path / "out", progress, run_one, report)

    return repeat


@pytest.mark.parametrize(
    ("why", "endings", "exit_code", "verdict", "ran"),
    [
        ("all pass", ["passed"] * 3, 0, "PASS", 3),
        ("a failure stops nothing", ["failed", "passed"], 1, "FAIL", 2),
        ("an INVALID run does not count", ["passed", write_invalid, "passed"], 0, "PASS", 3),
        ("all INVALID prove nothing", [write_invalid, write_invalid], 2, "INVALID", 2),
        ("a platform that broke is told by the code", ["passed", PlatformError("no space")], 255, "NO_DATA", 2),
        ("a broken promise is worse than a broken bench", [PlatformError("no space"), "failed"], 1, "FAIL", 2),
        ("residue stops them", ["passed", ResidueError("paused"), "passed"], 3, "INCONCLUSIVE", 2),
        (
            "also residue of an INVALID run",
            [lambda root, name: write_invalid(root, name, 3), "passed"],
            3,
            "INVALID",
            1,
        ),
        ("an interrupted run ends them", ["passed", "interrupted", "passed"], 130, "INCONCLUSIVE", 2),
        ("Ctrl-C between two runs", ["passed", KeyboardInterrupt(), "passed"], 130, "INCONCLUSIVE", 1),
        ("Ctrl-C before anything ran", [KeyboardInterrupt(), "passed"], 130, "INCONCLUSIVE", 0),
    ],
)
def test_the_runs_have_one_answer(
    play: Play, why: str, endings: list[Any], exit_code: int, verdict: str, ran: int
) -> None:
    done = play(*endings)
    assert (done.exit_code, done.suite["verdict"], len(done.suite["runs"])) == (exit_code, verdict, ran), why
    assert done.suite["not_run"] == len(endings) - ran


def test_the_folder_lies_beside_the_runs_and_holds_the_three_files(play: Play, tmp_path: Path) -> None:
    done = play("passed", "failed", report=with_everything)
    assert done.folder.parent == tmp_path / "out" / "caida"
    assert done.folder.name.startswith("repeat-")
    assert {path.name for path in done.folder.iterdir()} == {"repeat.json", "report.html", "junit.xml"}
    assert not (done.folder.parent / "latest").exists()  # `latest` is a run's
    written = json.loads((done.folder / "repeat.json").read_text())
    assert (written["schema"], written["asked"]) == ("tfbench.repeat/1", 2)
    for run in written["runs"]:
        assert (done.folder / run["run"] / "results.json").is_file()


def test_recovery_times_and_budgets_of_the_runs_come_together(play: Play) -> None:
    done = play("passed", "passed")
    [app2, app1] = done.suite["recovery"]
    assert (app2["id"], app2["n"], app2["passed"], app2["limit_s"]) == ("rto-app2", 2, 2, 120.0)
    assert app2["values"][0]["upper_s"] == pytest.approx(app2["bound_s"])
    assert (app1["required"], app1["longest_s"]) == (False, 0.4)
    [budget] = done.suite["budget"]
    assert (budget["objective"], budget["worst_s"], budget["target"]) == ("app2-available", 62.4, 0.995)
    assert budget["worst_bears"] == pytest.approx(12_960 / 62.4)


def test_repeat_json_is_written_after_every_run(play: Play, tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []

    def look(root: Path, name: str) -> Ran:
        [folder] = (tmp_path / "out" / "caida").glob("repeat-*")
        seen.append(json.loads((folder / "repeat.json").read_text()))
        return write_judged(root, name, "passed")

    play("passed", look, "passed")
    [during] = seen
    assert (len(during["runs"]), during["not_run"], during["verdict"]) == (1, 2, "INCONCLUSIVE")


def test_a_bench_that_may_not_run_leaves_no_repetition(play: Play, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        play(UsageError("TicketFlow is running from `tfbench up`"), "passed")
    assert not (tmp_path / "out" / "caida").exists()


def test_junit_has_a_case_a_run_and_one_of_all_and_an_invalid_run_is_skipped(play: Play) -> None:
    done = play("passed", write_invalid, "failed", PlatformError("no space"), report=with_everything)
    root = ET.parse(done.folder / "junit.xml").getroot()
    ended = {case.get("name"): [child.tag for child in case] for case in root.iter("testcase")}
    assert ended == {
        "run 1": [], "run 2": ["skipped"], "run 3": ["failure"], "run 4": ["error"], "all runs": ["failure"],
    }  # fmt: skip
    assert [root.get(count) for count in ("tests", "failures", "errors", "skipped")] == ["5", "2", "1", "1"]


@pytest.mark.parametrize(
    ("endings", "tags"), [(["passed", write_invalid], []), ([write_invalid], ["error"]), (["interrupted"], ["error"])]
)
def test_junit_of_all_runs_is_green_only_for_a_pass(play: Play, endings: list[Any], tags: list[str]) -> None:
    done = play(*endings, report=with_everything)
    [all_runs] = [c for c in ET.parse(done.folder / "junit.xml").iter("testcase") if c.get("name") == "all runs"]
    assert [child.tag for child in all_runs] == tags


def test_progress_says_which_run_comes_and_about_how_long_the_rest_takes() -> None:
    """Two minutes of load and one around it, each."""
    assert progress_line(scenario("a"), 59, 0) == "Run 1 of 59, about 177 minutes left"
    assert progress_line(scenario("a"), 59, 58) == "Run 59 of 59, about 3 minutes left"


def test_progress_and_the_end_are_told(play: Play, said: io.StringIO) -> None:
    done = play("passed", "failed", KeyboardInterrupt())
    assert "Run 2 of 3" in said.getvalue()
    assert "Interrupted" in said.getvalue()
    text = "\n".join(line.plain for line in repeat_console_lines(done.suite))
    assert "FAIL          caida, 2 runs: 1 of 2 runs that count did not pass" in text
    assert "flake rate 50%" in text
    assert "Boletas are back within 2 minutes (kill-app2). 1 of 2 in time" in text
    assert "run 1: All promises that decide were kept." in text


def test_the_end_of_nothing_is_told_too(play: Play) -> None:
    lines = [line.plain for line in repeat_console_lines(play(KeyboardInterrupt()).suite)]
    assert any(line.startswith("INCONCLUSIVE  caida, 0 runs: ") for line in lines)
