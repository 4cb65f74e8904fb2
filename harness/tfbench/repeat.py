"""One scenario several times, each on a fresh stack; then one verdict, and recovery times as distributions.

    scenario -> run_one, N times -> run folders -> repeat.json (written after every run) -> report.html, junit.xml

Each run is an ordinary one, beside the others of its scenario. What ends a suite early ends this early too, and an
error in one run costs that run only (`suite.py`).
"""

import json
import math
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tfbench.model import Scenario
from tfbench.plan_evidence import planned_s
from tfbench.progress import Progress
from tfbench.report.repeat_evidence import merged_verdict, repeat_evidence
from tfbench.report.repeat_junit import repeat_junit
from tfbench.report.repeat_page import render_repeat
from tfbench.results_shape import load_sound_results
from tfbench.suite import WORST_FIRST, Record, RunOne, Suite, SuiteOutcome, play
from tfbench.verdict import EXIT_CODES, EXIT_INTERRUPTED

SCHEMA = "tfbench.repeat/1"


def run_repeated(
    scenario: Scenario, times: int, runs: Path, progress: Progress, run_one: RunOne, report: Callable[[Path], None]
) -> SuiteOutcome:
    """Run the scenario `times` times with `run_one`, then `report` their common folder under `runs`.

    Raises UsageError when the bench may not run at all.
    """
    return play(_Repetition(scenario, times, runs, progress), run_one, report)


def report_repeated(folder: Path, reports_dir: Path) -> None:
    """Write report.html and junit.xml beside repeat.json."""
    render_repeat(folder, reports_dir)
    repeat_junit(folder)


def progress_line(scenario: Scenario, times: int, number: int) -> str:
    """Which run comes now (from 0), and about how long the rest takes, by what is planned."""
    left_s = (times - number) * planned_s(scenario)
    return f"Run {number + 1} of {times}, about {math.ceil(left_s / 60)} minutes left"


class _Repetition(Suite):
    """A suite of one scenario: its runs are evidence of one thing, so they are judged together."""

    def __init__(self, scenario: Scenario, times: int, runs: Path, progress: Progress) -> None:
        super().__init__([scenario] * times, runs, progress, time.time())
        self._scenario, self._times = scenario, times
        stamp = datetime.fromtimestamp(self.started_at, UTC).strftime("%Y%m%dT%H%M%SZ")
        self.folder = runs / scenario.name / f"repeat-{stamp}"

    def line(self, number: int) -> str:
        """Which run comes now (from 0)."""
        return progress_line(self._scenario, self._times, number)

    @property
    def exit_code(self) -> int:
        """The merged verdict's, in which INVALID runs do not count, unless a run ended in something else."""
        verdict = merged_verdict(self.runs, self._times - len(self.runs))
        endings = {run["exit_code"] for run in self.runs}.difference(EXIT_CODES.values())
        codes = endings | {EXIT_CODES[verdict]} | ({EXIT_INTERRUPTED} if self.is_interrupted else set())
        return next((code for code in WORST_FIRST if code in codes), max(codes))

    def record(self) -> Record:
        """repeat.json, whole."""
        return {
            "schema": SCHEMA,
            "scenario": self._scenario.name,
            "title": {"en": self._scenario.title.en, "es": self._scenario.title.es},
            "profile": self._scenario.profile,
            "started_at": self.started_at,
            "finished_at": time.time(),
            "interrupted": self.is_interrupted,
            **repeat_evidence(self.runs, self._times),
            "runs": self.runs,
        }

    def write(self) -> None:
        """Write repeat.json. `latest`, beside its folder, goes on leading to a run."""
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.folder / "repeat.json.partial"
        partial.write_text(json.dumps(self.record(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        partial.replace(self.folder / "repeat.json")

    def _run(self, scenario: Scenario, run_one: RunOne, is_last: bool) -> Record:
        line = super()._run(scenario, run_one, is_last)
        if line["run"] is None:
            return line | {"budget": []}
        run_dir = Path(os.path.normpath(self.folder / line["run"]))  # the way leads through a folder not made yet
        return line | {"budget": load_sound_results(run_dir)["budget"]}
