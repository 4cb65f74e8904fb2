"""What a run folder says: judged, reported, and turned into the exit code. Reads and writes the run folder alone.

run folder -> judge -> results.json, report.html, junit.xml, summary.md -> Outcome
"""

from dataclasses import dataclass
from pathlib import Path

from tfbench.abort import explained, was_aborted
from tfbench.errors import PlatformError, ResidueError, TfbenchError, UsageError
from tfbench.judge import judge
from tfbench.model import Scenario
from tfbench.report import junit, render, summary
from tfbench.results import Results
from tfbench.scenario import load_run_scenario
from tfbench.segments import compact_sound
from tfbench.verdict import EXIT_CODES, EXIT_INTERRUPTED, EXIT_RESIDUE
from tfbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the run was written, what was judged, and the process's exit code."""

    run_dir: Path
    results: Results
    exit_code: int


def judge_and_report(run_dir: Path, scenario: Scenario, workspace: Workspace) -> Results:
    """Judge a run folder from what is on disk; write results.json, report.html, junit.xml and summary.md into it."""
    compact_sound(run_dir)
    results = explained(judge(run_dir, scenario), run_dir)
    results.write(run_dir)
    render(run_dir, workspace.root / "reports")
    junit(run_dir)
    (run_dir / "summary.md").write_text(summary(run_dir), encoding="utf-8")
    return results


def rejudge(run_dir: Path, workspace: Workspace) -> Outcome:
    """Judge an earlier run again. Raises `UsageError` when the folder is none."""
    if not (run_dir / "journal.jsonl").is_file():
        raise UsageError(f"{run_dir} is no run folder: it has no journal.jsonl (see reports/out/)")
    results = judge_and_report(run_dir, load_run_scenario(run_dir), workspace)
    return Outcome(run_dir, results, exit_code(results, results.interrupted and not was_aborted(run_dir), None))


def exit_code(results: Results, interrupted: bool, failure: TfbenchError | None) -> int:
    """Of the process: what a residue, a failure of the platform or Ctrl-C says comes before the verdict."""
    if isinstance(failure, ResidueError) or any(fault.residue for fault in results.faults):
        return EXIT_RESIDUE
    if isinstance(failure, PlatformError):
        return failure.exit_code
    if interrupted:
        return EXIT_INTERRUPTED
    return EXIT_CODES[results.verdict]
