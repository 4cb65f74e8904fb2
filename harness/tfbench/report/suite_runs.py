"""One run's line in suite.json: its verdicts from results.json, its counts as its own report shows them.

    run folder -> results.json + figures -> {scenario, verdict, reason, run, objectives, recovery, ..., lost, doubled}

None is "no data": a run that broke before it was judged has verdicts of nothing, and says why.
"""

from pathlib import Path

from tfbench.model import Scenario
from tfbench.report.evidence import Record, opened_evidence
from tfbench.report.figures import Figures, read_figures
from tfbench.report.timeline import read_timeline
from tfbench.verdict import Verdict

TABLES = ("objectives", "recovery", "expectations", "invariants", "faults")
# Left to the run's own report, which is a link away.
LONG = ("reason", "violations", "evidence", "operations", "waterfall")


def judged_run(run_dir: Path, profile: str, folder: str, exit_code: int) -> Record:
    """The line of a judged run; `folder` is the way to it from the suite's own folder."""
    with opened_evidence(run_dir) as evidence:
        results = evidence.results
        figures = read_figures(evidence, read_timeline(evidence))
    return {
        **{key: results[key] for key in ("scenario", "title", "verdict", "reason", "interrupted")},
        "profile": profile,
        "exit_code": exit_code,
        "run": folder,
        "duration_s": results["finished_at"] - results["started_at"],
        **{table: [_short(item) for item in results[table]] for table in TABLES},
        "load_valid": results["load"]["valid"],
        "start_delay_p99_ms": results["load"]["start_delay_p99_ms"],
        **_counts(figures),
    }


def broken_run(scenario: Scenario, what: str, exit_code: int) -> Record:
    """The line of a run that ended in an error before it could be judged."""
    return {
        "scenario": scenario.name,
        "title": {"en": scenario.title.en, "es": scenario.title.es},
        "verdict": Verdict.NO_DATA,
        "reason": {"en": what, "es": what},
        "interrupted": False,
        "profile": scenario.profile,
        "exit_code": exit_code,
        "run": None,
        "duration_s": None,
        **{table: [] for table in TABLES},
        "load_valid": None,
        "start_delay_p99_ms": None,
        **_counts(None),
    }


def _counts(figures: Figures | None) -> Record:
    return {
        "acknowledged": figures and figures.confirmed,
        "lost": figures and figures.lost,
        "doubled": figures and figures.sold_twice,
        "dead_letters": figures and figures.dead_letters,
        "duplicate_mails": figures and figures.duplicate_mails,
    }


def _short(item: Record) -> Record:
    return {key: value for key, value in item.items() if key not in LONG}
