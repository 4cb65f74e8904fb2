"""`report.html`: one file that opens without a network and without a script, in both languages.

evidence -> figures, totals, drawings, lines -> reports/report.html.j2 -> report.html
"""

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tfbench.model import LANGUAGES
from tfbench.report import formats
from tfbench.report.charts import draw
from tfbench.report.drawing import Say
from tfbench.report.evidence import Evidence, Record, opened_evidence
from tfbench.report.figures import read_figures
from tfbench.report.lines import judged_lines
from tfbench.report.operations import phase_totals
from tfbench.report.recoveries import figure_name, rows_by_fault, worst_by_promise
from tfbench.report.texts import Texts, number, read_texts, translated
from tfbench.report.timeline import fault_states, read_timeline
from tfbench.report.waterfall import exactly, waterfalls

TEMPLATE = "report.html.j2"
SHOWN = 50
OWN_TABLES = ("images", "settings")
_LATENCY_LIMIT = re.compile(r"latency_?ms_?below\W+(\d+(?:\.\d+)?)", re.IGNORECASE)


def render(run_dir: Path, reports_dir: Path) -> Path:
    """Write `report.html` into the run folder from the templates of `reports_dir`; return its path."""
    texts = read_texts(reports_dir / "texts.yaml")
    environment = jinja_environment(reports_dir, texts)
    with opened_evidence(run_dir) as evidence:
        html = environment.get_template(TEMPLATE).render(_context(evidence, texts))
    path = run_dir / "report.html"
    path.write_text(html, encoding="utf-8", errors="replace")
    return path


def _context(evidence: Evidence, texts: Texts) -> Record:
    timeline = read_timeline(evidence)
    says: dict[str, Say] = {language: partial(texts.say, language) for language in LANGUAGES}
    drawings = draw(evidence, timeline, latency_limit_ms(evidence.copies.get("slo.yaml", "")), says)
    lines = judged_lines(evidence.results)
    return {
        "r": evidence.results,
        "lines": lines,
        "looks": [line for line in lines if line.needs_a_look],
        "shown": [line for line in lines if not line.required and line.verdict not in ("PASS", "INFO")],
        "deciding": sum(line.required for line in lines),
        "figures": read_figures(evidence, timeline),
        "recoveries": rows_by_fault(evidence.results),
        "worst_recoveries": worst_by_promise(evidence.results),
        "waterfalls": waterfalls(evidence.results, says),
        "dead_letters": _dead_letters(evidence),
        "timeline": timeline,
        # Our own drawing: its texts were escaped when it was drawn.
        "drawings": {language: Markup(svg) for language, svg in drawings.items()},
        "has_leaders": any(record.get("leader") for record in evidence.records("observation")),
        "totals": phase_totals(evidence, timeline),
        "states": {fault["id"]: fault_states(evidence, fault["id"]) for fault in evidence.results["faults"]},
        "queues": evidence.records("queue"),
        "notes": evidence.records("note"),
        "environment": evidence.run.environment,
        "host": {key: value for key, value in evidence.run.environment.items() if key not in OWN_TABLES},
        "raw": _raw(evidence),
        "problems": evidence.problems,
    }


def _dead_letters(evidence: Evidence) -> list[Record]:
    """The first messages that nobody could process, with the reason given; none where no run wrote them down."""
    if "dead_letters" not in evidence.run.stores:
        return []
    columns = ("mensaje_id", "orden_id", "motivo", "muerto_en", "intentos")
    found = evidence.run.rows(
        f"SELECT {', '.join(columns)} FROM dead_letters ORDER BY muerto_en LIMIT $most", most=SHOWN
    )
    return [dict(zip(columns, row, strict=True)) for row in found]


def _raw(evidence: Evidence) -> dict[str, str]:
    files = dict(evidence.copies)
    if evidence.run.environment:
        files["environment.json"] = json.dumps(evidence.run.environment, ensure_ascii=False, indent=2)
    return files


def latency_limit_ms(slo_yaml: str) -> float | None:
    """The tightest latency that the promises name, for the line in the charts; None when they name none."""
    return min((float(found) for found in _LATENCY_LIMIT.findall(slo_yaml)), default=None)


def flattened(value: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Nested settings as (`a.b.c`, text) pairs, in their order."""
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in flattened(inner, f"{prefix}.{key}" if prefix else key)]
    if isinstance(value, list):
        return [(prefix, ", ".join(str(item) for item in value))]
    return [(prefix, str(value))]


def jinja_environment(reports_dir: Path, texts: Texts) -> Environment:
    """The templates of a folder, with our texts and ways of writing numbers."""
    environment = Environment(
        loader=FileSystemLoader(reports_dir),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "t": texts.both,
        "say": texts.say,
        "label": texts.label,
        "window": formats.window,
        "figure_name": figure_name,
        "flattened": flattened,
        "style": Markup((reports_dir / "report.css").read_text(encoding="utf-8")),
    }
    environment.filters |= {
        "tr": translated,
        "count": _bilingual(formats.count),
        "decimal": _bilingual(formats.decimal),
        "seconds": _bilingual(formats.seconds),
        "exactly": _bilingual(exactly),
        "duration": _bilingual(formats.duration),
        "milliseconds": _bilingual(formats.milliseconds),
        "percent": _bilingual(formats.percent),
        "share": _bilingual(formats.share),
        "offset": _bilingual(formats.offset),
        "interval": _bilingual(lambda ends: formats.interval_s(*ends)),
        "interval_ms": _bilingual(lambda ends: formats.interval_ms(*ends)),
        "utc": formats.utc,
        "short_id": formats.short_id,
    }
    return environment


def _bilingual(written: Callable[[Any], str | None]) -> Callable[[Any], Markup | None]:
    return lambda value: number(written(value))
