"""What `run` and `check` print when they end: the verdict, then one line a promise, or of a suite one a scenario."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from rich.text import Text

from tfbench.report.recoveries import told_in_a_line
from tfbench.results import InvariantResult, ObjectiveResult, RecoveryResult, Results
from tfbench.verdict import Verdict

STYLES = {
    Verdict.PASS: "bold green",
    Verdict.FAIL: "bold red",
    Verdict.INVALID: "bold magenta",
    Verdict.INCONCLUSIVE: "bold yellow",
    Verdict.NO_DATA: "bold yellow",
    Verdict.INFO: "dim",
}
WIDTH = max(len(verdict) for verdict in Verdict)


def console_lines(results: Results) -> Iterator[Text]:
    """The judgement in English, worst matters first; what decides nothing is marked as not required."""
    yield _line(results.verdict, f"{results.scenario}: {results.reason['en']}")
    yield Text("")
    for expectation in results.expectations:
        yield _line(expectation.verdict, f"{expectation.title['en']}. {expectation.reason['en']}")
    tables: list[ObjectiveResult | RecoveryResult | InvariantResult]
    tables = [*results.recovery, *results.objectives, *results.invariants]
    for judged in tables:
        note = f" ({judged.fault})" if isinstance(judged, RecoveryResult) and len(results.faults) > 1 else ""
        note += "" if judged.required else " (not required)"
        yield _line(judged.verdict, f"{judged.title['en']}{note}. {judged.reason['en']}")
    for told in told_in_a_line(dataclasses.asdict(results)):
        yield _line(Verdict.INFO, told["en"])


def suite_console_lines(suite: dict[str, Any]) -> Iterator[Text]:
    """The suite in English: its verdict, then each scenario in the order of the run."""
    passed = sum(run["verdict"] == Verdict.PASS for run in suite["runs"])
    planned = len(suite["runs"]) + len(suite["not_run"])
    yield Text("")
    yield _line(Verdict(suite["verdict"]), f"suite: {passed} of {planned} scenarios passed")
    yield Text("")
    for run in suite["runs"]:
        yield _line(Verdict(run["verdict"]), f"{run['scenario']}: {run['reason']['en']}")
    for name in suite["not_run"]:
        yield _line(Verdict.NO_DATA, f"{name}: not run")


def _line(verdict: Verdict, text: str) -> Text:
    return Text.assemble((f"{verdict:{WIDTH}}", STYLES[verdict]), "  ", text)
