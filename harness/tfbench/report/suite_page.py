"""The suite's `report.html`: which scenario kept which promise, on one page without a network or a script.

suite.json -> matrix, recovery times -> reports/suite.html.j2 -> report.html
"""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from markupsafe import Markup

from tfbench.model import LANGUAGES
from tfbench.report.drawing import Say
from tfbench.report.evidence import Record
from tfbench.report.page import jinja_environment
from tfbench.report.suite_chart import draw_recoveries, recovery_rows
from tfbench.report.texts import read_texts
from tfbench.verdict import Verdict, merge

TEMPLATE = "suite.html.j2"
KINDS = {
    "expectation": "expectations",
    "recovery": "recovery",
    "objective": "objectives",
    "invariant": "invariants",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What one run says of one promise: the worst, where several faults tried it. `required`: it decided there."""

    verdict: Verdict
    required: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One promise against every run, in order; None where a scenario does not judge it."""

    id: str
    title: dict[str, str]
    cells: list[Cell | None]


def render_suite(folder: Path, reports_dir: Path) -> Path:
    """Write `report.html` into the suite's folder from its suite.json; return its path."""
    suite = json.loads((folder / "suite.json").read_text(encoding="utf-8"))
    texts = read_texts(reports_dir / "texts.yaml")
    says: dict[str, Say] = {language: partial(texts.say, language) for language in LANGUAGES}
    recoveries = recovery_rows(suite)
    drawings = draw_recoveries(recoveries, says)
    template = jinja_environment(reports_dir, texts).get_template(TEMPLATE)
    html = template.render(
        suite=suite,
        matrix={kind: promise_rows(suite, table) for kind, table in KINDS.items()},
        faults_seen=[_validity([f["verified"] for f in run["faults"]]) for run in suite["runs"]],
        load_valid=[_validity([] if run["load_valid"] is None else [run["load_valid"]]) for run in suite["runs"]],
        recoveries=recoveries,
        drawings={language: Markup(svg) for language, svg in drawings.items()},
        passed=sum(run["verdict"] == Verdict.PASS for run in suite["runs"]),
    )
    path = folder / "report.html"
    path.write_text(html, encoding="utf-8", errors="replace")
    return path


def promise_rows(suite: Record, table: str) -> list[Row]:
    """Every promise of one kind that any run judged, in the order they were first met."""
    titles: dict[str, dict[str, str]] = {}
    for run in suite["runs"]:
        for item in run[table]:
            titles.setdefault(item["id"], item["title"])
    return [
        Row(id_, title, [_cell([item for item in run[table] if item["id"] == id_]) for run in suite["runs"]])
        for id_, title in titles.items()
    ]


def _cell(items: list[Record]) -> Cell | None:
    """INFO only where nothing else was said: it decides nothing, and it is no lack of data."""
    if not items:
        return None
    verdicts = {Verdict(item["verdict"]) for item in items}
    verdict = Verdict.INFO if verdicts == {Verdict.INFO} else merge(verdicts)
    return Cell(verdict, any(item.get("required", True) for item in items))


def _validity(seen: list[bool]) -> Cell | None:
    if not seen:
        return None
    return Cell(Verdict.PASS if all(seen) else Verdict.INVALID, required=True)
