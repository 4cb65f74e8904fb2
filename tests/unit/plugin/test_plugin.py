"""What `pytest` in a user's repository sees: a scenario run once, promises to assert on, reasons in what fails."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from synthetic_results import failed_results, interrupted_results, passed_results
from synthetic_shop import simulate

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[3]
NAME = "caida-app2"
SHOP = simulate(5, until_s=48)
RESULTS = {
    "passed": passed_results(SHOP),
    "failed": failed_results(SHOP),
    "interrupted": interrupted_results(SHOP),
}
Play = Callable[..., pytest.RunResult]

# Stands for the engine and the shop: "runs" a scenario by copying a judged folder, and counts how often.
CONFTEST = """
import shutil
from pathlib import Path
from types import SimpleNamespace
import pytest
import tfbench.run

HERE = Path(__file__).parent

def run_scenario(scenario, ground):
    with (HERE / "ran.txt").open("a") as ran:
        ran.write(scenario.name + "\\n")
    run_dir = HERE / f"run-of-{scenario.name}"
    shutil.copytree(HERE / "judged", run_dir)
    return SimpleNamespace(run_dir=run_dir, exit_code=EXIT_CODE)

tfbench.run.prepare = lambda workspace, progress: workspace
tfbench.run.run_scenario = run_scenario
"""


@pytest.fixture
def play(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Runs pytest over `test`, in a workspace of the shipped scenarios, where running one yields `ending`."""
    from tfbench import run

    for name in ("prepare", "run_scenario"):  # what the inner conftest replaces, put back afterwards
        monkeypatch.setattr(run, name, getattr(run, name))
    for part in ("scenarios", "slo"):
        shutil.copytree(ROOT / part, pytester.path / part)
    for part in ("compose", "system_under_test"):
        (pytester.path / part).mkdir()

    def play(
        test: str, *arguments: str, ending: str = "passed", exit_code: int = 0, more: str = ""
    ) -> pytest.RunResult:
        judged(pytester.path / "judged", ending)
        pytester.makeconftest(CONFTEST.replace("EXIT_CODE", str(exit_code)) + more)
        pytester.makepyfile(test)
        # Blocked by its entry point's name where that is installed, and loaded from here.
        return pytester.runpytest_inprocess(
            "-p", "no:tfbench", "-p", "tfbench.pytest_plugin", "--strict-markers", *arguments
        )

    return play


def judged(folder: Path, ending: str) -> Path:
    """A folder of which a test needs no more than what was judged."""
    folder.mkdir()
    RESULTS[ending].write(folder)
    return folder


def ran(pytester: pytest.Pytester) -> list[str]:
    file = pytester.path / "ran.txt"
    return file.read_text().split() if file.exists() else []


PASSING = f"""
import pytest

@pytest.mark.tfbench("{NAME}")
def test_whole(tfbench):
    assert tfbench.passed
    assert tfbench.verdict == "PASS"
    assert tfbench.run_dir.name == "run-of-{NAME}"

@pytest.mark.tfbench(scenario="{NAME}")
class TestParts:
    def test_objective(self, tfbench):
        assert tfbench.objective("sale-available").passed
        assert tfbench.objective("sale-available").target < 1

    def test_recovery(self, tfbench):
        assert tfbench.recovery("rto-app2").rto_s < tfbench.recovery("rto-app2", fault="kill-app2").limit_s

    def test_invariant_and_expectation(self, tfbench):
        assert tfbench.invariant("no-seat-sold-twice").violations == []
        assert tfbench.expectation("sale-goes-on").verdict == "PASS"
"""


def test_a_scenario_runs_once_a_session_and_its_promises_are_found_by_name(
    play: Play, pytester: pytest.Pytester
) -> None:
    play(PASSING).assert_outcomes(passed=4)
    assert ran(pytester) == [NAME]


FAILING = f"""
import pytest
pytestmark = pytest.mark.tfbench("{NAME}")

def test_verdict(tfbench):
    assert tfbench.verdict == "PASS"

def test_invariant(tfbench):
    assert tfbench.invariant("no-seat-sold-twice").passed
"""


def test_a_failed_assertion_tells_the_reason(play: Play) -> None:
    outcome = play(FAILING, ending="failed")
    outcome.assert_outcomes(failed=2)
    reason = RESULTS["failed"].reason["en"].splitlines()[0]
    outcome.stdout.fnmatch_lines(["*FAIL == PASS: the run of *"])
    assert reason[:60] in outcome.stdout.str()
    outcome.stdout.fnmatch_lines(["*<invariant no-seat-sold-twice: FAIL, *"])


UNKNOWN = f"""
import pytest
@pytest.mark.tfbench("{NAME}")
def test_it(tfbench):
    tfbench.objective("sale-availabel")
"""


def test_an_unknown_promise_is_told_with_the_close_one(play: Play) -> None:
    outcome = play(UNKNOWN)
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(['*no objective "sale-availabel" (did you mean "sale-available"[?])*'])


SIMPLE = f"""
import pytest
@pytest.mark.tfbench("{NAME}")
def test_it(tfbench):
    assert tfbench.passed
@pytest.mark.tfbench("{NAME}")
def test_again(tfbench):
    assert tfbench.passed
"""


def test_an_earlier_run_is_asserted_on_without_running(play: Play, pytester: pytest.Pytester, tmp_path: Path) -> None:
    scenario = RESULTS["passed"].scenario
    earlier = judged(tmp_path / "earlier", "passed")
    play(SIMPLE.replace(NAME, scenario), "--tfbench-run", str(earlier)).assert_outcomes(passed=2)
    assert ran(pytester) == []


def test_an_earlier_run_of_another_scenario_is_no_answer(play: Play, tmp_path: Path) -> None:
    outcome = play(SIMPLE.replace(NAME, "sin-falla"), f"--tfbench-run={judged(tmp_path / 'earlier', 'passed')}")
    outcome.assert_outcomes(errors=2)
    outcome.stdout.fnmatch_lines(["*none of the folders of --tfbench-run is a run of sin-falla*"])


def test_a_folder_that_was_never_judged_is_no_run(play: Play, tmp_path: Path) -> None:
    outcome = play(SIMPLE, f"--tfbench-run={tmp_path}")
    outcome.assert_outcomes(errors=2)
    outcome.stdout.fnmatch_lines(["*judge the run again: tfbench check*"])


def test_a_worker_of_xdist_refuses_to_run_but_reads_an_earlier_run(play: Play, pytester: pytest.Pytester) -> None:
    worker = "\ndef pytest_configure(config):\n    config.workerinput = {}\n"
    outcome = play(SIMPLE, more=worker)
    outcome.assert_outcomes(errors=2)
    outcome.stdout.fnmatch_lines(["*a scenario needs the machine for itself*--tfbench-run DIR*"])
    assert ran(pytester) == []


def test_a_run_that_was_interrupted_ends_the_session(play: Play, pytester: pytest.Pytester) -> None:
    outcome = play(SIMPLE, ending="interrupted", exit_code=130)
    assert outcome.ret == 2
    outcome.stdout.fnmatch_lines(["*tfbench was interrupted, and has healed*"])
    assert ran(pytester) == [NAME]


def test_what_cannot_be_run_is_told_once_tried(play: Play, pytester: pytest.Pytester) -> None:
    outcome = play(SIMPLE.replace(NAME, "caida-app9"))
    outcome.assert_outcomes(errors=2)
    outcome.stdout.fnmatch_lines(['*tfbench: no scenario "caida-app9"*did you mean*'])
    assert ran(pytester) == []


@pytest.mark.parametrize(
    "marker", ["", "@pytest.mark.tfbench", "@pytest.mark.tfbench(scenario='x', speed=2)"], ids=["none", "empty", "odd"]
)
def test_a_test_that_does_not_say_which_scenario_is_told_how(play: Play, marker: str) -> None:
    outcome = play(f"import pytest\n{marker}\ndef test_it(tfbench):\n    pass\n")
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines(["*pytest.mark.tfbench(scenario=*"])


def test_another_workspace_is_taken_where_the_marker_names_it(play: Play, pytester: pytest.Pytester) -> None:
    other = pytester.mkdir("other")
    for part in ("scenarios", "slo", "compose", "system_under_test"):
        shutil.move(pytester.path / part, other / part)
    play(SIMPLE.replace(f'"{NAME}"', f'"{NAME}", workspace="other"')).assert_outcomes(passed=2)
    assert ran(pytester) == [NAME]


def test_the_marker_and_the_option_are_in_pytest_s_own_help(play: Play) -> None:
    assert "@pytest.mark.tfbench(scenario, workspace=None)" in play("", "--markers").stdout.str()
