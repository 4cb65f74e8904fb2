"""Several scenarios, one after another, each on a fresh stack; then one report of all of them.

    scenario -> run_one -> run folder -> its line in suite.json (written after every run) -> report.html, junit.xml

A failed scenario stops nothing. A fault that could not be healed does, and so does Ctrl-C: what ran by then is
reported, what did not is named.
"""

import json
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfbench.errors import TfbenchError, UsageError
from tfbench.folder import point_latest
from tfbench.model import Scenario
from tfbench.plan_evidence import planned_s
from tfbench.progress import Progress
from tfbench.report.suite_junit import suite_junit
from tfbench.report.suite_page import render_suite
from tfbench.report.suite_runs import broken_run, judged_run
from tfbench.verdict import EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_RESIDUE, EXIT_USAGE, Verdict, merge

if TYPE_CHECKING:
    from tfbench.outcome import Outcome

SCHEMA = "tfbench.suite/1"
FOLDER = "suite"
STOPPING = (EXIT_RESIDUE, EXIT_INTERRUPTED)
# The merge order of verdict.py, after what ended a run early; what is not here (a success) comes last.
WORST_FIRST = (EXIT_RESIDUE, EXIT_INTERRUPTED, EXIT_USAGE, 1, EXIT_INTERNAL, 2)

# Runs one scenario; the flag says whether it is the last.
RunOne = Callable[[Scenario, bool], "Outcome"]
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SuiteOutcome:
    """Where the suite was written, its suite.json, and the process's exit code."""

    folder: Path
    suite: Record
    exit_code: int


def run_suite(
    scenarios: Sequence[Scenario], runs: Path, progress: Progress, run_one: RunOne, report: Callable[[Path], None]
) -> SuiteOutcome:
    """Run every scenario with `run_one`, then `report` the suite's folder under `runs`.

    Raises UsageError when the bench may not run at all.
    """
    return play(Suite(scenarios, runs, progress, time.time()), run_one, report)


def play(suite: "Suite", run_one: RunOne, report: Callable[[Path], None]) -> SuiteOutcome:
    """Run all that a suite, or a repetition, has before it, and `report` its folder."""
    try:
        for number, scenario in enumerate(suite.scenarios):
            suite.progress.say(f"\n{suite.line(number)}")
            suite.run(scenario, run_one, is_last=number == len(suite.scenarios) - 1)
            if suite.exit_code in STOPPING:
                break
    except KeyboardInterrupt:
        suite.interrupt()
        suite.progress.say("Interrupted: reporting what ran.")
    finally:
        if suite.runs or suite.is_interrupted:
            suite.write()
            report(suite.folder)
    return SuiteOutcome(suite.folder, suite.record(), suite.exit_code)


def report_suite(folder: Path, reports_dir: Path) -> None:
    """Write report.html and junit.xml beside suite.json."""
    render_suite(folder, reports_dir)
    suite_junit(folder)


def progress_line(scenarios: Sequence[Scenario], number: int) -> str:
    """Which scenario comes now (from 0), and about how long the rest takes, by what is planned."""
    left_s = sum(planned_s(scenario) for scenario in scenarios[number:])
    return f"Scenario {number + 1} of {len(scenarios)}, about {math.ceil(left_s / 60)} minutes left"


class Suite:
    """What there is to say of a suite so far."""

    def __init__(self, scenarios: Sequence[Scenario], runs: Path, progress: Progress, started_at: float) -> None:
        self.scenarios, self.progress, self.started_at = scenarios, progress, started_at
        self.folder = runs / FOLDER / datetime.fromtimestamp(started_at, UTC).strftime("%Y%m%dT%H%M%SZ")
        self.runs: list[Record] = []
        self.is_interrupted = False

    def line(self, number: int) -> str:
        """What comes now (from 0)."""
        return progress_line(self.scenarios, number)

    def run(self, scenario: Scenario, run_one: RunOne, *, is_last: bool) -> None:
        """Run one and keep what it came to, on disk too."""
        self.runs.append(self._run(scenario, run_one, is_last))
        self.is_interrupted = self.runs[-1]["exit_code"] == EXIT_INTERRUPTED
        self.write()

    def interrupt(self) -> None:
        """Between two runs, or where a run could not say anything any more."""
        self.is_interrupted = True

    @property
    def exit_code(self) -> int:
        codes = {run["exit_code"] for run in self.runs} | ({EXIT_INTERRUPTED} if self.is_interrupted else set())
        return next((code for code in WORST_FIRST if code in codes), max(codes, default=EXIT_INTERNAL))

    def record(self) -> Record:
        """suite.json, whole: a suite that was cut short is INCONCLUSIVE at best."""
        not_run = [scenario.name for scenario in self.scenarios[len(self.runs) :]]
        verdicts = [Verdict(run["verdict"]) for run in self.runs]
        return {
            "schema": SCHEMA,
            "started_at": self.started_at,
            "finished_at": time.time(),
            "interrupted": self.is_interrupted,
            "verdict": merge([*verdicts, *([Verdict.INCONCLUSIVE] if not_run else [])]),
            "not_run": not_run,
            "runs": self.runs,
        }

    def write(self) -> None:
        """Write suite.json, and point `latest` at its folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.record(), ensure_ascii=False, indent=1)
        partial = self.folder / "suite.json.partial"
        partial.write_text(text + "\n", encoding="utf-8")
        partial.replace(self.folder / "suite.json")
        point_latest(self.folder)

    def _run(self, scenario: Scenario, run_one: RunOne, is_last: bool) -> Record:
        try:
            outcome = run_one(scenario, is_last)
            folder = os.path.relpath(outcome.run_dir, self.folder)
            return judged_run(outcome.run_dir, scenario.profile, folder, outcome.exit_code)
        except Exception as error:  # one scenario's trouble is its own: the others still run
            if isinstance(error, UsageError) and not self.runs:
                raise  # nothing has worked yet: every other scenario would be refused alike
            return self._broken(scenario, error)

    def _broken(self, scenario: Scenario, error: Exception) -> Record:
        told = f"{type(error).__name__}: {error}"
        self.progress.say(told)
        if isinstance(error, TfbenchError):
            return broken_run(scenario, told, error.exit_code)
        self.progress.console.print_exception(max_frames=8)
        return broken_run(scenario, told, EXIT_INTERNAL)
